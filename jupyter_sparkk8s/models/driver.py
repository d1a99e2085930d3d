"""What a driver is to be (``DriverSpec``): profile, admin settings and launch resolved into one frozen value.
Leaves out how a backend makes it so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

JsonObject = dict[str, Any]
RoleName = Literal["driver", "executor"]


class Access(str, Enum):
    """How the Jupyter server reaches a pod's ports."""

    DIRECT = "direct"
    PORT_FORWARD = "port-forward"


class SessionMode(str, Enum):
    """When the notebook's SparkSession is made: at kernel start, at its first use, or never by us."""

    EAGER = "eager"
    LAZY = "lazy"
    OFF = "off"


@dataclass(frozen=True)
class Memory:
    """One pod's memory limit and its parts, in MiB: the JVM's heap, what the JVM needs beside it, Python, and what Spark keeps
    off the heap where an administrator wants that.
    """

    heap: int
    overhead: int
    python: int
    off_heap: int = 0

    @property
    def total(self) -> int:
        """The pod's request and limit in MiB."""
        return self.heap + self.overhead + self.python + self.off_heap


@dataclass(frozen=True)
class Role:
    """What one role's pods ask for. ``cpu`` and ``cpu_limit`` are Kubernetes quantities ("500m")."""

    cpu: str
    cpu_limit: str | None
    memory: Memory
    service_account: str
    pod_extra: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class Volume:
    """One volume as both roles see it. ``source`` is Kubernetes' own object, e.g. ``{"hostPath": {"path": "/x"}}``;
    ``mount`` holds the other volumeMount fields (mountPath, subPath).
    """

    name: str
    source: JsonObject
    mount: JsonObject
    read_only: Mapping[RoleName, bool]


@dataclass(frozen=True)
class OwnerPod:
    """The pod that the Jupyter server itself runs in: its kernels end with it."""

    name: str
    uid: str


@dataclass(frozen=True)
class DriverSpec:
    """Everything that decides what a kernel's pod is, and nothing that changes while it lives.

    Names are final (templates expanded); ``env`` goes to driver and executors; ``uid``, ``gid`` and
    ``supplemental_groups`` are numeric ids; ``…_s`` are seconds; ``ca_bundle`` is the text of a PEM file.
    """

    kernel_id: str
    pod_name: str
    namespace: str
    username: str
    user_label: str
    server_id: str
    access: Access
    image: str
    image_pull_policy: str | None
    image_pull_secrets: tuple[str, ...]
    driver: Role
    executor: Role
    executor_instances: int
    executor_max_instances: int
    executor_cores: int
    uid: int
    gid: int
    supplemental_groups: tuple[int, ...]
    node_selector: dict[str, str]
    tolerations: tuple[JsonObject, ...]
    labels: dict[str, str]
    annotations: dict[str, str]
    volumes: tuple[Volume, ...]
    spark_conf: dict[str, str]
    spark_encryption: bool
    session: SessionMode
    env: dict[str, str]
    encrypted: bool
    start_timeout_s: float
    unschedulable_grace_s: float
    alone_timeout_s: float
    ca_bundle: str = ""
    owner: OwnerPod | None = None

    def unique_sources(self) -> tuple[Volume, ...]:
        """The volumes, each name once: one volume may be mounted at several paths."""
        return tuple({volume.name: volume for volume in self.volumes}.values())


@dataclass(frozen=True)
class Mount:
    """A volume as the driver sees it. ``source`` says in words where it comes from."""

    name: str
    path: str
    source: str
    read_only: bool


@dataclass(frozen=True)
class DriverFacts:
    """What can be told of a live driver: where it is, since when (seconds since 1970) and with which limit (bytes).
    ``why_no_ui`` says which setting keeps its Spark UI from the server; ``session`` is None before the settings were read.
    """

    backend: Literal["kubernetes", "local"]
    pod: str | None = None
    namespace: str | None = None
    node: str | None = None
    process: int | None = None
    image: str | None = None
    started_at: float | None = None
    memory_limit: int | None = None
    mounts: tuple[Mount, ...] = ()
    why_no_ui: str | None = None
    session: SessionMode | None = None
