"""How fast a Jupyter server answers ``/api/status``, asked by a process of its own: what the measurement itself does must not
delay it.
"""

from __future__ import annotations

import http.client
import multiprocessing
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from tests.support.server import JupyterServer

PAUSE_S = 0.02
_spawn = multiprocessing.get_context("spawn")


class Seconds(list[float]):
    """What each request took, in seconds; filled when the asking ends."""


@contextmanager
def asked(*servers: JupyterServer) -> Iterator[list[Seconds]]:
    """Ask the servers in turn, as long as the block lasts. What each took is there after it."""
    found = [Seconds() for _ in servers]
    ours, theirs = _spawn.Pipe()
    process = _spawn.Process(target=_ask, args=(theirs, [(server.port, server.token) for server in servers]))
    process.start()
    theirs.close()
    try:
        ours.recv()  # it is up and asks
        yield found
        ours.send(None)
        for seconds, answer in zip(found, ours.recv(), strict=True):
            seconds.extend(answer)
    finally:
        process.terminate()
        process.join()


def _ask(pipe: Connection[Any, Any], places: list[tuple[int, str]]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group, and this process is ended by its parent
    connections = [(http.client.HTTPConnection("127.0.0.1", port, timeout=60), token) for port, token in places]
    seconds: list[list[float]] = [[] for _ in connections]
    pipe.send(None)
    while not pipe.poll(PAUSE_S):
        for found, (connection, token) in zip(seconds, connections, strict=True):
            begun = time.perf_counter()
            connection.request("GET", "/api/status", headers={"Authorization": f"token {token}"})
            response = connection.getresponse()
            response.read()
            found.append(time.perf_counter() - begun)
            assert response.status == 200, response.status
    pipe.recv()
    pipe.send(seconds)
