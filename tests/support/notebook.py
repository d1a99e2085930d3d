"""A notebook on a server: a session and its kernel's websocket, as JupyterLab has them."""

from __future__ import annotations

import itertools
import json
import struct
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import websocket

if TYPE_CHECKING:
    from collections.abc import Callable

    from .server import JupyterServer

Message = dict[str, Any]
PROTOCOL = "v1.kernel.websocket.jupyter.org"  # what JupyterLab speaks
PATIENCE_S = 20  # the server hangs up on a client that does not answer its ping within 30 s


@dataclass
class Result:
    """What one cell gave: its reply and all messages that belong to it."""

    reply: Message
    messages: list[Message] = field(default_factory=list)

    def stream(self, name: str) -> str:
        """Text of stdout or stderr."""
        found = [m["content"]["text"] for m in self.messages if m["msg_type"] == "stream" and m["content"]["name"] == name]
        return "".join(found)

    @property
    def error(self) -> str:
        """The error of the cell as text; empty where there was none."""
        content = self.reply["content"]
        return "" if content["status"] == "ok" else f"{content.get('ename')}: {content.get('evalue')}"

    def data(self, mime: str = "text/plain") -> str:
        """The last displayed or returned value."""
        found = [m["content"]["data"] for m in self.messages if m["msg_type"] in ("execute_result", "display_data")]
        return str(next((data[mime] for data in reversed(found) if mime in data), ""))


def packed(message: Message) -> bytes:
    """A message as the websocket carries it: the count and the offsets of its parts, 8 bytes each, then they."""
    parts = [message["channel"].encode()]
    parts += [json.dumps(message[name]).encode() for name in ("header", "parent_header", "metadata", "content")]
    parts += message["buffers"]
    ends = itertools.accumulate(map(len, parts), initial=8 * (len(parts) + 2))
    return b"".join([struct.pack(f"<{len(parts) + 2}Q", len(parts) + 1, *ends), *parts])


def unpacked(data: bytes) -> Message:
    """The reverse of ``packed``."""
    (count,) = struct.unpack_from("<Q", data)
    offsets = struct.unpack_from(f"<{count}Q", data, 8)
    channel, header, parent, metadata, content, *buffers = (data[begin:end] for begin, end in itertools.pairwise(offsets))
    named = {"header": header, "parent_header": parent, "metadata": metadata, "content": content}
    message: Message = {name: json.loads(part) for name, part in named.items()}
    return message | {"channel": channel.decode(), "msg_type": message["header"]["msg_type"], "buffers": buffers}


class Notebook:
    """Opened with a session of its own; ``close()`` shuts the kernel down."""

    def __init__(self, server: JupyterServer, kernel: str = "spark-k8s", name: str = "", kernel_id: str = "") -> None:
        """A new kernel, or the one of ``kernel_id``."""
        self.server = server
        path = name or f"{uuid.uuid4().hex[:8]}.ipynb"
        wanted = {"id": kernel_id} if kernel_id else {"name": kernel}
        body = {"path": path, "name": path, "type": "notebook", "kernel": wanted}
        self.session = server.post("api/sessions", body, timeout_s=300)
        self.kernel_id: str = self.session["kernel"]["id"]
        self.client_session = uuid.uuid4().hex
        self._kept: dict[str | None, list[Message]] = {}
        self._used_at = time.monotonic()
        self.socket = self.connect()

    def connect(self) -> websocket.WebSocket:
        """A websocket to the kernel's channels."""
        url = f"{self.server.url.replace('http', 'ws', 1)}api/kernels/{self.kernel_id}/channels"
        header = [f"Authorization: token {self.server.token}"]
        url += f"?session_id={self.client_session}"
        return websocket.create_connection(url, header=header, subprotocols=[PROTOCOL], timeout=120)

    def send(self, msg_type: str, content: Message, channel: str = "shell") -> str:
        """Send a request; its message id. A connection that was left alone is made anew: nobody has answered its pings."""
        if time.monotonic() - self._used_at > PATIENCE_S:
            self.socket.close()
            self.socket = self.connect()
        self._used_at = time.monotonic()
        msg_id = uuid.uuid4().hex
        header = {"msg_id": msg_id, "msg_type": msg_type, "session": self.client_session, "username": "t", "version": "5.3"}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": channel, "buffers": []}
        self.socket.send_binary(packed(message))
        return msg_id

    def receive(self, timeout_s: float = 60) -> Message:
        """The next message. Raises AssertionError after ``timeout_s`` without one: the server's pings don't count."""
        until = time.monotonic() + timeout_s
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                kind, data = self.socket.recv_data(control_frame=True)
            except websocket.WebSocketTimeoutException:
                break
            self._used_at = time.monotonic()
            if kind == websocket.ABNF.OPCODE_BINARY:
                return unpacked(data)
        raise AssertionError(f"no message within {timeout_s:.0f} s")

    def request(self, msg_type: str, content: Message, channel: str = "shell", timeout_s: float = 60) -> Message:
        """Send a request and return its reply."""
        return self.collect(self.send(msg_type, content, channel), timeout_s=timeout_s).reply

    def execute(
        self, code: str, timeout_s: float = 120, on_message: Callable[[Message], None] | None = None, stdin: bool = False
    ) -> Result:
        """Run a cell and return when its reply and its idle status are both there."""
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": stdin, "user_expressions": {}}
        return self.collect(self.send("execute_request", content), timeout_s, on_message)

    def collect(self, msg_id: str, timeout_s: float = 120, on_message: Callable[[Message], None] | None = None) -> Result:
        """All messages that answer ``msg_id``, until reply and idle; those of other requests are kept for their turn."""
        kept = self._kept.pop(msg_id, [])
        until, result, idle = time.monotonic() + timeout_s, Result({}), False
        while not (result.reply and idle):
            left = until - time.monotonic()
            if left <= 0:
                raise AssertionError(f"no end within {timeout_s} s; so far: {result}")
            message = kept.pop(0) if kept else self.receive(left)
            parent = message["parent_header"].get("msg_id")
            if parent != msg_id:
                self._kept.setdefault(parent, []).append(message)
                continue
            result.messages.append(message)
            if on_message is not None:
                on_message(message)
            if message["channel"] in ("shell", "control") and message["msg_type"].endswith("_reply"):
                result.reply = message
            idle = idle or (message["msg_type"] == "status" and message["content"]["execution_state"] == "idle")
        return result

    def run(self, code: str, timeout_s: float = 120) -> str:
        """Run a cell; its stdout. Raises AssertionError with the traceback for an error in the cell."""
        result = self.execute(code, timeout_s)
        if result.error:
            raise AssertionError("\n".join(result.reply["content"].get("traceback", [result.error])))
        return result.stream("stdout")

    @property
    def state(self) -> str:
        """What the server's model of the kernel says that it does."""
        return str(self.server.get(f"api/kernels/{self.kernel_id}")["execution_state"])

    def reconnect(self) -> None:
        """Connect anew under the same session id, as JupyterLab does when its connection ends or the kernel restarts."""
        self.socket.close()
        self.socket = self.connect()

    def restart(self) -> None:
        """Restart the kernel and connect anew under the same session id, as JupyterLab's button does."""
        self.server.post(f"api/kernels/{self.kernel_id}/restart")
        self.reconnect()

    def close(self) -> None:
        """Shut the kernel down."""
        self.socket.close()
        self.server.delete(f"api/sessions/{self.session['id']}")
