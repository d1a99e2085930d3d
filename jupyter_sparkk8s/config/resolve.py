"""Settings + profile + launch → one frozen DriverSpec. Pure but for reading the environment it is given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from ..models.driver import Access, DriverSpec, Memory, OwnerPod, Role, RoleName, SessionMode
from .memory import split_memory
from .quantities import cores, memory_mib
from .templates import expand, expand_all, expand_known, slug
from .volumes import parse_volumes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .traits import SparkK8s

PROFILE_WORDS = {"name", "title", "description", "icon"}


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


def with_profile(settings: SparkK8s, name: str | None) -> dict[str, Any]:
    """All traits' values, a profile's over the general ones. Raises ConfigurationError for unknown names."""
    values = {trait: getattr(settings, trait) for trait in settings.traits(config=True)}
    if name is None:
        return values
    known = {str(profile.get("name")): profile for profile in settings.profiles}
    if name not in known:
        raise ConfigurationError(
            f"There is no profile {name!r} in c.SparkK8s.profiles; the profiles are: {', '.join(known) or 'none'}."
        )
    allowed = settings.traits(config=True, profile=True)
    for trait, value in known[name].items():
        if trait in PROFILE_WORDS:
            continue
        if trait not in allowed:
            raise ConfigurationError(
                f"Profile {name!r} of c.SparkK8s.profiles sets {trait!r}; a profile may set: {', '.join(sorted(allowed))}."
            )
        values[trait] = allowed[trait]._validate(settings, value)
    return values


def resolve(settings: SparkK8s, launch: LaunchContext) -> DriverSpec:
    """The DriverSpec of one launch. Raises ConfigurationError for a setting that can't be right."""
    values = with_profile(settings, launch.profile)
    if not values["image"]:
        raise ConfigurationError(
            "c.SparkK8s.image is not set. Name an image with Python, ipykernel, pyspark and Java in jupyter_server_config.py."
        )
    names = {"username": launch.username, "kernel_id": launch.kernel_id, "server": launch.server_id}

    def labels(trait: str) -> dict[str, str]:
        return {key: expand(str(text), names, slug, trait=trait) for key, text in values[trait].items()}

    def raw(trait: str) -> dict[str, str]:
        return {key: expand_known(str(text), names) for key, text in values[trait].items()}

    instances = values["executor_instances"]
    namespace = expand(values["namespace"], names, slug, trait="namespace")
    return DriverSpec(
        kernel_id=launch.kernel_id,
        pod_name=f"spark-{slug(launch.username, 40)}-{launch.kernel_id[:8]}-{launch.launch}",
        namespace=namespace,
        username=launch.username,
        user_label=slug(launch.username, 40),
        server_id=launch.server_id,
        access=launch.access,
        image=values["image"],
        image_pull_policy=values["image_pull_policy"] or None,
        image_pull_secrets=tuple(values["image_pull_secrets"]),
        driver=_role(values, names, "driver"),
        executor=_role(values, names, "executor"),
        executor_instances=instances,
        executor_max_instances=max(instances, values["executor_max_instances"]),
        executor_cores=values["executor_cores"] or math.ceil(cores(values["executor_cpu"], trait="executor_cpu")),
        uid=values["run_as_user"],
        gid=values["run_as_group"],
        supplemental_groups=tuple(values["supplemental_groups"]),
        node_selector=dict(values["node_selector"]),
        tolerations=tuple(values["tolerations"]),
        labels=labels("labels"),
        annotations=raw("annotations"),
        volumes=parse_volumes(expand_all(values["volumes"], names, trait="volumes")),
        spark_conf=raw("spark_conf"),
        spark_encryption=values["spark_encryption"],
        session=SessionMode(values["session"]),
        env={name: launch.environ[name] for name in values["env_allow"] if name in launch.environ} | raw("env"),
        encrypted=values["transport_encryption"] == "required",
        start_timeout_s=values["start_timeout_s"],
        unschedulable_grace_s=values["unschedulable_grace_s"],
        owner=launch.owner if namespace == launch.owner_namespace else None,  # owners live in the same namespace
    )


def _role(values: Mapping[str, Any], names: Mapping[str, str], role: RoleName) -> Role:
    cpu, limit = values[f"{role}_cpu"], values[f"{role}_cpu_limit"]
    request = cores(cpu, trait=f"{role}_cpu")
    if limit and cores(limit, trait=f"{role}_cpu_limit") < request:
        raise ConfigurationError(
            f"c.SparkK8s.{role}_cpu_limit = {limit!r} is below {role}_cpu = {cpu!r}. Raise the limit or leave it empty."
        )
    return Role(
        cpu=cpu,
        cpu_limit=limit or None,
        memory=_memory(values, role),
        service_account=expand(values[f"{role}_service_account"], names, slug, trait=f"{role}_service_account"),
        pod_extra=values[f"{role}_pod_extra"],
    )


def _memory(values: Mapping[str, Any], role: RoleName) -> Memory:
    trait = f"{role}_memory"
    return split_memory(memory_mib(values[trait], trait=trait), role, values[trait])


def check(settings: SparkK8s) -> None:
    """Resolve every profile once, so that a wrong value is told when the server starts. Raises ConfigurationError.

    Settings without an image are those of a server that has not been configured for a cluster: nothing to check.
    """
    if not settings.image:
        return
    for profile in [None, *(str(item.get("name")) for item in settings.profiles)]:
        resolve(
            settings,
            LaunchContext(
                kernel_id="00000000-0000-0000-0000-000000000000",
                username="user",
                server_id="server",
                access=Access.DIRECT,
                environ={},
                profile=profile,
            ),
        )
