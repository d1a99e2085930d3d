"""Answers of a driver's UI taken apart, in whatever pieces they come, and whatever is wrong with them."""

from __future__ import annotations

import asyncio

import pytest
from httptools import HttpParserError
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_sparkk8s.errors import SparkUnreachable
from jupyter_sparkk8s.spark.ui_answer import UiAnswer

FIXED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nVary: a\r\nVary: b\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
NOTED = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + FIXED
OPEN_END = b"HTTP/1.1 200 OK\r\n\r\nhello"
ENDLESS = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (number, b"x" * 1000) for number in range(70))


class Read:
    """An answer, and what it has asked of its connection."""

    def __init__(self, has_body: bool = True, timeout_s: float = 5.0) -> None:
        self.pauses, self.closes = list[bool](), list[int]()
        self.answer = UiAnswer(has_body, timeout_s, self.pauses.append, lambda: self.closes.append(1))

    async def body(self) -> bytes:
        await self.answer.head()
        return b"".join([piece async for piece in self.answer.pieces()])


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([FIXED, CHUNKED, NOTED, OPEN_END]), st.lists(st.integers(0, 150), max_size=8))
def test_pieces_of_any_size_make_the_same_answer(whole: bytes, cuts: list[int]) -> None:
    async def read() -> None:
        found = Read()
        reading = asyncio.create_task(found.body())
        ends = sorted({min(cut, len(whole)) for cut in cuts} | {len(whole)})
        for begin, end in zip([0, *ends], ends, strict=False):
            if whole[begin:end]:
                found.answer.feed(whole[begin:end])
                await asyncio.sleep(0)
        if whole is OPEN_END:
            assert not found.answer.is_whole
            found.answer.end(None)
        assert await reading == b"hello"
        answer = found.answer
        assert (answer.status, answer.reason) == ((404, "Not Found") if whole is CHUNKED else (200, "OK"))
        assert answer.headers.get("vary", "a, b") == "a, b"
        assert "link" not in answer.headers
        assert answer.is_last is (whole is OPEN_END)

    asyncio.run(read())


@pytest.mark.parametrize(
    ("sent", "has_body", "body"),
    [
        (FIXED + FIXED.replace(b"hello", b"other"), True, b"hello"),
        (FIXED + b"\r\nnoise", True, b"hello"),
        (FIXED, False, b""),  # a body after HEAD
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", True, b""),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello", True, b""),
        (FIXED.replace(b"Vary: a", b"Connection: close"), True, b"hello"),
    ],
)
async def test_after_more_than_an_answer_the_connection_is_not_used_again(sent: bytes, has_body: bool, body: bytes) -> None:
    found = Read(has_body)
    found.answer.feed(sent)
    assert await found.body() == body
    assert found.answer.is_whole
    assert found.answer.is_last


async def test_headers_after_the_body_are_none() -> None:
    found = Read()
    found.answer.feed(CHUNKED[:-2] + b"ETag: 9\r\n\r\n")
    assert await found.body() == b"hello"
    assert found.answer.headers == {"transfer-encoding": "chunked"}


async def test_what_comes_after_its_end_is_no_part_of_it() -> None:
    found = Read()
    found.answer.feed(FIXED)
    assert not found.answer.is_last
    found.answer.feed(FIXED)
    assert await found.body() == b"hello"
    assert found.answer.is_last


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", HttpParserError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\nok", HttpParserError),
        (b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", HttpParserError),
        (CHUNKED.replace(b"\r\n\r\n3", b"\r\nContent-Length: 3\r\n\r\n3"), HttpParserError),
        (ENDLESS, HttpParserError),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3000, HttpParserError),
        (b"HTTP/1.1 200", EOFError),
    ],
)
async def test_a_head_that_is_none_is_an_error(sent: bytes, error: type[Exception]) -> None:
    found = Read()
    found.answer.feed(sent)
    found.answer.end(None)
    with pytest.raises(error):
        await found.answer.head()
    assert found.answer.is_last


@pytest.mark.parametrize("sent", [FIXED[:-1], CHUNKED[:-3], CHUNKED.replace(b"\r\n2\r\n", b"\r\nzz\r\n")])
async def test_a_body_that_is_cut_is_told(sent: bytes) -> None:
    found = Read()
    found.answer.feed(sent)
    found.answer.end(None)
    with pytest.raises(SparkUnreachable, match="began to answer, and stopped"):
        await found.body()


async def test_silence_ends_it() -> None:
    found = Read(timeout_s=0.02)
    with pytest.raises(asyncio.TimeoutError):
        await found.answer.head()
    found = Read(timeout_s=0.02)
    found.answer.feed(FIXED[:-1])
    with pytest.raises(SparkUnreachable, match="and stopped"):
        await found.body()


async def test_what_nobody_takes_is_left_to_the_driver() -> None:
    found = Read()
    found.answer.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    for _ in range(5):
        found.answer.feed(b"x" * 100_000)
    assert found.pauses == [True]
    pieces = found.answer.pieces()
    assert len(await anext(pieces)) == 500_000
    assert found.pauses == [True, False]
    found.answer.feed(b"x" * 500_000)
    assert [len(piece) async for piece in pieces] == [500_000]


async def test_it_is_given_back_once() -> None:
    found = Read()
    async with found.answer:
        found.answer.close()
    assert found.closes == [1]
