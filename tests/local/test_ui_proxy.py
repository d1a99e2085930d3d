"""The driver's Spark UI through a real server, as a browser asks for it and as a hostile client does."""

from __future__ import annotations

import http.client
import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import pytest

from tests.support.server import JupyterServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.notebook import Notebook

PAGES = ("jobs/", "stages/", "storage/", "environment/", "executors/", "SQL/")
# What reaches the driver: headers of the next request, one a line.
ECHO = """
open('/proc/self/comm', 'w').write('java')  # only a JVM is asked for a UI
from http.server import BaseHTTPRequestHandler, HTTPServer
import threading
class Echo(BaseHTTPRequestHandler):
    def do_GET(self):
        version = self.path == '/api/v1/version'
        body = b'{"spark": "4"}' if version else (self.path + '\\n' + str(self.headers)).encode()
        if self.path.startswith('/odd/'):
            self.wfile.write(ODD[int(self.path[5:])].encode())
            self.close_connection = True
            return
        self.send_response(200 if 'redirect' not in self.path else 302)
        self.send_header('Content-Length', str(len(body)))
        self.send_header('Location', 'http://10.1.2.3:4040/stages/?id=1')
        self.send_header('Content-Type', 'text/plain')
        self.send_header('Set-Cookie', 'stolen=1')
        self.send_header('Clear-Site-Data', '"cookies"')
        self.send_header('Access-Control-Allow-Origin', '*')
        self.end_headers()
        self.wfile.write(body)
    do_HEAD = do_GET
    def log_message(self, *args):
        pass
server = HTTPServer(('127.0.0.1', 0), Echo)
threading.Thread(target=server.serve_forever, daemon=True).start()
"""
# What a driver answers that is none of Spark's, or is half an answer.
ODD = (
    "",
    "SSH-2.0-OpenSSH_9.2\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf",
    "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nX-Long: " + "x" * 20_000 + "\r\n\r\n",
    "HTTP/1.1 200 <script>\r\nX-Evil: 1\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nno!",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
    "HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\nno body",
    "HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n",
)
ELSEWHERE = ("http://evil.example.org:22/x", "//evil.example.org/x", "http://[x", "/\\evil.example.org", "javascript:alert(1)")
ALLOWED = {"host", "accept", "accept-encoding", "accept-language", "x-forwarded-context", "connection"}


class Client:
    """Sends paths as they are, which libraries would tidy up."""

    def __init__(self, server: JupyterServer) -> None:
        self.server = server

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body; status 0 where the server hangs up before the end of its answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True, skip_host="Host" in headers)
            sent = {"Authorization": f"token {self.server.token}", **{name.replace("_", "-"): v for name, v in headers.items()}}
            for name, value in sent.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        except http.client.IncompleteRead as cut:
            return 0, {}, cut.partial
        except ConnectionError:
            return 0, {}, b""
        finally:
            connection.close()


@pytest.fixture(scope="module")
def client(spark_server: JupyterServer) -> Client:
    return Client(spark_server)


@pytest.fixture(scope="module")
def ui(notebook: Notebook) -> str:
    return f"/sparkk8s/ui/{notebook.kernel_id}/"


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_whole_and_link_below_the_prefix(client: Client, ui: str, page: str) -> None:
    status, headers, body = client.ask(ui + page)
    if status == 302:  # to a tab's first page
        assert headers["location"].startswith(ui)
        status, headers, body = client.ask(headers["location"])
    assert status == 200, body
    assert headers["content-type"].startswith("text/html")
    assert headers["x-frame-options"] == "SAMEORIGIN"
    links = re.findall(r'(?:href|src)="(/[^"]*)"', body.decode())
    assert links
    assert [link for link in links if not link.startswith(ui)] == []
    assets = [link for link in links if "/static/" in link]
    for asset in assets[:3]:
        status, headers, body = client.ask(urljoin(ui, asset))
        assert (status, int(headers["content-length"])) == (200, len(body))


def test_redirects_stay_below_the_prefix(client: Client, ui: str) -> None:
    for path in (ui, ui[:-1]):
        status, headers, _ = client.ask(path)
        assert status == 302
        assert urlsplit(headers["location"])[:3] == ("", "", ui + "jobs/")


def test_head_has_the_headers_of_get(client: Client, ui: str) -> None:
    status, headers, body = client.ask(ui + "static/webui.css", "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) > 1000


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_is_changed_through_it(client: Client, ui: str, method: str) -> None:
    status, headers, body = client.ask(ui + "jobs/job/kill/?id=1", method)
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    assert b"not changed" in body


@pytest.mark.parametrize(
    "path",
    [
        "../../../api/status",
        "%2e%2e/%2e%2e/api/status",
        "%252e%252e/%252e%252e/api/status",
        "..%2f..%2fapi",
        "%5c%5cevil.example.org/",
        "/evil.example.org/",
        "jobs/..;/x",
        "jobs/%00",
        "jobs/%0d%0aX-Evil:%201",
    ],
)
def test_paths_that_lead_out_are_refused(client: Client, ui: str, path: str) -> None:
    status, headers, body = client.ask(ui + path)
    assert status in (400, 404)
    assert "x-evil" not in headers
    assert b"started" not in body


def test_only_this_servers_kernels(client: Client, ui: str) -> None:
    status, headers, body = client.ask("/sparkk8s/ui/11111111-1111-4111-8111-111111111111/jobs/")
    assert (status, headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert b"start its kernel" in body
    host = f"http://127.0.0.1:{client.server.port}"
    for path in (
        "/sparkk8s/ui/127.0.0.1:22",
        "/sparkk8s/ui/http://10.0.0.1",
        "http://10.0.0.1/sparkk8s/x",
        host + ui,
    ):
        assert client.ask(path)[0] in (403, 404), path
    status, headers, _ = client.ask("/" + ui)  # Jupyter's own answer to a path that could be taken for a host
    assert (status, headers["location"]) == (302, ui[:-1])
    assert client.ask(ui + "jobs/", Host="evil.example.org")[0] == 403
    assert client.ask(ui + "jobs/", X_Long="x" * 100_000)[0] in (0, 400, 431)
    status, _, _ = client.ask(ui + "jobs/", Authorization="token wrong")
    assert status in (302, 403)


def test_only_what_is_meant_to_pass_does(server: JupyterServer, opened: Callable[..., Notebook]) -> None:
    """In a kernel without Spark something else stands in the UI's place, and tells what it was sent."""
    notebook, client = opened(server), Client(server)
    ui = f"/sparkk8s/ui/{notebook.kernel_id}/"
    moved = "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n"
    redirects = [moved.format(where) for where in ELSEWHERE]
    notebook.run(f"ODD = {[*ODD, *redirects]!r}\n{ECHO}")
    secret = {"Cookie": "session=secret", "X_XSRFToken": "secret", "X_Forwarded_For": "secret", "Referer": "secret"}
    query = f"?id=3&%74oken={server.token}"
    status, headers, body = client.ask(ui + "jobs/" + query, Accept="text/html", **secret)
    assert status == 200
    path, *lines = body.decode().splitlines()
    assert path == "/jobs/?id=3"
    sent = {line.partition(":")[0].lower() for line in lines if line}
    assert sent - ALLOWED == set()
    assert f"X-Forwarded-Context: {ui[:-1]}" in lines
    assert "secret" not in body.decode()
    assert server.token not in body.decode()
    assert "stolen" not in headers.get("set-cookie", "")
    assert "clear-site-data" not in headers
    assert headers.get("access-control-allow-origin", "") == ""
    assert client.ask(ui + "redirect")[1]["location"] == ui + "stages/?id=1"
    for path in ("jobs/job/kill/?id=1", "jobs/job/%6bill/?id=1", "stages/stage/kill;x/?id=1"):
        assert client.ask(ui + path)[0] == 405
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Key": "x", "Sec_WebSocket_Version": "13"}
    status, _, body = client.ask(ui + "jobs/", **upgrade)
    assert status == 200
    assert b"pgrade" not in body
    for number, odd in enumerate(ODD):
        status, headers, _ = client.ask(f"{ui}odd/{number}")
        assert status in (0, 200, 204, 304, 404, 502), odd
        assert "x-evil" not in headers, odd
    for number, where in enumerate(ELSEWHERE, len(ODD)):
        assert client.ask(f"{ui}odd/{number}")[1]["location"].startswith(ui), where
    assert "Traceback" not in server.log()
    notebook.run("server.shutdown(); server.server_close()")
    status, _, body = client.ask(ui + "jobs/")
    assert status == 404
    assert b"SparkSession.builder" in body


@pytest.fixture
def misread(tmp_path: Path) -> Iterator[JupyterServer]:
    with JupyterServer(tmp_path / "server", 'c.SparkK8s.session = "off"\n', base_url="/proxy/ana/") as server:
        yield server


def test_a_base_url_that_spark_misreads_is_told(misread: JupyterServer, opened: Callable[..., Notebook]) -> None:
    from tests.support.feed import Feed

    assert "Spark's pages misread" in misread.log()
    with Feed(misread) as feed:
        assert "'proxy'" in feed.frames[0]["server"]["ui_warning"]
