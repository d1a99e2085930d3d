"""A kernel's connection info: ports, keys, and the file that the kernel reads; pure but for its random numbers."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import zmq

from .base import CHANNELS, ConnectionInfo, LaunchRequest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# Inside a pod every port is free: below the range from which Linux takes a client's own.
_POD_PORTS = range(20000, 32000)


def pod_ports(avoid: Collection[int], extra: int = 0) -> list[int]:
    """A port for each channel and ``extra`` more, none of them in ``avoid``: Jupyter notices a restart by its ports."""
    # Not a secret: spread only, so that two launches differ.
    return random.sample([port for port in _POD_PORTS if port not in avoid], len(CHANNELS) + extra)


def connection_info(request: LaunchRequest, ip: str, ports: Mapping[str, int], encrypted: bool) -> ConnectionInfo:
    """What both sides of the kernel's sockets need to know. ``ports`` maps each channel to its port."""
    info: ConnectionInfo = {
        "transport": "tcp",
        "ip": ip,
        "key": request.key,
        "signature_scheme": request.signature_scheme,
        **{f"{channel}_port": port for channel, port in ports.items()},
    }
    if encrypted:
        public, private = zmq.curve_keypair()
        info |= {"curve_publickey": public.decode(), "curve_secretkey": private.decode()}
    return info


def ports_of(info: ConnectionInfo) -> frozenset[int]:
    """The ports in a connection info; empty for an empty one."""
    return frozenset(info[f"{channel}_port"] for channel in CHANNELS if f"{channel}_port" in info)


def connection_file(info: ConnectionInfo, kernel_name: str) -> str:
    """The text of the file that the kernel is given."""
    return json.dumps({**info, "key": info["key"].decode(), "kernel_name": kernel_name}, indent=1)
