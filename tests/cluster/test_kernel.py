"""The kernel as JupyterLab uses it: everything that people do with a kernel, over both ways to its pod."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cluster.environment import Namespace
    from tests.support.server import JupyterServer


@pytest.fixture(scope="module", params=["direct", "port-forward"])
def opened(
    request: pytest.FixtureRequest, start_server: Callable[..., JupyterServer], cluster: dict[str, Any]
) -> Iterator[Notebook]:
    """One kernel without Spark per way to the pod. Pod addresses are reachable here since the node is this machine."""
    notebook = Notebook(start_server(access=request.param, session="off"))
    yield notebook
    notebook.close()


def test_a_cell_runs_in_the_pod_as_an_ordinary_user(opened: Notebook, namespace: Namespace) -> None:
    output = opened.run("import os, socket, getpass; print(socket.gethostname(), os.getuid(), getpass.getuser())")
    (pod,) = namespace.drivers(opened.kernel_id)
    assert output.split()[:2] == [pod["metadata"]["name"], "185"]


def test_home_scratch_and_the_working_directory_can_be_written(opened: Notebook) -> None:
    code = """
import os, tempfile, matplotlib, IPython
own = matplotlib.get_configdir(), IPython.paths.get_ipython_dir()
for folder in (os.path.expanduser("~"), os.getcwd(), tempfile.gettempdir(), *own):
    with open(os.path.join(folder, "probe"), "w") as file:
        file.write("x")
print("all written")
"""
    assert opened.run(code) == "all written\n"


def test_input_asks_the_user(opened: Notebook) -> None:
    def answer(message: dict[str, Any]) -> None:
        if message["msg_type"] == "input_request":
            assert message["content"]["prompt"] == "star? "
            opened.send("input_reply", {"value": "Vega"}, channel="stdin")

    result = opened.execute("print(input('star? ')[::-1])", on_message=answer, stdin=True)
    assert result.stream("stdout") == "ageV\n"


def test_an_interrupt_ends_a_cell_and_leaves_the_kernel(opened: Notebook) -> None:
    opened.run("kept = 41")
    asked = opened.send("execute_request", {"code": "import time; print('sleeping'); time.sleep(600)", "silent": False})
    while "sleeping" not in opened.receive()["content"].get("text", ""):
        pass
    begun = time.monotonic()
    opened.server.post(f"api/kernels/{opened.kernel_id}/interrupt")
    assert opened.collect(asked, 30).error.startswith("KeyboardInterrupt")
    assert time.monotonic() - begun < 10
    assert opened.run("print(kept + 1)") == "42\n"


def test_completion_and_inspection(opened: Notebook) -> None:
    opened.run("import collections")
    reply = opened.request("complete_request", {"code": "collections.Ord", "cursor_pos": 15})
    assert any(match.endswith("OrderedDict") for match in reply["content"]["matches"])
    reply = opened.request("inspect_request", {"code": "collections.OrderedDict", "cursor_pos": 20, "detail_level": 0})
    assert "Dictionary that remembers insertion order" in reply["content"]["data"]["text/plain"]


def test_widgets_talk_both_ways(opened: Notebook) -> None:
    result = opened.execute("import ipywidgets; slider = ipywidgets.IntSlider(value=3); slider.comm.comm_id")
    assert result.error == ""
    opens = [m["content"] for m in result.messages if m["msg_type"] == "comm_open"]
    state = next(m for m in opens if m["data"]["state"].get("_model_name") == "IntSliderModel")
    assert state["data"]["state"]["value"] == 3
    update = {"comm_id": state["comm_id"], "data": {"method": "update", "state": {"value": 7}, "buffer_paths": []}}
    opened.send("comm_msg", update)
    assert opened.run("print(slider.value)") == "7\n"


def test_the_debugger_stops_at_a_breakpoint(opened: Notebook) -> None:
    def debug(command: str, seq: int, arguments: dict[str, Any]) -> dict[str, Any]:
        content = {"type": "request", "seq": seq, "command": command, "arguments": arguments}
        body: dict[str, Any] = opened.request("debug_request", content, channel="control")["content"]
        assert body["success"], body
        return dict(body.get("body") or {})

    debug("initialize", 1, {"clientID": "test", "adapterID": "", "pathFormat": "path"})
    debug("attach", 2, {})
    code = "def area(side):\n    square = side * side\n    return square\nresult = area(12)"
    source = debug("dumpCell", 3, {"code": code})["sourcePath"]
    debug("setBreakpoints", 4, {"source": {"path": source}, "breakpoints": [{"line": 3}], "sourceModified": False})
    debug("configurationDone", 5, {})
    running = opened.send("execute_request", {"code": code, "silent": False})
    while (message := opened.receive())["content"].get("event") != "stopped":
        pass
    thread = message["content"]["body"]["threadId"]
    frame = debug("stackTrace", 6, {"threadId": thread})["stackFrames"][0]
    scopes = debug("scopes", 7, {"frameId": frame["id"]})["scopes"]
    variables = debug("variables", 8, {"variablesReference": scopes[0]["variablesReference"]})["variables"]
    assert {v["name"]: v["value"] for v in variables}["square"] == "144"
    debug("continue", 9, {"threadId": thread})
    assert opened.collect(running).error == ""
    debug("disconnect", 10, {"restart": False, "terminateDebuggee": False})


def test_a_restart_is_a_new_pod_on_new_ports_and_the_session_goes_on(opened: Notebook, namespace: Namespace) -> None:
    opened.run("kept = 1")
    (before,) = namespace.drivers(opened.kernel_id)
    ports = opened.run("from ipykernel.connect import get_connection_info as info; print(info())")
    opened.restart()
    assert opened.execute("kept").error == "NameError: name 'kept' is not defined"
    (after,) = [pod for pod in namespace.drivers(opened.kernel_id) if "deletionTimestamp" not in pod["metadata"]]
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert opened.run("from ipykernel.connect import get_connection_info as info; print(info())") != ports
    assert opened.server.get(f"api/sessions/{opened.session['id']}")["kernel"]["id"] == opened.kernel_id


def test_five_kernels_side_by_side_don_t_meet(server: JupyterServer, namespace: Namespace) -> None:
    with ThreadPoolExecutor(5) as pool:
        notebooks = list(pool.map(lambda _: Notebook(server), range(5)))
        try:
            for number, notebook in enumerate(notebooks):
                notebook.run(f"mine = {number}")
            outputs = list(
                pool.map(lambda notebook: notebook.run("import socket; print(mine, socket.gethostname())"), notebooks)
            )
        finally:
            list(pool.map(Notebook.close, notebooks))
    assert [output.split()[0] for output in outputs] == ["0", "1", "2", "3", "4"]
    assert len({output.split()[1] for output in outputs}) == 5
    for notebook in notebooks:
        assert namespace.drivers(notebook.kernel_id) == []


def test_shutdown_leaves_no_pod_and_no_secret(server: JupyterServer, namespace: Namespace) -> None:
    notebook = Notebook(server)
    (pod,) = namespace.drivers(notebook.kernel_id)
    begun = time.monotonic()
    notebook.close()
    assert time.monotonic() - begun < 20
    assert namespace.pod(pod["metadata"]["name"]) is None
    until = time.monotonic() + 10  # the garbage collector follows the pod
    while pod["metadata"]["name"] in {item["metadata"]["name"] for item in namespace.secrets()}:
        assert time.monotonic() < until, "the Secret outlives its pod"
        time.sleep(0.1)
