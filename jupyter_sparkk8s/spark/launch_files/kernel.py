"""The kernel process of a Spark notebook: ipykernel with a SparkSession in its namespace.
Runs in any image: needs ipykernel there, and nothing of ours but the files beside it.
"""

from __future__ import annotations

import os
import sys
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))


def main() -> None:
    """Run the kernel until it is told to end."""
    # This folder must not shadow the notebook's own modules; the kernel puts the working directory first.
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != HERE]
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    app.initialize(sys.argv[1:])  # type: ignore[no-untyped-call]
    load("session").install(app.shell, os.environ.get("SPARKK8S_SESSION", "eager"))
    if "SPARKK8S_SHARES" in os.environ:  # in a pod
        load("busy").install(app.shell)
        load("hints").install(app.shell, os.environ["SPARKK8S_SHARES"])
    app.start()  # type: ignore[no-untyped-call]


def load(name: str) -> Any:
    """A file beside this one as a module, under a name that no notebook uses."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(f"_sparkk8s_{name}", os.path.join(HERE, f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
