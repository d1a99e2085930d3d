"""When a driver counts as left alone."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from jupyter_sparkk8s.spark.launch_files import lease


def test_connections_of_other_hosts_are_counted_and_nothing_else() -> None:
    with socket.create_server(("127.0.0.2", 0)) as listener:
        port = listener.getsockname()[1]
        assert lease.connections({port}) == 0
        with socket.create_connection(("127.0.0.2", port), source_address=("127.0.0.2", 0)), listener.accept()[0]:
            assert lease.connections({port}) == 0
        with socket.create_connection(("127.0.0.2", port), source_address=("127.0.0.1", 0)), listener.accept()[0]:
            assert lease.connections({port}) == 1
            assert lease.connections({port + 1}) == 0


@pytest.mark.parametrize("used_by", ["a client", "a cell"])
def test_it_waits_while_there_is_a_client_or_a_cell_and_from_then_on_for_its_whole_time(used_by: str) -> None:
    used = threading.Event()
    used.set()
    ended = threading.Event()

    def watch() -> None:
        client, cell = (used.is_set if used_by == kind else (lambda: False) for kind in ("a client", "a cell"))
        lease.wait_until_alone(0.08, client, cell)
        ended.set()

    threading.Thread(target=watch).start()
    assert not ended.wait(0.2)
    used.clear()
    begun = time.monotonic()
    assert ended.wait(5)
    assert time.monotonic() - begun >= 0.05
