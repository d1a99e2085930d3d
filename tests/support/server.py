"""A real Jupyter server in a process of its own, with its own configuration and directories."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

START_S = 120.0


class HttpError(AssertionError):
    """The server answered with an error; ``status`` and the parsed ``body``."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"HTTP {status}: {body}")
        self.status, self.body = status, body


class JupyterServer:
    """Start with ``with``; the log is kept in ``folder``/server.log."""

    def __init__(self, folder: Path, config: str, environ: dict[str, str] | None = None, base_url: str = "/") -> None:
        self.folder, self.root = folder, folder / "root"
        self.token = secrets.token_hex(16)
        self.base_url = base_url
        self._config, self._environ = config, environ or {}
        self.process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}{base_url}"

    def __enter__(self) -> JupyterServer:
        for name in ("root", "config", "data", "runtime"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "config" / "jupyter_server_config.py").write_text(self._config)
        environ = {
            **os.environ,
            **self._environ,
            "JUPYTER_CONFIG_DIR": str(self.folder / "config"),
            "JUPYTER_DATA_DIR": str(self.folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.folder / "runtime"),
            "JUPYTER_TOKEN": self.token,
        }
        command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={self.port}"]
        command += ["--ServerApp.port_retries=0", f"--ServerApp.base_url={self.base_url}", "--ip=127.0.0.1"]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.root, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._wait_until_up()
        return self

    def _wait_until_up(self) -> None:
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            assert self.process is not None
            assert self.process.poll() is None, f"the server ended: {self.log()[-2000:]}"
            try:
                self.get("api/status")
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"the server did not come up: {self.log()[-2000:]}")

    def __exit__(self, kind: object, *_exc: object) -> None:
        if kind is not None:
            print(self.log()[-5000:])
        self.stop()

    def stop(self, number: int = signal.SIGTERM, timeout_s: float = 30) -> float:
        """Send a signal and wait for the end; the seconds that it took. One that does not end is killed, and fails the test."""
        assert self.process is not None
        begun = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server did not end within {timeout_s} s: {self.log()[-2000:]}") from None
        return time.monotonic() - begun

    def log(self) -> str:
        """What the server logged."""
        return (self.folder / "server.log").read_text(errors="replace")

    def request(self, method: str, path: str, body: Any = None, timeout_s: float = 120) -> Any:
        """One REST request; the parsed answer. Raises HttpError."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as response:
                text = response.read()
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
            try:
                raise HttpError(error.code, json.loads(text)) from None
            except ValueError:
                raise HttpError(error.code, text.decode(errors="replace")) from None
        return json.loads(text) if text else None

    def get(self, path: str) -> Any:
        """GET."""
        return self.request("GET", path)

    def post(self, path: str, body: Any = None, timeout_s: float = 120) -> Any:
        """POST."""
        return self.request("POST", path, body or {}, timeout_s)

    def delete(self, path: str) -> Any:
        """DELETE."""
        return self.request("DELETE", path)
