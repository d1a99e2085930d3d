"""TCP connections between this machine and a pod over one byte stream that may be cut: nothing is lost, doubled or out of order.
client.py runs here; the other modules are the protocol, and pod.py the end that runs in the pod. Leaves out how the stream is made."""

from __future__ import annotations

from importlib.resources import files

# The modules that the pod's end consists of. They import each other relatively, so they must lie in one folder (any name).
_POD_MODULES = ("wire.py", "channel.py", "link.py", "pod.py")


def pod_files() -> dict[str, str]:
    """Text of the modules that a pod needs, by file name; put them into one folder and import ``<folder>.pod``."""
    return {name: (files(__name__) / name).read_text(encoding="utf-8") for name in _POD_MODULES}
