"""Speaks to a Jupyter server as JupyterLab does: REST for sessions and kernels, one websocket for a kernel's channels.
Leaves out widgets' binary buffers and reconnecting.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_client.session import Session
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

if TYPE_CHECKING:
    from collections.abc import Callable

Message = dict[str, Any]


class ServerError(Exception):
    """The server answered with an error. ``status`` is the HTTP status; ``str()`` the server's own message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class JupyterClient:
    """One server's REST API."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"token {token}"}

    async def request(self, method: str, path: str, body: object = None, timeout_s: float = 120) -> Any:
        """The JSON answer, None for an empty one. Raises ServerError for a status that is not 2xx."""
        answer = await AsyncHTTPClient().fetch(
            HTTPRequest(
                f"{self.url}/{path}",
                method=method,
                headers=self._headers,
                body=None if body is None and method in ("GET", "DELETE") else json.dumps(body or {}),
                request_timeout=timeout_s,
            ),
            raise_error=False,
        )
        text = answer.body.decode() if answer.body else ""
        if answer.code >= 300:
            with suppress(json.JSONDecodeError, AttributeError):
                text = json.loads(text).get("message") or text
            raise ServerError(answer.code, text or str(answer.error))
        return json.loads(text) if text else None

    async def start_session(self, notebook: str, kernel: str) -> Message:
        """A new session of ``notebook`` with a kernel of the kernelspec ``kernel``: the model of the API."""
        body = {"path": notebook, "name": notebook, "type": "notebook", "kernel": {"name": kernel}}
        return dict(await self.request("POST", "api/sessions", body, timeout_s=600))

    async def channels(self, kernel_id: str) -> KernelChannels:
        """The websocket of a kernel."""
        session = uuid.uuid4().hex
        url = f"{self.url}/api/kernels/{kernel_id}/channels?session_id={session}".replace("http", "ws", 1)
        socket = await websocket_connect(HTTPRequest(url, headers=self._headers), max_message_size=2**28)
        return KernelChannels(socket, session)


@dataclass
class Execution:
    """What a cell came to: the reply's content, and the messages on iopub in order."""

    reply: Message = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)

    def text(self, stream: str = "stdout") -> str:
        """All that went to ``stream``."""
        written = (m["content"] for m in self.messages if m["msg_type"] == "stream")
        return "".join(content["text"] for content in written if content["name"] == stream)

    def data(self, mime: str) -> list[str]:
        """The displayed data of one MIME type, results included."""
        shown = (m["content"]["data"] for m in self.messages if m["msg_type"] in ("display_data", "execute_result"))
        return [data[mime] for data in shown if mime in data]


class KernelChannels:
    """All channels of one kernel. One request at a time."""

    def __init__(self, socket: WebSocketClientConnection, session: str) -> None:
        self._socket = socket
        self._session = Session(session=session, username="demo")

    async def send(self, channel: str, msg_type: str, content: Message) -> str:
        """Send a message; its id."""
        message = self._session.msg(msg_type, content)
        packed = json.dumps({**message, "channel": channel, "buffers": []}, default=str)
        await self._socket.write_message(packed)
        return str(message["header"]["msg_id"])

    async def receive(self, timeout_s: float) -> Message:
        """The next message from any channel. Raises TimeoutError, and ConnectionError where the socket was closed."""
        frame = await asyncio.wait_for(self._socket.read_message(), timeout_s)
        if frame is None:
            raise ConnectionError("The server closed the kernel's websocket.")
        if isinstance(frame, bytes):
            raise TypeError("Messages with binary buffers are not read here.")
        return dict(json.loads(frame))

    async def ask(self, channel: str, msg_type: str, content: Message | None = None, timeout_s: float = 60) -> Message:
        """The content of the reply to a request, whatever else comes in between."""
        asked = await self.send(channel, msg_type, content or {})
        deadline = time.monotonic() + timeout_s
        while True:
            message = await self.receive(deadline - time.monotonic())
            if message["parent_header"].get("msg_id") == asked and message["msg_type"].endswith("_reply"):
                return dict(message["content"])

    async def execute(
        self, code: str, timeout_s: float = 300, answer: str | None = None, seen: Callable[[Message], None] | None = None
    ) -> Execution:
        """Run a cell until its reply and the kernel's ``idle`` are there. ``answer`` is given to ``input()``; ``seen`` gets
        each message as it comes. Raises TimeoutError after ``timeout_s`` seconds.
        """
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "allow_stdin": answer is not None,
            "stop_on_error": True,
        }
        asked = await self.send("shell", "execute_request", {**content, "user_expressions": {}})
        result, idle = Execution(), False
        deadline = time.monotonic() + timeout_s
        while not (idle and result.reply):
            message = await self.receive(deadline - time.monotonic())
            if message["parent_header"].get("msg_id") != asked:
                continue
            if seen is not None:
                seen(message)
            if message["channel"] == "iopub":
                result.messages.append(message)
                idle = idle or (message["msg_type"] == "status" and message["content"]["execution_state"] == "idle")
            elif message["msg_type"] == "input_request":
                await self.send("stdin", "input_reply", {"value": answer})
            elif message["msg_type"] == "execute_reply":
                result.reply = message["content"]
        return result

    def close(self) -> None:
        """Leave the kernel alone."""
        self._socket.close()
