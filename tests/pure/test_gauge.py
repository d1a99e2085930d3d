"""How a driver's memory is counted in its pod and asked for, with what its executors are told; one process plays both."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_sparkk8s.backends import gauge as asking
from jupyter_sparkk8s.backends.transport import DirectTransport
from jupyter_sparkk8s.spark.launch_files import gauge

VERSION_1 = {"memory/memory.usage_in_bytes": "900\n", "memory/memory.stat": "inactive_file 1\ntotal_inactive_file 200\n"}
VERSION_2 = {"memory.current": "900\n", "memory.stat": "anon 5\ninactive_file 300\nactive_file 7\n"}


@pytest.mark.parametrize(
    ("files", "bytes_used"),
    [
        (VERSION_1, 700),
        (VERSION_2, 600),
        (VERSION_1 | VERSION_2, 600),
        (VERSION_2 | {"memory.stat": "inactive_file 1000\n"}, 0),
        (VERSION_2 | {"memory.stat": "anon 5\n"}, 900),
        (VERSION_2 | {"memory.current": "max\n"}, None),
        ({}, None),
    ],
)
def test_what_kubernetes_counts(tmp_path: Path, files: dict[str, str], bytes_used: int | None) -> None:
    (tmp_path / "memory").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert gauge.working_set(str(tmp_path)) == bytes_used


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """Where a pod answers that holds 1 GiB; one whose client says nothing waits not for long."""
    monkeypatch.setattr(gauge, "working_set", lambda: 1 << 30)
    monkeypatch.setattr(gauge, "_PATIENCE_S", 0.1)
    listener = socket.create_server(("127.0.0.1", 0))
    gauge.start(listener, "key")
    return int(listener.getsockname()[1])


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Kubernetes says this to executors, so many seconds ago."""
    path = tmp_path / "refused"
    monkeypatch.setenv("SPARKK8S_REFUSED", str(path))

    def write(text: str, ago_s: float = 0) -> None:
        path.write_text(text)
        os.utime(path, (time.time() - ago_s,) * 2)

    return write


async def ask(port: int, key: str = "key") -> asking.Gauge | None:
    transport = DirectTransport()
    await transport.start("127.0.0.1")
    return await asking.ask_gauge(transport, port, key)


async def test_it_is_told_to_who_has_the_key(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)):  # says nothing, and others are answered all the same
        assert [await ask(port), await ask(port, "another"), await ask(port)] == [(1 << 30, ""), None, (1 << 30, "")]


async def test_what_refuses_executors_is_told_with_it_while_it_holds(port: int, say: Callable[..., None]) -> None:
    say("maximum memory usage per Container is 4Gi: größer")
    assert await ask(port) == (1 << 30, "maximum memory usage per Container is 4Gi: größer")
    assert await ask(port, "another") is None
    say("maximum memory usage per Container is 4Gi", ago_s=3600)
    assert await ask(port) == (1 << 30, "")


async def test_of_a_long_refusal_the_beginning_is_told(port: int, say: Callable[..., None]) -> None:
    say("ö" * 100_000)
    told = await ask(port)
    assert told is not None
    assert told.refused == "ö" * gauge._LONGEST


async def test_where_nobody_counts_nothing_is_told(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauge, "working_set", lambda: None)
    assert await ask(port) is None


async def test_who_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(asking, "_ANSWER_S", 0.05)
        assert await ask(silent.getsockname()[1]) is None
    assert await ask(1) is None  # nobody listens
