"""Commands and long-lived processes: start, wait for, find again, end. Knows no component."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .layout import MARK, Rig
from .progress import RigError, say, tail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def run(*command: str | Path, check: bool = True, stdin: str | None = None) -> str:
    """Run a short command and return its stdout. Raises RigError with its stderr when it fails and `check` is set."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            dying_with_us("KILL", *words), input=stdin, capture_output=True, text=True, timeout=120, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise RigError(f"`{' '.join(words)}` didn't end within 120 s.", "see what keeps the machine busy.") from late
    if check and done.returncode != 0:
        raise RigError(
            f"`{' '.join(words)}` ended with {done.returncode}:\n    {done.stderr.strip()[-2000:]}",
            "the message above is the tool's own; put right what it names and run the command again.",
        )
    return done.stdout


def work(
    title: str, command: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> None:
    """Run a command that takes minutes, its output in `log`, with a sign of life every 20 s.

    Raises RigError with the end of the log when it fails. The command ends when this process is interrupted.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with log.open("ab") as output:
        child = subprocess.Popen(
            dying_with_us("TERM", *command),
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, cwd=cwd,
        )  # fmt: skip
    try:
        while True:
            try:
                code = child.wait(20)
                break
            except subprocess.TimeoutExpired:
                say(f"{title}: still at it after {time.monotonic() - began:.0f} s")
    except BaseException:
        child.terminate()
        child.wait()
        raise
    if code != 0:
        raise RigError(f"{title} failed (exit code {code}). The end of {log}:\n{tail(log)}", "put right what the log names.")


def dying_with_us(signal_name: str, *command: str | Path) -> list[str]:
    """The command as it runs for this process only: it gets the signal when this one is killed.

    Else it would go on in the cluster's folders while the next start removes them.
    """
    return ["setpriv", "--pdeathsig", signal_name, "--", *(str(word) for word in command)]


def in_cluster(rig: Rig, *command: str | Path) -> list[str]:
    """The command as it runs in the cluster's network namespace. nsenter replaces itself: no process in between."""
    return ["nsenter", f"--net={rig.netns}", "--", *(str(word) for word in command)]


def start(rig: Rig, component: str, *command: str | Path) -> None:
    """Start a component in the cluster's network namespace; it outlives this process.

    Its environment is small on purpose: a proxy variable of the caller would bend the cluster's own traffic.
    """
    log = rig.log(component)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            in_cluster(rig, *command),
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd=rig.state,
            env={"PATH": _PATH, "HOME": str(rig.state), "LANG": "C.UTF-8", MARK: str(rig.state)},
        )  # fmt: skip
    record = rig.state / "run" / f"{component}.json"
    record.parent.mkdir(exist_ok=True)
    record.write_text(json.dumps({"pid": child.pid, "started": _started(child.pid)}))


def kill(rig: Rig, component: str) -> list[str]:
    """Kill one component and wait for its end; the command that starts it again."""
    record = json.loads((rig.state / "run" / f"{component}.json").read_text())
    pid = record["pid"]
    command = Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]
    os.kill(pid, signal.SIGKILL)
    while _started(pid) == record["started"]:
        time.sleep(0.01)
    return command


def dead(rig: Rig) -> list[str]:
    """Components that were started and run no longer. The start time tells a process from a later one with its id."""
    gone = []
    for record in sorted((rig.state / "run").glob("*.json")):
        process = json.loads(record.read_text())
        if process["started"] is None or _started(process["pid"]) != process["started"]:
            gone.append(record.stem)
    return gone


def wait_for(rig: Rig, title: str, true: Callable[[], bool], timeout_s: float, component: str) -> None:
    """Wait until `true()`. Raises RigError as soon as any component has died, or after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not true():
        for name in dead(rig):
            raise RigError(f"{name} ended. The end of {rig.log(name)}:\n{tail(rig.log(name))}", "the log names the cause.")
        if time.monotonic() > deadline:
            raise RigError(
                f"{title}: not within {timeout_s:.0f} s. The end of {rig.log(component)}:\n{tail(rig.log(component))}",
                "read that log; on a slow or busy machine try once more.",
            )
        time.sleep(0.1)
    say(title)


def belonging(rig: Rig) -> Iterator[int]:
    """Every living process of the cluster: those with our mark, and all in the cluster's cgroup (the containers')."""
    mark = f"{MARK}={rig.state}".encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid() or _started(int(entry.name)) is None:
            continue
        try:
            ours = mark in (entry / "environ").read_bytes().split(b"\0")
            ours = ours or f"/{rig.identity}/" in (entry / "cgroup").read_text()
        except OSError:  # it ended meanwhile
            continue
        if ours:
            yield int(entry.name)


def end_all(rig: Rig) -> int:
    """Kill every process of the cluster and wait until none is left; how many there were.

    At once and hard: what they would save is thrown away, and so this path is the same one that follows a crash.
    """
    ended: set[int] = set()
    deadline = time.monotonic() + 20
    while pids := set(belonging(rig)):
        ended |= pids
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise RigError(f"Processes {sorted(pids)} don't end.", "look at them with `ps`; a lost mount can hold them.")
        time.sleep(0.05)
    return len(ended)


def _started(pid: int) -> int | None:
    """A process's start time in clock ticks since boot; None when it is gone or a zombie. Source: proc(5), fields 3 and 22."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])
