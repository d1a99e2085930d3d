"""More output than a notebook usually has: all of it arrives, in order, and memory comes back."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.server import JupyterServer

MB = 1 << 20
MORE_MB = 40  # measured: 4
NO_LIMITS = {f"ZMQChannelsWebsocketConnection.iopub_{what}_rate_limit": 0 for what in ("data", "msg")}


@pytest.fixture(scope="module", params=["direct", "port-forward"])
def opened(
    request: pytest.FixtureRequest, start_server: Callable[..., JupyterServer], cluster: dict[str, Any]
) -> Iterator[Notebook]:
    notebook = Notebook(start_server(access=request.param, session="off", jupyter=NO_LIMITS))
    yield notebook
    notebook.close()


def resident(server: JupyterServer) -> int:
    """Memory of the server's process, in MB."""
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


STREAM = """
import base64, hashlib, random, sys
seen = hashlib.sha256()
for i in range(100):
    text = base64.b64encode(random.Random(i).randbytes(3 << 18)).decode()
    seen.update(text.encode())
    sys.stdout.write(text)
sys.stdout.flush()
print()
print(seen.hexdigest())
"""

BUFFERS = """
import hashlib, random
from comm import create_comm
flood = create_comm(target_name="flood")
for i in range(100):
    data = random.Random(i).randbytes(1 << 20)
    flood.send({"i": i, "hash": hashlib.sha256(data).hexdigest()}, buffers=[data])
"""


SMALL = """
for i in range(10_000):
    display({"text/plain": str(i)}, raw=True)
"""


@pytest.fixture(autouse=True)
def memory(opened: Notebook) -> Iterator[None]:
    """What a flood took is given back, by the server and by the relay in the pod (the pod's first process)."""
    relay = "print(open('/proc/1/status').read().partition('VmRSS:')[2].split()[0])"
    before = resident(opened.server), int(opened.run(relay)) // 1024
    yield
    after = resident(opened.server), int(opened.run(relay)) // 1024
    assert after[0] - before[0] < MORE_MB, f"the server had {before[0]} MB, now {after[0]}"
    assert after[1] - before[1] < MORE_MB, f"the pod's relay had {before[1]} MB, now {after[1]}"


def test_a_hundred_megabytes_of_text(opened: Notebook) -> None:
    text, said, _ = opened.execute(STREAM).stream("stdout").split("\n")
    assert len(text) == 100 * MB
    assert hashlib.sha256(text.encode()).hexdigest() == said


def test_a_hundred_megabytes_of_buffers(opened: Notebook) -> None:
    messages = [message for message in opened.execute(BUFFERS).messages if message["msg_type"] == "comm_msg"]
    assert [message["content"]["data"]["i"] for message in messages] == list(range(100))
    for message in messages:
        (data,) = message["buffers"]
        assert hashlib.sha256(data).hexdigest() == message["content"]["data"]["hash"]


def test_ten_thousand_messages_to_a_reader_who_is_late(opened: Notebook) -> None:
    asked = opened.send("execute_request", {"code": SMALL, "silent": False})
    time.sleep(3)
    shown = [message for message in opened.collect(asked).messages if message["msg_type"] == "display_data"]
    assert [message["content"]["data"]["text/plain"] for message in shown] == [str(i) for i in range(10_000)]
