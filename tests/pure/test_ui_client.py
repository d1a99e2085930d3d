"""How a driver's UI is found behind its door: at which port, with its key, after a move, while it is busy, and not where
something else listens. What listens is the test's own, on the loopback address.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from jupyter_sparkk8s.backends import ui_doors
from jupyter_sparkk8s.backends.ui_doors import LocalUi
from jupyter_sparkk8s.errors import SparkUnreachable
from jupyter_sparkk8s.spark import ui_client
from jupyter_sparkk8s.spark.ui_client import UiClient
from jupyter_sparkk8s.spark.ui_door import P, UiDoor
from jupyter_sparkk8s.spark.ui_key import bearer_token, make_ui_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

VERSION = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n{"spark": "4.3.0"}'
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf"
REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"


class Place:
    """Something that listens: gives ``answer`` to each request, or nothing at all; keeps what it was asked."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer, self.asked, self.port = answer, list[str](), 0
        self.connections, self.hangs_up = 0, False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while not self.hangs_up:
                self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
                if self.answer is not None:
                    writer.write(self.answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening(answer: bytes | None) -> AsyncIterator[Place]:
    place = Place(answer)
    server = await asyncio.start_server(place.serve, "127.0.0.1", 0)
    place.port = server.sockets[0].getsockname()[1]
    try:
        yield place
    finally:
        server.close()


class Door(UiDoor):
    """The doors to some places; port 1 is closed."""

    def __init__(self, *places: Place, key: str = "") -> None:
        self.places, self.key = list(places), key
        self.no_uis: set[int] = set()

    async def ports(self) -> list[int]:
        return [1, *(place.port for place in self.places if place.port not in self.no_uis)]

    def is_no_ui(self, port: int) -> None:
        self.no_uis.add(port)

    async def connect(self, port: int, factory: Callable[[], P]) -> P:
        _, protocol = await asyncio.get_running_loop().create_connection(factory, "127.0.0.1", port)
        return protocol


@asynccontextmanager
async def client_of(door: Door) -> AsyncIterator[UiClient]:
    client = UiClient(door)
    try:
        yield client
    finally:
        await client.close()


async def _body(client: UiClient, path: str = "/api/v1/version") -> bytes:
    async with await client.request("GET", path) as answer:
        return b"".join([piece async for piece in answer.pieces()])


async def test_it_is_found_among_others_and_shown_its_key() -> None:
    key = make_ui_key()
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(listening(b"\x05spark\r\n\r\n"))
        ui = await stack.enter_async_context(listening(VERSION))
        client = await stack.enter_async_context(client_of(Door(other, ui, key=key)))
        assert b"4.3.0" in await _body(client)
        assert all(f"Authorization: {bearer_token(key)}\r\n" in asked for asked in ui.asked)
        knocks = len(other.asked)
        await _body(client)
        assert len(other.asked) == knocks


async def test_what_speaks_no_http_is_knocked_at_once_only() -> None:
    async with listening(b"\x05spark\r\n\r\n") as other, client_of(Door(other)) as client:
        for _ in range(3):
            with pytest.raises(SparkUnreachable, match="has no Spark UI now"):
                await _body(client)
        assert client.is_away
        assert len(other.asked) == 1


async def test_ports_of_this_machine_that_gave_no_answer_are_left_alone_while_they_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listening = [4040, 5050, 6060]
    monkeypatch.setattr(ui_doors, "listening_ports", lambda _session: listening)
    door = LocalUi(1, others={6060})
    for _ in range(2):
        door.is_no_ui(5050)
        assert await door.ports() == [4040, 5050]
    door.is_no_ui(5050)
    assert await door.ports() == [4040]
    listening = [4040]
    assert await door.ports() == [4040]
    listening = [4040, 5050]
    assert await door.ports() == [4040, 5050]
    with pytest.raises(ConnectionRefusedError):
        await door.connect(7070, asyncio.Protocol)


async def test_after_a_move_it_is_found_again() -> None:
    door = Door()
    async with client_of(door) as client:
        async with listening(VERSION) as first:
            door.places = [first]
            await _body(client)
            first.answer = b""  # hangs up
        async with listening(VERSION) as second:
            door.places = [second]
            client._port = 1  # as if what was there had been closed
            with pytest.raises(SparkUnreachable):
                await _body(client)
            assert b"4.3.0" in await _body(client)


async def test_a_busy_one_is_not_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui_client, "_KNOCK_S", 0.05)
    async with listening(VERSION) as ui, client_of(Door(ui)) as client:
        await _body(client)
        ui.answer = None
        with pytest.raises(SparkUnreachable, match="busy"):
            await client.request("GET", "/x", timeout_s=0.05)
        with pytest.raises(SparkUnreachable, match="busy"):
            await client.request("GET", "/x")
        assert not client.is_away
        ui.answer = VERSION
        assert b"4.3.0" in await _body(client)


async def test_one_that_is_slow_from_the_first_is_not_away_until_it_has_been_so_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ui_client, "_KNOCK_S", 0.02)
    async with listening(None) as ui, client_of(Door(ui)) as client:
        for _ in range(ui_client._KNOCKS):
            with pytest.raises(SparkUnreachable, match="busy"):
                await _body(client)
            assert not client.is_away
        with pytest.raises(SparkUnreachable, match="has no Spark UI now"):
            await _body(client)
        assert client.is_away
        ui.answer = VERSION
        assert b"4.3.0" in await _body(client)


async def test_a_lock_that_is_not_ours_is_told() -> None:
    async with listening(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as ui, client_of(Door(ui)) as client:
        with pytest.raises(SparkUnreachable, match="login of its own"):
            await _body(client)
        assert not client.is_away
        ui.answer = VERSION
        assert b"4.3.0" in await _body(client)


async def test_redirects_are_not_followed_and_cookies_not_kept() -> None:
    async with listening(VERSION) as ui, client_of(Door(ui)) as client:
        await _body(client)
        ui.answer = REDIRECT
        async with await client.request("GET", "/a%2Fb?x=%C3%A9") as answer:
            assert answer.status == 302
        await _body(client)
        assert ui.asked[2].startswith("GET /a%2Fb?x=%C3%A9 HTTP/1.1\r\n")
        assert "Cookie" not in "".join(ui.asked)
        assert "User-Agent" not in "".join(ui.asked)


async def test_a_connection_is_kept_and_one_that_was_closed_meanwhile_is_made_anew() -> None:
    async with listening(VERSION) as ui, client_of(Door(ui)) as client:
        for _ in range(5):
            await _body(client)
        assert ui.connections == 1
        ui.hangs_up = True
        await _body(client)  # answered, then closed by the other side, which the client may not know yet
        ui.hangs_up = False
        assert b"4.3.0" in await _body(client)
        assert ui.connections == 2


async def test_a_body_that_was_not_read_is_never_taken_for_the_next_answer() -> None:
    async with listening(VERSION) as ui, client_of(Door(ui)) as client:
        await _body(client)
        ui.answer = HALF
        async with await client.request("GET", "/x") as answer:
            assert answer.headers["content-length"] == "1000"
        ui.answer = VERSION
        assert b"4.3.0" in await _body(client)
        ui.answer, ui.hangs_up = HALF, True
        with pytest.raises(SparkUnreachable, match="began to answer, and stopped"):
            await _body(client)


async def test_an_answer_to_head_has_no_body_and_one_before_the_answer_is_none() -> None:
    async with listening(VERSION) as ui, client_of(Door(ui)) as client:
        await _body(client)
        ui.answer = b"HTTP/1.1 103 Early Hints\r\n\r\n" + VERSION.partition(b"{")[0]
        for _ in range(2):
            async with await client.request("HEAD", "/x") as answer:
                assert (answer.status, [piece async for piece in answer.pieces()]) == (200, [])
        assert ui.connections == 1


async def test_so_many_at_once_and_no_more() -> None:
    async with listening(VERSION) as ui, client_of(Door(ui)) as client:
        await _body(client)
        ui.answer = HALF
        answers = [await client.request("GET", "/x") for _ in range(100)]
        ui.answer = VERSION
        waiting = asyncio.create_task(_body(client))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        for answer in answers:
            answer.close()
        assert b"4.3.0" in await waiting
