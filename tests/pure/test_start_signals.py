"""The driver pod's first process and signals: a pod that is deleted, interrupted, or has a kernel that does not end."""

from __future__ import annotations

import signal
import subprocess

import pytest

from tests.pure.first_process import ON_LINUX, Made
from tests.pure.first_process import launch as launch

pytestmark = ON_LINUX
WAITING = """
import os, signal, sys, time
def on_term(number, frame):
    os.write(1, b"told to end\\n")
    os._exit(5)
signal.signal(signal.SIGTERM, {on_term})
print("ready", flush=True)
time.sleep(30)
"""


def wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


def test_a_deleted_pod_tells_the_kernel_and_its_children(launch: Made) -> None:
    kernel = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', sys.argv.pop()])\n"
    made = launch(WAITING.format(on_term="on_term"))
    text = (made.folder / "kernel.py").read_text()
    (made.folder / "kernel.py").write_text(f"CHILD = {text!r}\n{kernel.replace('sys.argv.pop()', 'CHILD')}{text}")
    with made.run() as process:
        wait_until_ready(process)
        wait_until_ready(process)
        process.send_signal(signal.SIGTERM)
        assert process.communicate()[0] == "told to end\n" * 2
        assert process.returncode == 5


def test_a_pod_that_is_deleted_in_its_first_moment_tells_the_kernel_too(launch: Made) -> None:
    """Before its first process is ready for that."""
    made = launch(WAITING.format(on_term="on_term"))
    ready = "    forward_signals(kernel)\n"
    made.edit("start.py", ready, f"    __import__('time').sleep(0.5)\n{ready}")
    with made.run() as process:
        wait_until_ready(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 5


def test_a_kernel_that_ends_by_itself_gets_no_signal(launch: Made) -> None:
    """A server that ends asks its kernels by message, and deletes their pods at once."""
    made = launch(WAITING.format(on_term="on_term").replace("sleep(30)", "sleep(0.3)"))
    made.edit("start.py", "= 0.5, 1.5", "= 20, 1.5")
    with made.run() as process:
        wait_until_ready(process)
        process.send_signal(signal.SIGTERM)
        assert (process.communicate()[0], process.returncode) == ("", 0)


def test_an_interrupt_of_the_pod_is_not_the_kernel_s(launch: Made) -> None:
    """Interrupts travel as messages; a terminal attached to the pod is nobody's business."""
    with launch(WAITING.format(on_term="on_term")).run() as process:
        wait_until_ready(process)
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 5


def test_a_kernel_that_does_not_end_is_killed(launch: Made) -> None:
    made = launch(WAITING.format(on_term="signal.SIG_IGN"))
    made.edit("start.py", "= 0.5, 1.5", "= 0.1, 0.1")
    with made.run() as process:
        wait_until_ready(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 137
