"""The pod's end runs as plain files under a bare interpreter, of any Python since 3.8: no package, no site-packages."""

from __future__ import annotations

import ast
import asyncio
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from jupyter_sparkk8s.relay import pod_files
from jupyter_sparkk8s.relay.client import RelayClient

from .relay_rig import TOKEN, ask, target

if TYPE_CHECKING:
    from pathlib import Path

# As the pod's first process does it: listen before anything is imported.
START = """
import socket, sys
sock = socket.create_server(("127.0.0.1", 0))
print(sock.getsockname()[1], flush=True)
sys.path.insert(0, sys.argv[1])
from carried.pod import run
run(sock, sys.stdin.readline().strip(), range(1, 65536))
"""


@pytest.mark.parametrize("name", list(pod_files()))
def test_the_text_is_python_3_8_and_imports_nothing_but_the_standard_library(name: str) -> None:
    tree = ast.parse(pod_files()[name], feature_version=(3, 8))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert all(alias.name.split(".")[0] in sys.stdlib_module_names for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            assert (node.module or "").split(".")[0] in sys.stdlib_module_names
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 1
            assert f"{node.module}.py" in pod_files()


# SPARKK8S_TEST_PYTHONS: further interpreters (paths, separated by colons), for instance the oldest that is supported.
@pytest.mark.parametrize("python", [sys.executable, *filter(None, os.environ.get("SPARKK8S_TEST_PYTHONS", "").split(":"))])
async def test_it_runs_from_a_folder_under_a_bare_interpreter(python: str, tmp_path: Path) -> None:
    (tmp_path / "carried").mkdir()
    for name, text in pod_files().items():
        (tmp_path / "carried" / name).write_text(text)
    process = await asyncio.create_subprocess_exec(
        python, "-I", "-S", "-W", "error", "-c", START, str(tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(f"{TOKEN}\n".encode())
        at = int(await process.stdout.readline())
        client = RelayClient(
            lambda factory: asyncio.get_running_loop().create_connection(factory, "127.0.0.1", at), TOKEN, "a bare pod"
        )
        # Connected before the relay is imported: the backlog holds the stream, and one attempt is enough.
        await client.start(timeout_s=0)
        async with target() as port:
            load = os.urandom(3_000_000)
            assert await ask(await client.forward(port), load[:1000]) == load[:1000]
            assert await asyncio.wait_for(ask(await client.forward(port), load), 5) == load
            await client.stop()
    finally:
        process.kill()
        await process.communicate()
