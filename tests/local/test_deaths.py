"""A kernel on this machine that dies says why, and is given up at the second death of the same cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.events import Events
from tests.support.wait import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.notebook import Notebook
    from tests.support.server import JupyterServer


def test_a_death_is_told_and_the_second_of_its_cause_is_the_last(
    server: JupyterServer, opened: Callable[..., Notebook]
) -> None:
    notebook, events = opened(server), Events(server)
    kernel_id = notebook.kernel_id

    def dies(code: str) -> dict[str, Any]:
        before = len(events.of("death"))
        notebook.send("execute_request", {"code": code, "silent": False})
        until(lambda: len(events.of("death")) > before, "the death is told", 30)
        death = events.of("death")[-1]
        if death["restarts"]:
            until(lambda: events.phases(kernel_id)[-1:] == ["started"], "the kernel is there again", 30)
            notebook.reconnect()
            assert notebook.run("print(6 * 7)") == "42\n"
        return death

    def title(death: dict[str, Any]) -> str:
        return str(death["cause"]["title"])

    assert title(dies("import os; os._exit(3)")) == "The kernel ended: exit code 3."
    assert title(dies("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")) == "The kernel crashed: signal 11 (SIGSEGV)."
    server.post(f"api/kernels/{kernel_id}/restart")
    notebook.reconnect()
    assert server.get(f"sparkk8s/api/kernels/{kernel_id}")["death"] is None, "its user began anew"
    assert dies("import os; os._exit(3)")["restarts"]
    last = dies("import os; os._exit(3)")
    assert (title(last), last["count"], last["restarts"]) == ("The kernel ended: exit code 3.", 2, False)
    while notebook.receive(30)["content"].get("execution_state") != "dead":
        pass
    assert server.get("api/kernels") == []
    assert server.get(f"sparkk8s/api/kernels/{kernel_id}")["death"]["restarts"] is False
    events.close()
