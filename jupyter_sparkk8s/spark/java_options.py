"""What Java is told: how to compile, and what other programs read from their environment (whom to trust, its proxy); pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..models.layout import TRUSTSTORE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..models.driver import DriverSpec

# Ten times Java's own thresholds for its optimising compiler. By those a Spark that starts compiles thousands of methods that
# it hardly calls again: half of the processor time of driver and executors until a first result, at the cost of all else on
# their node. What a query spends its time in is compiled all the same, some milliseconds later.
COMPILER = (
    "-XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000 "
    "-XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000"
)
_PORTS = {"http": 80, "https": 443}
_INSIDE = ("localhost", "127.*", "*.svc", "*.cluster.local")
_HOST = re.compile(r"[A-Za-z0-9*][A-Za-z0-9.:*_-]*")


def java_options(spec: DriverSpec) -> str:
    """Options for the JVMs of driver and executors."""
    trust = [f"-Djavax.net.ssl.trustStore={TRUSTSTORE}", "-Djavax.net.ssl.trustStoreType=JKS"] if spec.ca_bundle else []
    return " ".join([COMPILER, *trust, *_proxies(spec.env)])


def _proxies(env: Mapping[str, str]) -> list[str]:
    """Of ``HTTP_PROXY``, ``HTTPS_PROXY`` and ``NO_PROXY`` in either spelling. A login in an address is left out: Java takes
    none.
    """
    options = []
    for scheme, port in _PORTS.items():
        written = _either(env, f"{scheme}_proxy")
        address = urlsplit(written if "//" in written else f"//{written}")
        if address.hostname and _HOST.fullmatch(address.hostname):
            options += [f"-D{scheme}.proxyHost={address.hostname}", f"-D{scheme}.proxyPort={address.port or port}"]
    if not options:
        return []
    hosts = [host for host in re.split(r"[,\s]+", _either(env, "no_proxy")) if _HOST.fullmatch(host.lstrip("."))]
    patterns = [f"*{host}" if host.startswith(".") else host for host in hosts]
    return [*options, "-Dhttp.nonProxyHosts=" + "|".join([*patterns, *_INSIDE])]


def _either(env: Mapping[str, str], name: str) -> str:
    return env.get(name) or env.get(name.upper()) or ""
