"""The local backend by itself, as clients without a server drive it: each call on an event loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import zmq
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.session import Session

from jupyter_sparkk8s.backends.base import LaunchRequest
from jupyter_sparkk8s.backends.connection import ports_of
from jupyter_sparkk8s.backends.local import LocalBackend, LocalDriver
from jupyter_sparkk8s.backends.local_home import LocalHome
from jupyter_sparkk8s.config.traits import SparkK8s
from jupyter_sparkk8s.errors import ConfigurationError, LaunchError
from tests.local.processes import assert_gone, private_directories, running_in

if TYPE_CHECKING:
    from collections.abc import Iterator


def driver(settings: dict[str, Any] | None = None, **request: Any) -> LocalDriver:
    backend = LocalBackend(SparkK8s(session="off", **(settings or {})))
    return backend.driver(LaunchRequest(str(uuid.uuid4()), key=b"k" * 32, signature_scheme="hmac-sha256", **request))


@pytest.fixture
def started() -> Iterator[LocalDriver]:
    one = driver()
    asyncio.run(one.start())
    yield one
    asyncio.run(one.close())


def ask(info: dict[str, Any], code: str, timeout_s: float = 10) -> str:
    """What a cell prints, through jupyter_client's own channels. Raises RuntimeError where the kernel never answers."""
    client = BlockingKernelClient()
    client.load_connection_info(info)  # type: ignore[arg-type]
    client.start_channels()
    try:
        client.wait_for_ready(timeout=timeout_s)
        printed: list[str] = []
        client.execute_interactive(
            code, timeout=timeout_s, output_hook=lambda message: printed.append(message["content"].get("text", ""))
        )
        return "".join(printed)
    finally:
        client.stop_channels()


def answers_in_clear(info: dict[str, Any]) -> bool:
    """Whether the kernel answers one who knows its key but does not encrypt.

    jupyter_client's own client would do, but for one thing: a socket whose peer has just hung up waits in ``send`` for ever.
    """
    session = Session(key=info["key"], signature_scheme=info["signature_scheme"])
    with zmq.Context() as context, context.socket(zmq.DEALER) as shell:
        shell.linger, shell.sndtimeo = 0, 2000
        shell.connect(f"tcp://{info['ip']}:{info['shell_port']}")
        with contextlib.suppress(zmq.Again):
            session.send(shell, "kernel_info_request")
        return bool(shell.poll(2000))


def test_a_kernel_lives_across_event_loops(started: LocalDriver) -> None:
    (directory,) = private_directories(started.kernel_id)
    pid = running_in(directory)
    assert started.poll() is None
    asyncio.run(started.terminate())
    assert asyncio.run(started.wait()) == -15
    asyncio.run(started.close())
    assert_gone(pid, within_s=0)
    assert not directory.exists()
    asyncio.run(started.close())


def test_sockets_are_encrypted_unless_told_otherwise() -> None:
    one = driver()
    info = asyncio.run(one.start())
    try:
        assert ask(info, "print(1 + 1)") == "2\n"
        assert not answers_in_clear(info)
    finally:
        asyncio.run(one.close())
    one = driver({"transport_encryption": "off"})
    info = asyncio.run(one.start())
    try:
        assert not [key for key in info if key.startswith("curve_")]
        assert answers_in_clear(info)
        assert ask(info, "print(1 + 1)") == "2\n"
    finally:
        asyncio.run(one.close())


def test_the_next_launch_avoids_the_ports_of_the_one_before() -> None:
    # Half of all; Linux gives out ports of one parity, so even or odd would prove nothing.
    avoid = frozenset(port for port in range(65536) if port % 4 < 2)
    one = driver(avoid_ports=avoid)
    try:
        assert not ports_of(asyncio.run(one.start())) & avoid
    finally:
        asyncio.run(one.close())


def test_the_working_directory_is_the_notebook_s_or_home(tmp_path: Path) -> None:
    for wanted, found in ((str(tmp_path), tmp_path), (str(tmp_path / "gone"), Path.home())):
        one = driver(cwd=wanted)
        try:
            assert ask(asyncio.run(one.start()), "import os; print(os.getcwd())") == f"{found}\n"
        finally:
            asyncio.run(one.close())


def test_of_the_request_s_environment_only_the_notebook_s_name_arrives() -> None:
    one = driver({"env": {"SURVEY": "{username}"}}, environ={"JPY_SESSION_NAME": "a.ipynb", "EVIL": "1"})
    try:
        said = ask(asyncio.run(one.start()), "import os; print(*map(os.environ.get, ('JPY_SESSION_NAME', 'EVIL', 'SURVEY')))")
        assert said.split()[:2] == ["a.ipynb", "None"]
        assert said.split()[2] not in ("None", "{username}")
    finally:
        asyncio.run(one.close())


async def test_a_start_that_is_cancelled_leaves_nothing() -> None:
    one = driver()
    starting = asyncio.create_task(one.start())
    while not (directories := private_directories(one.kernel_id)) or not (pid := running_in(directories[0])):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert_gone(pid, within_s=0)
    assert not private_directories(one.kernel_id)


def test_killing_takes_what_the_kernel_started_with_it(started: LocalDriver) -> None:
    (directory,) = private_directories(started.kernel_id)
    pid = running_in(directory)
    asyncio.run(started.kill())
    assert asyncio.run(started.wait()) == -9
    assert_gone(pid, within_s=2)


def test_settings_that_cannot_be_right_are_told_before_anything_starts() -> None:
    with pytest.raises(ConfigurationError, match="executor_memory"):
        driver({"executor_memory": "much"})


def test_only_abandoned_directories_of_this_user_are_removed(tmp_path: Path) -> None:
    living = LocalHome("living", tmp_path)
    dead = LocalHome("dead", tmp_path)
    os.close(dead._lock)  # as the end of its server does
    (tmp_path / "sparkk8s-other").mkdir()
    LocalHome("new", tmp_path).remove()
    assert sorted(path.name.rpartition("-")[0] for path in tmp_path.iterdir()) == ["sparkk8s", "sparkk8s-local-living"]
    living.remove()


def test_a_directory_in_the_making_is_not_taken_for_an_abandoned_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = tempfile.mkdtemp
    others: list[LocalHome] = []

    def make_and_launch_another(**where: Any) -> str:
        made: str = make(**where)
        monkeypatch.undo()
        others.append(LocalHome("beside", tmp_path))
        return made

    monkeypatch.setattr(tempfile, "mkdtemp", make_and_launch_another)
    for home in (LocalHome("first", tmp_path), *others):
        assert home.spark.is_dir()
        home.remove()
    assert not list(tmp_path.iterdir())


def test_a_temporary_directory_that_is_full_or_closed_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device", "/tmp")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    one = driver()
    with pytest.raises(LaunchError, match=r"could not be prepared(?s:.*)No space left(?s:.*)TMPDIR"):
        asyncio.run(one.start())
    assert not private_directories(one.kernel_id)


def test_launches_at_the_same_time_get_different_ports() -> None:
    backend = LocalBackend(SparkK8s(session="off"))
    drivers = [backend.driver(LaunchRequest(str(uuid.uuid4()), b"k" * 32, "hmac-sha256")) for _ in range(3)]

    async def start_all() -> list[dict[str, Any]]:
        try:
            return await asyncio.gather(*(each.start() for each in drivers))
        finally:
            await asyncio.gather(*(each.close() for each in drivers))

    infos = asyncio.run(start_all())
    assert len(frozenset().union(*map(ports_of, infos))) == 15
    assert not backend._ports, "given back"
