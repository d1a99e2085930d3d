"""Settings + profile + launch → one frozen DriverSpec. Pure but for reading the file of ``ca_bundle``.
Leaves out what only a server's start asks: see ``checks``.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from ..models.driver import Access, DriverSpec, Memory, OwnerPod, Role, RoleName, SessionMode
from .ca_bundle import read_ca_bundle
from .memory import split_memory
from .placement import check_tolerations
from .pod_extra import check_pod_extra
from .profiles import where, with_profile
from .quantities import cores, memory_mib
from .sizes import asked_memory
from .spark_conf import check_spark_conf, check_task_cpus
from .templates import expand, expand_all, slug
from .texts import text, texts
from .validity import dns_label, is_address, label_value, object_name, own_key, qualified_key, variable_name
from .volumes import parse_volumes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .traits import SparkK8s

_OUR_VARIABLES = ("POD_IP", "SPARK_CONF_DIR", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT")
_NO_TEMPLATES = ("image", "image_pull_secrets", "node_selector", "tolerations", "driver_pod_extra", "executor_pod_extra")
_SPARKS_VARIABLES = re.compile(r"SPARK_(EXECUTOR_\w+|JAVA_OPT_\w+|DRIVER_URL|APPLICATION_ID|RESOURCE_PROFILE_ID)")


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
    return resolve_values(values, launch)


def resolve_values(values: Mapping[str, Any], launch: LaunchContext) -> DriverSpec:
    """The DriverSpec of traits' values, the profile of ``launch`` applied. Raises ConfigurationError."""
    try:
        return _spec(values, launch)
    except ConfigurationError as error:
        if launch.profile is None:
            raise
        raise ConfigurationError(where(launch.profile) + str(error)) from error


def _spec(values: Mapping[str, Any], launch: LaunchContext) -> DriverSpec:
    names = {"username": launch.username, "kernel_id": launch.kernel_id, "server": launch.server_id}

    def label(trait: str) -> str:
        return expand(values[trait], names, slug, trait=trait)

    def label_text(value: object) -> str:
        return label_value(expand(text(value, "labels"), names, slug, trait="labels"), trait="labels")

    for trait in _NO_TEMPLATES:
        if held := [f"{{{name}}}" for name in names if f"{{{name}}}" in str(values[trait])]:
            raise ConfigurationError(
                f"c.SparkK8s.{trait} holds {held[0]}, and is no template: it is taken as it is written. Leave {held[0]} out."
            )
    spark_conf = texts(values["spark_conf"], names, "spark_conf")
    check_spark_conf(spark_conf)
    check_tolerations(values["tolerations"])
    for name in values["env_allow"]:
        _variable(name)
    copied = {name: launch.environ[name] for name in values["env_allow"] if name in launch.environ}
    instances = values["executor_instances"]
    most = max(instances, values["executor_max_instances"])
    if not most:
        raise ConfigurationError(
            "c.SparkK8s.executor_instances = 0 leaves Spark without executors: no job would ever run. Set at least 1, or "
            "executor_max_instances above 0."
        )
    if 0 < values["executor_max_instances"] < instances:
        raise ConfigurationError(
            f"c.SparkK8s.executor_max_instances = {values['executor_max_instances']} is below executor_instances = "
            f"{instances}, the least number. Raise it, or leave it out (0) for a fixed number."
        )
    annotations = texts(values["annotations"], names, "annotations")
    slots = values["executor_cores"] or math.ceil(cores(values["executor_cpu"], trait="executor_cpu"))
    check_task_cpus(spark_conf, slots)
    namespace = dns_label(label("namespace"), trait="namespace")
    return DriverSpec(
        kernel_id=launch.kernel_id,
        pod_name=f"spark-{slug(launch.username)}-{launch.kernel_id[:8]}-{launch.launch}",
        namespace=namespace,
        username=launch.username,
        user_label=slug(launch.username),
        server_id=label_value(launch.server_id, trait="server_id"),
        access=launch.access,
        image=values["image"],
        image_pull_policy=values["image_pull_policy"] or None,
        image_pull_secrets=tuple(object_name(name, trait="image_pull_secrets") for name in values["image_pull_secrets"]),
        driver=_role(values, names, spark_conf, "driver"),
        executor=_role(values, names, spark_conf, "executor"),
        executor_instances=instances,
        executor_max_instances=most,
        executor_cores=slots,
        uid=values["run_as_user"],
        gid=values["run_as_group"],
        supplemental_groups=tuple(values["supplemental_groups"]),
        node_selector={
            qualified_key(key, trait="node_selector"): label_value(text, trait="node_selector")
            for key, text in values["node_selector"].items()
        },
        tolerations=tuple(values["tolerations"]),
        labels={own_key(key, trait="labels"): label_text(value) for key, value in values["labels"].items()},
        annotations={own_key(key, trait="annotations"): value for key, value in annotations.items()},
        volumes=parse_volumes(expand_all(values["volumes"], names, trait="volumes")),
        spark_conf=spark_conf,
        spark_encryption=values["spark_encryption"],
        session=SessionMode(values["session"]),
        env={_variable(name, value): value for name, value in (copied | texts(values["env"], names, "env")).items()},
        encrypted=values["transport_encryption"] == "required",
        start_timeout_s=values["start_timeout_s"],
        unschedulable_grace_s=values["unschedulable_grace_s"],
        alone_timeout_s=values["alone_timeout_s"],
        ca_bundle=read_ca_bundle(values["ca_bundle"]),
        owner=launch.owner if namespace == launch.owner_namespace else None,  # owners live in the same namespace
    )


def _variable(name: str, value: str = "") -> str:
    if name in _OUR_VARIABLES or name.startswith("SPARKK8S_") or _SPARKS_VARIABLES.fullmatch(name):
        raise ConfigurationError(
            f"c.SparkK8s.env or env_allow sets {name}, which the start of driver or executors sets itself. Leave it out."
        )
    if name.lower() in ("http_proxy", "https_proxy") and not is_address(value):
        raise ConfigurationError(
            f"c.SparkK8s.env or env_allow sets {name} = {value!r}, which is no address of a proxy. Right would be e.g. "
            "'http://proxy.example.org:3128'."
        )
    return variable_name(name, trait="env")


def _role(values: Mapping[str, Any], names: Mapping[str, str], spark_conf: Mapping[str, str], role: RoleName) -> Role:
    cpu, limit = values[f"{role}_cpu"], values[f"{role}_cpu_limit"]
    request = cores(cpu, trait=f"{role}_cpu")
    if limit and cores(limit, trait=f"{role}_cpu_limit") < request:
        raise ConfigurationError(
            f"c.SparkK8s.{role}_cpu_limit = {limit!r} is below {role}_cpu = {cpu!r}. Raise the limit or leave it empty."
        )
    account, extra = f"{role}_service_account", values[f"{role}_pod_extra"]
    check_pod_extra(extra, role)
    return Role(
        cpu=cpu,
        cpu_limit=limit or None,
        memory=_memory(values, spark_conf, role),
        service_account=object_name(expand(values[account], names, slug, trait=account), trait=account),
        pod_extra=extra,
    )


def _memory(values: Mapping[str, Any], spark_conf: Mapping[str, str], role: RoleName) -> Memory:
    trait = f"{role}_memory"
    return split_memory(memory_mib(values[trait], trait=trait), role, values[trait], asked_memory(spark_conf, role))
