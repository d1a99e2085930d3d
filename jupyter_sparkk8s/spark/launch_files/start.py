"""PID 1 of a driver pod: makes the pod a place where a kernel can live, starts it, reaps, and passes signals on.
Standard library only, Python 3.8 or later; what it does not need before the kernel runs is imported after that.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
from importlib.machinery import SourceFileLoader
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LAUNCH_DIR = os.path.dirname(os.path.abspath(__file__))
# A deleted pod has three seconds. A kernel that was asked to end by message needs 0.4 of them and gets no signal; the others
# are told, and what they leave undone in the second time is killed.
ASKED_S, SIGNALLED_S = 0.5, 1.5
# Held back from the fork on until each of the two processes knows what to do with them.
SIGNALS = (signal.SIGINT, signal.SIGTERM)
# What can wait leaves the processor to the kernel for so long at most.
KERNEL_S = 1.0

PROPERTIES = "spark-defaults.conf"
UI_FILTER = "org.apache.spark.ui.JWSFilter"


def open_relay() -> socket.socket | None:
    """Listen before anything else: the backlog holds the server's connection until the relay is ready."""
    port = os.environ.pop("SPARKK8S_RELAY_PORT", "")
    if not port:
        return None
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(port)))
    listener.listen(16)
    return listener


def make_folders() -> None:
    """The directories that programs expect to write to, and what the kernel reads first: its ports and keys. ipykernel writes
    that file again, and the Secret is read-only.
    """
    for name in ("IPYTHONDIR", "MPLCONFIGDIR", "SPARK_LOCAL_DIRS", "SPARK_CONF_DIR"):
        os.makedirs(os.environ[name], exist_ok=True)
    with open(os.path.join(LAUNCH_DIR, "connection.json")) as file:
        write(connection_file(), file.read())


def configure() -> None:
    """Spark's configuration, which needs the pod's address. The kernel waits for the properties: they come last, and whole."""
    conf = os.environ["SPARK_CONF_DIR"]
    source = os.path.join(LAUNCH_DIR, "conf")
    for name in os.listdir(source):
        if not name.startswith("."):
            with open(os.path.join(source, name), encoding="utf-8") as file:
                text = file.read()
            write(os.path.join(conf, name + ".new"), text + (here() + image(text) if name == PROPERTIES else ""))
    for name in sorted(os.listdir(conf), key=lambda name: name.startswith(PROPERTIES)):
        os.rename(os.path.join(conf, name), os.path.join(conf, name[: -len(".new")]))


def write(path: str, text: str) -> None:
    """Write a file that only this user may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def connection_file() -> str:
    """Where the kernel finds its ports and keys."""
    return os.path.join(os.path.dirname(os.environ["SPARK_CONF_DIR"]), "connection.json")


def here() -> str:
    """Properties that only the pod knows. Executors connect to the pod's address: Spark ≥ 4.3 hands them bindAddress, so
    that must be the address too, and no Service or DNS name is needed.
    """
    from account import api_server  # type: ignore[import-not-found]

    address = os.environ["POD_IP"]
    return f"spark.master k8s://{api_server()}\nspark.driver.host {address}\nspark.driver.bindAddress {address}\n"


def image(settings: str) -> str:
    """Properties that depend on what the image holds: its versions, which executors compare with theirs, and a lock for
    Spark's UI and REST API, which else answer anybody who reaches the pod. Spark 3 has none; ``settings`` may name another.
    """
    import json

    from installed import jars, versions  # type: ignore[import-not-found]

    paths = jars()
    found = versions(paths)
    lines = f"spark.executorEnv.SPARKK8S_DRIVER_VERSIONS {json.dumps(found)}\n"
    has_filter = any("/jjwt-impl-" in path for path in paths) and found.get("Spark", "")[:2] not in ("", "2.", "3.")
    if has_filter and "\nspark.ui.filters " not in "\n" + settings:
        with open(os.path.join(LAUNCH_DIR, "ui.key")) as file:
            lines += f"spark.ui.filters {UI_FILTER}\nspark.{UI_FILTER}.param.secretKey {file.read()}\n"
    return lines


def check() -> None:
    """End with a sentence where the image can never give what the kernel is for. ``session = "off"`` asks for no Spark."""
    from installed import folder_of, java

    lacks = [] if folder_of("ipykernel") else ["ipykernel"]
    if os.environ.get("SPARKK8S_SESSION") in ("eager", "lazy"):
        lacks += [] if folder_of("pyspark") else ["pyspark"]
        lacks += [] if java() else ["Java"]
    if lacks:
        from executor import refuse  # type: ignore[import-not-found]

        home = os.environ.get("SPARK_HOME")
        text = f"The image has no {' and no '.join(lacks)}, as far as its python3 ({sys.executable}) sees."
        if home and "pyspark" in lacks:
            text += f" Spark itself lies in {home} (SPARK_HOME): its python folder must be on PYTHONPATH."
        refuse(text)


def spawn(listener: socket.socket | None) -> tuple[int, int]:
    """Start the kernel in a session of its own, so that an interrupt reaches all that it started and nothing else. A fork is
    sooner there than another Python, and has what is imported here. Returns its process id, and a pipe that ends when it is up,
    or has ended.
    """
    up, told = os.pipe()
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    pid = os.fork()
    if pid:
        os.close(told)
        return pid, up
    os.close(up)
    if listener is not None:
        listener.close()
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    os.environ["SPARKK8S_UP"] = str(told)
    path = os.path.join(LAUNCH_DIR, "kernel.py")
    sys.argv = [path, "-f", connection_file()]
    sys.modules["__main__"] = kernel = type(sys)("__main__")
    kernel.__file__ = path
    SourceFileLoader("__main__", path).exec_module(kernel)
    sys.exit()


def forward_signals(kernel: int) -> None:
    """SIGTERM (the pod is being deleted) goes to a kernel that does not end by itself; after a grace time everything is
    killed. SIGINT is not ours.
    """

    def signal_kernel(number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(kernel, number)

    def on_term(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGALRM, on_first_alarm)
        signal.setitimer(signal.ITIMER_REAL, ASKED_S)

    def on_first_alarm(_number: int, _frame: object) -> None:
        signal_kernel(signal.SIGTERM)
        signal.signal(signal.SIGALRM, lambda _number, _frame: signal_kernel(signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, SIGNALLED_S)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, on_term)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def kernel_ports() -> frozenset[int]:
    """Where the kernel listens."""
    import json

    with open(os.path.join(LAUNCH_DIR, "connection.json")) as file:
        return frozenset(value for key, value in json.load(file).items() if key.endswith("_port"))


def ui_ports() -> frozenset[int]:
    """Where Spark's UI may listen."""
    first, _, end = os.environ.get("SPARKK8S_UI_PORTS", "").partition("-")
    return frozenset(range(int(first), int(end))) if end else frozenset()


def gauge_port() -> int:
    """Where the server asks for the memory in use; 0 for nowhere."""
    return int(os.environ.get("SPARKK8S_GAUGE_PORT") or 0)


def serve_gauge(address: str) -> None:
    """Answer at the address that the kernel's ports are reached by."""
    if gauge_port():
        import gauge  # type: ignore[import-not-found]

        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with open(os.path.join(LAUNCH_DIR, "ui.key")) as file:
            gauge.start(socket.create_server((address, gauge_port()), family=family), file.read())


def serve_relay(listener: socket.socket) -> Callable[[], bool]:
    """Run the relay on a thread of its own: the main thread reaps. Returns what tells whether a client is connected."""
    import asyncio
    import threading

    from relay.pod import Relay  # type: ignore[import-not-found]

    ports = kernel_ports()
    with open(os.path.join(LAUNCH_DIR, "relay.token")) as file:
        relay = Relay(file.read(), ports | ui_ports() | {gauge_port()}, ports)

    async def serve() -> None:
        await relay.start(listener)
        await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(serve()), name="relay", daemon=True).start()
    return lambda: relay.alone_s == 0


def watch_clients(kernel: int, connected: Callable[[], bool] | None) -> None:
    """End the pod when nobody uses its kernel, if the administrator wants that."""
    limit_s = float(os.environ.get("SPARKK8S_ALONE_S") or 0)
    if limit_s:
        import account
        import busy  # type: ignore[import-not-found]
        import lease  # type: ignore[import-not-found]

        ports = kernel_ports()

        def delete_pod() -> None:
            account.request("DELETE", "pods/" + os.environ["SPARKK8S_POD"], 30, b'{"propagationPolicy": "Background"}').close()

        lease.start(
            limit_s,
            connected or (lambda: bool(lease.connections(ports))),
            busy.is_busy,
            delete_pod,
            lambda: os.killpg(kernel, signal.SIGTERM),
        )


def reap(kernel: int) -> int:
    """Collect ended processes until the kernel has ended; its exit code as a shell gives it."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == kernel:
            return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def main() -> int:
    """Start everything, the kernel before what it does not need in its first moment; return its exit code. The kernel's own
    process leaves by SystemExit.
    """
    listener = open_relay()
    make_folders()
    kernel, up = spawn(listener)
    forward_signals(kernel)
    check()
    connected = serve_relay(listener) if listener is not None else None
    select.select([up], [], [], KERNEL_S)
    configure()
    watch_clients(kernel, connected)
    serve_gauge("127.0.0.1" if listener is not None else os.environ["POD_IP"])
    return reap(kernel)


if __name__ == "__main__":
    # Not sys.exit: threads and buffers of a PID 1 need no farewell, and the relay's thread would delay it.
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
