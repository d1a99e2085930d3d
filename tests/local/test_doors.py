"""Who may not come in to the feed and the Spark UI: strangers, users without rights, other sites' pages."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

import pytest

from jupyter_sparkk8s.server import feed, ui_proxy
from tests.support.server import JupyterServer

if TYPE_CHECKING:
    from collections.abc import Iterator

KERNEL = "11111111-1111-4111-8111-111111111111"
UI, FEED = f"/sparkk8s/ui/{KERNEL}/jobs/", "/sparkk8s/api/feed"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
DENY = """
c.SparkK8s.session = "off"
from jupyter_server.auth import Authorizer
class Deny(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return resource != "kernels"
c.ServerApp.authorizer_class = Deny
"""
OPEN = 'c.SparkK8s.session = "off"\nc.IdentityProvider.token = ""\n'


def status(server: JupyterServer, path: str, **headers: str) -> int:
    """Of a request as a browser makes it; the feed's asks for a websocket."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", path, headers={**(UPGRADE if path == FEED else {}), **headers})
    answer = connection.getresponse()
    connection.close()
    return answer.status


@pytest.fixture(scope="module")
def denying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    with JupyterServer(tmp_path_factory.mktemp("server"), DENY) as server:
        yield server


@pytest.fixture(scope="module")
def without_login(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """Where a foreign page's request comes with all that a browser has."""
    with JupyterServer(tmp_path_factory.mktemp("server"), OPEN, {"JUPYTER_TOKEN": ""}) as server:
        yield server


def test_every_door_is_tried_here() -> None:
    assert [len(module.HANDLERS) for module in (feed, ui_proxy)] == [1, 1]


def test_strangers_and_users_without_rights(denying: JupyterServer) -> None:
    assert status(denying, FEED) == 403
    assert status(denying, UI) in (302, 403)
    for path in (FEED, UI):
        assert status(denying, path, Authorization=f"token {denying.token}") == 403


def test_other_sites_pages(without_login: JupyterServer) -> None:
    assert (status(without_login, FEED), status(without_login, UI)) == (101, 404)
    own = f"127.0.0.1:{without_login.port}"
    for path in (FEED, UI):
        for origin in (
            "https://elsewhere.example.org",
            "null",
            f"http://{own}.example.org",
            f"http://{own}@evil",
            "http://127.0.0.1:1",
        ):
            assert status(without_login, path, Origin=origin) == 403, origin
        assert status(without_login, path, Host="elsewhere.example.org") == 403
    assert (status(without_login, FEED, Origin=f"http://{own}"), status(without_login, UI, Origin=f"http://{own}")) == (
        101,
        404,
    )
