"""Settings + profile + launch → one frozen DriverSpec. Pure but for reading the environment it is given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from ..models.driver import Access, DriverSpec, Memory, OwnerPod, Role, RoleName, SessionMode
from .memory import split_memory
from .profiles import profiles_by_name, with_profile
from .quantities import cores, memory_mib
from .templates import expand, expand_all, expand_known, slug
from .validity import dns_label, label_value, object_name, qualified_key, variable_name
from .volumes import parse_volumes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .traits import SparkK8s

_POD_FIELDS = {"apiVersion", "kind", "metadata", "spec"}
_OUR_VARIABLES = ("POD_IP", "SPARK_CONF_DIR")
# As long as a name can be in a template's place, so that what fits for it fits for all.
_LONGEST_NAME = "a-user-name-as-long-as-allowed"


@dataclass(frozen=True)
class LaunchContext:
    """What differs between two launches under the same settings. ``environ`` is the server's own environment;
    ``launch`` numbers the launches of one kernel, since each pod has a name of its own.
    """

    kernel_id: str
    username: str
    server_id: str
    access: Access
    environ: Mapping[str, str]
    launch: int = 1
    profile: str | None = None
    owner: OwnerPod | None = None
    owner_namespace: str = ""


def resolve(settings: SparkK8s, launch: LaunchContext) -> DriverSpec:
    """The DriverSpec of one launch. Raises ConfigurationError for a setting that can't be right."""
    values = with_profile(settings, launch.profile)
    if not values["image"]:
        raise ConfigurationError(
            "c.SparkK8s.image is not set. Name an image with Python, ipykernel, pyspark and Java in jupyter_server_config.py, "
            "or in jupyter_sparkk8s_config.py, which programs without a Jupyter server read as well."
        )
    return _spec(values, launch)


def _spec(values: Mapping[str, Any], launch: LaunchContext) -> DriverSpec:
    names = {"username": launch.username, "kernel_id": launch.kernel_id, "server": launch.server_id}

    def label(trait: str) -> str:
        return expand(values[trait], names, slug, trait=trait)

    def raw(trait: str) -> dict[str, str]:
        return {key: expand_known(str(text), names) for key, text in values[trait].items()}

    labels = {
        qualified_key(key, trait="labels"): label_value(expand(str(text), names, slug, trait="labels"), trait="labels")
        for key, text in values["labels"].items()
    }
    copied = {name: launch.environ[name] for name in values["env_allow"] if name in launch.environ}
    instances = values["executor_instances"]
    most = max(instances, values["executor_max_instances"])
    if not most:
        raise ConfigurationError(
            "c.SparkK8s.executor_instances = 0 leaves Spark without executors: no job would ever run. Set at least 1, or "
            "executor_max_instances above 0."
        )
    namespace = dns_label(label("namespace"), trait="namespace")
    return DriverSpec(
        kernel_id=launch.kernel_id,
        pod_name=f"spark-{slug(launch.username, 40)}-{launch.kernel_id[:8]}-{launch.launch}",
        namespace=namespace,
        username=launch.username,
        user_label=slug(launch.username, 40),
        server_id=label_value(launch.server_id, trait="server_id"),
        access=launch.access,
        image=values["image"],
        image_pull_policy=values["image_pull_policy"] or None,
        image_pull_secrets=tuple(object_name(name, trait="image_pull_secrets") for name in values["image_pull_secrets"]),
        driver=_role(values, names, "driver"),
        executor=_role(values, names, "executor"),
        executor_instances=instances,
        executor_max_instances=most,
        executor_cores=values["executor_cores"] or math.ceil(cores(values["executor_cpu"], trait="executor_cpu")),
        uid=values["run_as_user"],
        gid=values["run_as_group"],
        supplemental_groups=tuple(values["supplemental_groups"]),
        node_selector={
            qualified_key(key, trait="node_selector"): label_value(text, trait="node_selector")
            for key, text in values["node_selector"].items()
        },
        tolerations=tuple(values["tolerations"]),
        labels=labels,
        annotations={qualified_key(key, trait="annotations"): text for key, text in raw("annotations").items()},
        volumes=parse_volumes(expand_all(values["volumes"], names, trait="volumes")),
        spark_conf=raw("spark_conf"),
        spark_encryption=values["spark_encryption"],
        session=SessionMode(values["session"]),
        env={_variable(name): text for name, text in (copied | raw("env")).items()},
        encrypted=values["transport_encryption"] == "required",
        start_timeout_s=values["start_timeout_s"],
        unschedulable_grace_s=values["unschedulable_grace_s"],
        alone_timeout_s=values["alone_timeout_s"],
        owner=launch.owner if namespace == launch.owner_namespace else None,  # owners live in the same namespace
    )


def _variable(name: str) -> str:
    if name in _OUR_VARIABLES or name.startswith("SPARKK8S_"):
        raise ConfigurationError(
            f"c.SparkK8s.env or env_allow sets {name}, which the driver's start sets itself. Leave it out."
        )
    return variable_name(name, trait="env")


def _role(values: Mapping[str, Any], names: Mapping[str, str], role: RoleName) -> Role:
    cpu, limit = values[f"{role}_cpu"], values[f"{role}_cpu_limit"]
    request = cores(cpu, trait=f"{role}_cpu")
    if limit and cores(limit, trait=f"{role}_cpu_limit") < request:
        raise ConfigurationError(
            f"c.SparkK8s.{role}_cpu_limit = {limit!r} is below {role}_cpu = {cpu!r}. Raise the limit or leave it empty."
        )
    account, extra = f"{role}_service_account", values[f"{role}_pod_extra"]
    if unknown := sorted(set(extra) - _POD_FIELDS):
        raise ConfigurationError(
            f"c.SparkK8s.{role}_pod_extra sets {', '.join(unknown)} at the pod's root, where there are only metadata and spec. "
            "Most settings of a pod belong under 'spec'."
        )
    return Role(
        cpu=cpu,
        cpu_limit=limit or None,
        memory=_memory(values, role),
        service_account=object_name(expand(values[account], names, slug, trait=account), trait=account),
        pod_extra=extra,
    )


def _memory(values: Mapping[str, Any], role: RoleName) -> Memory:
    trait = f"{role}_memory"
    return split_memory(memory_mib(values[trait], trait=trait), role, values[trait])


def check(settings: SparkK8s) -> None:
    """Resolve every profile once, so that a wrong value is told when the server starts. Raises ConfigurationError.

    An image may be missing: then the server has not been configured for a cluster, and the kernel's start says so.
    """
    for profile in [None, *profiles_by_name(settings)]:
        values = with_profile(settings, profile)
        launch = LaunchContext(
            kernel_id="00000000-0000-0000-0000-000000000000",
            username=_LONGEST_NAME,
            server_id=settings.server_id or "server",
            access=Access.DIRECT,
            environ={},
        )
        _spec(values, launch)
        for key in values["spark_conf"]:
            if key.startswith("spark.kubernetes.driver.volumes."):
                settings.log.warning(
                    "c.SparkK8s.spark_conf sets %s, which Spark ignores here. Use c.SparkK8s.volumes, which both roles get.",
                    key,
                )
