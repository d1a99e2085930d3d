"""Starts that are told, cancelled, asked for twice; and our routes: each asks for login, rights and origin."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_sparkk8s.server import kernels, sessions
from tests.local.conftest import NO_SPARK, slow_python
from tests.support.events import Events
from tests.support.feed import Feed
from tests.support.notebook import Notebook
from tests.support.server import HttpError, JupyterServer
from tests.support.wait import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

STRANGER = "11111111-2222-3333-4444-555555555555"


@pytest.fixture(scope="module")
def slow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    folder = tmp_path_factory.mktemp("slow")
    with JupyterServer(folder / "server", NO_SPARK, slow_python(folder)) as server:
        yield server


@pytest.fixture
def slow(slow_server: JupyterServer) -> Iterator[Path]:
    """While this file is there, kernels that start don't come to run. What a test has started ends with it."""
    path = slow_server.folder.with_name("slow")
    path.touch()
    yield path
    path.unlink(missing_ok=True)
    for session in slow_server.get("api/sessions"):
        slow_server.delete(f"api/sessions/{session['id']}")


@pytest.fixture
def events(slow_server: JupyterServer, slow: Path) -> Iterator[Events]:
    listening = Events(slow_server)
    yield listening
    listening.close()


class Asking(threading.Thread):
    """A request that takes long, asked on a thread; ``answer`` is its body or the error."""

    def __init__(self, server: JupyterServer, path: str, body: dict[str, Any], method: str = "POST") -> None:
        super().__init__(name=path, daemon=True)
        self._ask = partial(server.request, method, path, body, timeout_s=120)
        self.answer: Any = None
        self.start()

    def run(self) -> None:
        try:
            self.answer = self._ask()
        except HttpError as error:
            self.answer = error

    def result(self) -> Any:
        self.join(60)
        assert not self.is_alive()
        return self.answer


def session(path: str, kernel: str = "spark-local") -> dict[str, Any]:
    return {"path": path, "name": path, "type": "notebook", "kernel": {"name": kernel}}


def starting(events: Events, notebook: str) -> str:
    """The id of the kernel that starts for a notebook, once its process does."""

    def found() -> str:
        ours = [event for event in events.of("start") if event["notebook"] == notebook and event["phase"] == "starting-python"]
        return ours[-1]["kernel_id"] if ours else ""

    return str(until(found, f"a kernel starts for {notebook}", 30))


@pytest.mark.parametrize("way", ["cancel", "delete"])
def test_a_cancelled_start_is_answered_and_leaves_nothing(slow_server: JupyterServer, events: Events, way: str) -> None:
    asking = Asking(slow_server, "api/sessions", session("a.ipynb"))
    kernel_id = starting(events, "a.ipynb")
    assert slow_server.get(f"sparkk8s/api/kernels/{kernel_id}")["phase"] == "starting-python"
    if way == "cancel":
        slow_server.post(f"sparkk8s/api/kernels/{kernel_id}/cancel")
    else:
        slow_server.delete(f"api/kernels/{kernel_id}")
    failed = asking.result()
    assert failed.status == 500
    assert failed.body["message"].startswith("Start cancelled")
    assert slow_server.get("api/kernels") == slow_server.get("api/sessions") == []
    until(lambda: events.phases(kernel_id) == ["created", "starting-python", "cancelled"], "the end is told", 10)
    elapsed = [event["elapsed_s"] for event in events.of("start", kernel_id)]
    assert elapsed == sorted(elapsed)
    assert slow_server.get(f"sparkk8s/api/kernels/{kernel_id}")["cause"]["title"] == "Start cancelled."
    for method, path in (("POST", f"sparkk8s/api/kernels/{kernel_id}/cancel"), ("DELETE", f"api/kernels/{kernel_id}")):
        with pytest.raises(HttpError) as again:
            slow_server.request(method, path)
        assert again.value.status == 404


def test_a_session_that_is_asked_for_again_gets_the_kernel_that_starts(
    slow_server: JupyterServer, slow: Path, events: Events
) -> None:
    first = Asking(slow_server, "api/sessions", session("b.ipynb"))
    kernel_id = starting(events, "b.ipynb")
    second = Asking(slow_server, "api/sessions", session("b.ipynb"))
    second.join(1)
    slow.unlink()
    assert first.result()["kernel"]["id"] == second.result()["kernel"]["id"] == kernel_id
    assert [each["kernel"]["id"] for each in slow_server.get("api/sessions")] == [kernel_id]
    assert [each["id"] for each in slow_server.get("api/kernels")] == [kernel_id]


def test_another_kernel_for_the_same_notebook_takes_the_place_of_the_one_that_starts(
    slow_server: JupyterServer, events: Events
) -> None:
    first = Asking(slow_server, "api/sessions", session("c.ipynb"))
    kernel_id = starting(events, "c.ipynb")
    other = slow_server.post("api/sessions", session("c.ipynb", "python3"))
    assert first.result().body["message"].startswith("Start cancelled")
    assert [each["id"] for each in slow_server.get("api/kernels")] == [other["kernel"]["id"]]
    assert events.phases(kernel_id)[-1] == "cancelled"


def test_starts_of_notebooks_with_one_name_are_told_apart(slow_server: JupyterServer, slow: Path, events: Events) -> None:
    """By folder and name: of a new session, whose path JupyterLab makes up at first, and of one that gets another kernel."""
    paths = {name: f"{name}/same.ipynb" for name in ("here", "there")}
    opened = slow_server.post("api/sessions", {**session("there/5a2f", "python3"), "name": "same.ipynb"})
    asked = [
        Asking(slow_server, "api/sessions", {**session("here/5a2f"), "name": "same.ipynb"}),
        Asking(slow_server, f"api/sessions/{opened['id']}", {"kernel": {"name": "spark-local"}}, "PATCH"),
    ]

    def told() -> dict[str, str]:
        steps = [event for event in events.of("start") if event["notebook"] == "same.ipynb"]
        return {event["kernel_id"]: event["phase"] for event in steps if event["phase"] == "starting-python"}

    until(lambda: len(told()) == 2, "both start", 60)
    with Feed(slow_server) as feed:
        starts = {kernel["path"]: kernel_id for kernel_id, kernel in feed.kernels.items() if kernel_id in told()}
        assert set(starts) == set(paths.values())
        assert {feed.kernels[kernel_id]["notebook"] for kernel_id in told()} == {"same.ipynb"}
        assert {feed.kernels[kernel_id]["session"] for kernel_id in told()} == {"off"}
    slow.unlink()
    for path, asking in zip(paths.values(), asked, strict=True):
        assert asking.result()["kernel"]["id"] == starts[path]


def test_a_session_whose_kernel_is_changed_twice_gets_one(slow_server: JupyterServer, slow: Path, events: Events) -> None:
    opened = slow_server.post("api/sessions", session("d.ipynb", "python3"))
    change = {"kernel": {"name": "spark-local"}}
    first = Asking(slow_server, f"api/sessions/{opened['id']}", change, "PATCH")
    kernel_id = starting(events, "d.ipynb")
    second = Asking(slow_server, f"api/sessions/{opened['id']}", change, "PATCH")
    second.join(1)
    slow.unlink()
    assert first.result()["kernel"]["id"] == second.result()["kernel"]["id"] == kernel_id
    assert [each["id"] for each in slow_server.get("api/kernels")] == [kernel_id]


def test_a_kernel_whose_id_nobody_was_told_is_not_started(slow_server: JupyterServer, events: Events) -> None:
    with socket.create_connection(("127.0.0.1", slow_server.port)) as client:
        body = json.dumps({"name": "spark-local"})
        head = f"POST /api/kernels HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token {slow_server.token}\r\n"
        client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        kernel_id = starting(events, "")
    until(lambda: events.phases(kernel_id)[-1] == "cancelled", "the start is cancelled", 10)
    assert slow_server.get("api/kernels") == []


# ---------------------------------------------------------------- routes

OURS = [
    ("GET", f"sparkk8s/api/kernels/{STRANGER}"),
    ("POST", f"sparkk8s/api/kernels/{STRANGER}/cancel"),
    ("DELETE", f"api/kernels/{STRANGER}"),
    ("POST", "api/kernels"),
    ("POST", f"api/kernels/{STRANGER}/restart"),
    ("POST", "api/sessions"),
    ("PATCH", f"api/sessions/{STRANGER}"),
]
DENY = """
from jupyter_server.auth import Authorizer
class Deny(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return resource == "api"  # the server's own status
c.ServerApp.authorizer_class = Deny
"""


def status(server: JupyterServer, method: str, path: str, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, f"/{path}", body=None if method == "GET" else "{}", headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def test_every_route_of_ours_is_listed_here() -> None:
    patterns = {pattern for pattern, _ in [*kernels.HANDLERS, *sessions.HANDLERS]}
    assert len(patterns) == len({path for _, path in OURS})


@pytest.fixture(scope="module")
def denying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    with JupyterServer(tmp_path_factory.mktemp("server"), NO_SPARK + DENY) as server:
        yield server


@pytest.mark.parametrize(("method", "path"), OURS)
def test_every_route_asks_for_login_rights_and_origin(denying: JupyterServer, method: str, path: str) -> None:
    token = {"Authorization": f"token {denying.token}"}
    assert status(denying, method, path, {}) == 403, "nobody"
    assert status(denying, method, path, token) == 403, "somebody without rights"


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """A server without login: where a foreign page's request would come with all that a browser has."""
    config = NO_SPARK + "c.IdentityProvider.token = ''\nc.ServerApp.disable_check_xsrf = False\n"
    with JupyterServer(tmp_path_factory.mktemp("server"), config, {"JUPYTER_TOKEN": ""}) as server:
        yield server


@pytest.mark.parametrize(("method", "path"), OURS)
def test_a_foreign_page_can_t_use_a_route(open_server: JupyterServer, method: str, path: str) -> None:
    if method != "GET":
        assert status(open_server, method, path, {}) == 403, "no XSRF token"
    assert status(open_server, method, path, {"Origin": "https://elsewhere.example", "Cookie": "_xsrf=x"}) in (403, 404)


def test_a_look_is_no_activity(server: JupyterServer, opened: Callable[..., Notebook]) -> None:
    notebook = opened(server)

    def activity() -> str:
        server.get(f"sparkk8s/api/kernels/{notebook.kernel_id}")
        return str(server.get("api/status")["last_activity"])

    # The kernel's own first messages count; after them nothing does.
    until(lambda: activity() == activity(), "the start's own activity is over", 20)
    before = activity()
    time.sleep(1.1)
    assert activity() == before
