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
    mode, up = os.environ.get("SPARKK8S_SESSION", "eager"), os.environ.pop("SPARKK8S_UP", "")
    in_pod = "SPARKK8S_POD" in os.environ
    try:
        from ipykernel.kernelapp import IPKernelApp
    except ImportError as error:
        if not in_pod or not load("installed").folder_of("ipykernel"):
            raise  # the pod's first process tells what is missing
        load("executor").refuse(f"The image's ipykernel can't be used: {error}")
    if in_pod:
        load("hooks").after_import("pyspark", load("settings").await_defaults)
        load("hooks").after_import("pyspark", load("naming").join)

    app = load("sockets").patient(IPKernelApp).instance()
    app.initialize(sys.argv[1:])
    teller = load("teller")
    tell = teller.Teller(app.shell, teller.wait_for_session).tell
    if "SPARKK8S_EXECUTORS" in os.environ:  # in a pod; before a session begins
        selector, pod = os.environ["SPARKK8S_EXECUTORS"], os.environ["SPARKK8S_POD"]
        load("executor_watch").install(tell, load("hooks").after_import, load("account").request, selector, pod)
    jvm = load("jvm").Jvm(load) if mode == "eager" and in_pod else None
    if jvm is not None:  # before the hook of whoever reaps it
        load("hooks").after_import("pyspark.java_gateway", jvm.join)
    session = install(app.shell, mode, tell)
    if in_pod:
        load("busy").install(app.shell)
        load("hints").install(app.shell, os.environ["SPARKK8S_SHARES"])
    if up:
        os.close(int(up))  # tells the first process
    if mode == "eager":  # not before: Java takes a core that Python needs, and whoever waits for the kernel waits for Python
        if jvm is not None:
            jvm.start()
        session.start()
    app.start()


def install(shell: Any, mode: str, tell: Any) -> Any:
    """Give ``shell`` its session, which is returned: begun by the caller (``eager``), by the first cell that uses it
    (``lazy``), or not at all (``off``). What cells make themselves can be interrupted, and takes the place of an unused
    session, in each of these.
    """
    hooks, parts = load("hooks"), load("session")
    session = parts.Session(shell)
    interrupts = load("interrupts").Interrupts(shell, load("cancel").Cancel(parts.activate))
    cells = load("cells").Cells(shell)
    contexts = load("contexts").Contexts(load("settings"), session.rename, parts.failure)
    hooks.after_import("pyspark", interrupts.join)
    hooks.after_import("pyspark", cells.join)
    hooks.after_import("pyspark", contexts.join)
    hooks.after_import("pyspark.java_gateway", load("reaper").Reaper(tell, load("settings").memory_limit).join)
    interrupts.install()
    cells.install()
    shell.events.register("post_run_cell", contexts.after_cell)
    load("shortage").install(shell)
    if mode != "off":
        parts.install(shell, session, load("waiting").WaitForSpark(shell.user_ns, eager=mode == "eager"))
    return session


def load(name: str) -> Any:
    """A file beside this one as a module, under a name that no notebook uses."""
    from importlib.util import module_from_spec, spec_from_file_location

    if f"_sparkk8s_{name}" in sys.modules:
        return sys.modules[f"_sparkk8s_{name}"]
    spec = spec_from_file_location(f"_sparkk8s_{name}", os.path.join(HERE, f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
