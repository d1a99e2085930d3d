"""TCP connections to a pod over one byte stream that may be cut: nothing is lost, doubled or out of order.

client.py runs here, pod.py in the pod, the others at both ends. Leaves out how the stream is made.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

# They import each other relatively: in the pod they must lie in one folder, whatever its name.
_POD_MODULES = ("wire.py", "channel.py", "link.py", "pod.py")


@cache
def pod_files() -> dict[str, str]:
    """Text of the modules that a pod needs, by file name; put them into one folder and import ``<folder>.pod``."""
    return {name: (files(__name__) / name).read_text(encoding="utf-8") for name in _POD_MODULES}
