"""Proof of what the rig promises, on a cluster of its own beside any other: `python3 -m tests.cluster.rig.selfcheck`.

Start, second start, already up, pods on a claim, killed runs, and that nothing is left. Ends with the figures; with
`--empty-cache` on a cache of its own too, which takes as long as the very first start on a machine.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .claims import make_claim
from .cluster import running
from .layout import Rig, from_environment
from .machine import require_root
from .processes import belonging, run

_RIG = (sys.executable, "-m", "tests.cluster.rig")
_CHAIN = "SPARKK8S-BYSTANDER"
FIGURES: dict[str, float] = {}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--empty-cache", action="store_true")
    require_root()
    os.environ["SPARKK8S_CLUSTER_NAME"] = "selfcheck"
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="sparkk8s-cache-") as empty:
        if options.parse_args().empty_cache:
            os.environ.update(XDG_CACHE_HOME=empty, GOCACHE=f"{empty}/go-build")
        try:
            _check(from_environment())
        finally:
            _verb("down")
    for title, seconds in FIGURES.items():
        print(f"{seconds:7.1f} s  {title}")
    return 0


def _check(rig: Rig) -> None:
    _verb("down")
    bystander = subprocess.Popen(["sleep", "86400"], env={"SPARKK8S_RIG": "/var/tmp/sparkk8s-selfcheck-not"})
    run("iptables", "-N", _CHAIN)
    run("iptables", "-A", _CHAIN, "-j", "RETURN")
    try:
        before = _machine(rig)
        _timed("first start", "up")
        _pod_writes_to_its_claim(rig, "first")
        assert _timed("already up", "up") < 3
        _timed("down", "down")
        _nothing_left(rig, before)

        assert _timed("second start", "up") <= 60
        _pod_writes_to_its_claim(rig, "second")
        for pid in _pids_of(rig, containers=False):  # everything but the containers, which live on as orphans
            os.kill(pid, signal.SIGKILL)
        assert _timed("start after all components were killed", "up") <= 60
        _pod_writes_to_its_claim(rig, "third")

        assert "there was nothing to remove" not in _verb("down")
        for seconds in (2, 8):
            _killed_start(seconds)
        _timed("start after a start that was killed", "up")
        os.kill(_component(rig, "kube-scheduler"), signal.SIGKILL)
        assert _timed("start after the scheduler was killed", "up") <= 60
        _verb("down")
        _nothing_left(rig, before)
        assert "there was nothing to remove" in _verb("down")
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
        run("iptables", "-F", _CHAIN)
        run("iptables", "-X", _CHAIN)


def _verb(verb: str) -> str:
    done = subprocess.run([*_RIG, verb], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"`{verb}` ended with {done.returncode}:\n{done.stderr}")
    if verb == "up":
        last = [line.partition("=")[0] for line in done.stdout.splitlines()[-2:]]
        assert last == ["export KUBECONFIG", "export SPARKK8S_TEST_IMAGE"], done.stdout
    return done.stderr


def _timed(title: str, verb: str) -> float:
    began = time.monotonic()
    _verb(verb)
    FIGURES[title] = time.monotonic() - began
    print(f"{title}: {FIGURES[title]:.1f} s", file=sys.stderr)
    return FIGURES[title]


def _killed_start(after_s: float) -> None:
    with subprocess.Popen([*_RIG, "up"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as start:
        time.sleep(after_s)
        start.kill()
        said = start.communicate()[0]
    assert start.returncode == -signal.SIGKILL, f"the start was over before it could be killed:\n{said}"


def _pod_writes_to_its_claim(rig: Rig, text: str) -> None:
    """A pod as uid 185 under `restricted` writes to a claim, through DNS and the API's address by service name too."""
    found, api = running(rig)
    claim = make_claim(rig, api, "selfcheck", "data", owner=(185, 0))
    assert run("stat", "-f", "-c", "%T", claim.folder).strip().startswith("fuse")
    enforce = {"pod-security.kubernetes.io/enforce": "restricted"}
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "selfcheck", "labels": enforce}})
    script = (
        "import pathlib, socket, sys; assert 'fuse.ceph-fuse' in open('/proc/mounts').read();"
        "socket.create_connection((socket.gethostbyname('kubernetes.default.svc'), 443), 5);"
        "pathlib.Path('/data/out').write_text(sys.argv[1])"
    )
    container = {
        "name": "c",
        "image": found["image"],
        "imagePullPolicy": "Never",
        "command": ["python3", "-c", script, text],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    spec = {
        "restartPolicy": "Never",
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
    }
    where = {"namespace": "selfcheck", "name": "writer"}
    deadline = time.monotonic() + 30
    while api.get("/api/v1/namespaces/selfcheck/serviceaccounts/default") is None and time.monotonic() < deadline:
        time.sleep(0.1)
    api.apply({"apiVersion": "v1", "kind": "Pod", "metadata": where, "spec": spec})
    phase = ""
    while phase not in ("Succeeded", "Failed") and time.monotonic() < deadline:
        time.sleep(0.1)
        phase = (api.get("/api/v1/namespaces/selfcheck/pods/writer") or {})["status"]["phase"]
    said = run(found["kubectl"], f"--kubeconfig={rig.kubeconfig}", "-n", "selfcheck", "logs", "writer", check=False)
    assert phase == "Succeeded", f"the pod is {phase}: {said}"
    assert (claim.folder / "out").read_text() == text
    # One that keeps running, so that the end of the cluster meets living containers, mounts and veths.
    container["command"] = ["sleep", "86400"]
    api.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {**where, "name": "sleeper"}, "spec": spec})
    while phase != "Running" and time.monotonic() < deadline:
        time.sleep(0.1)
        phase = (api.get("/api/v1/namespaces/selfcheck/pods/sleeper") or {})["status"]["phase"]
    assert phase == "Running"


def _pids_of(rig: Rig, containers: bool) -> list[int]:
    inside = f"/{rig.identity}/"
    return [pid for pid in belonging(rig) if containers or inside not in Path(f"/proc/{pid}/cgroup").read_text()]


def _component(rig: Rig, name: str) -> int:
    pid: int = json.loads((rig.state / "run" / f"{name}.json").read_text())["pid"]
    return pid


def _machine(rig: Rig) -> dict[str, list[str]]:
    """What a cluster could leave on the machine, without what belongs to other clusters of the rig."""

    def lines(text: str) -> list[str]:
        others = [line for line in text.splitlines() if not line.startswith("#")]
        own = (str(rig.state), str(rig.live), rig.link, rig.identity)
        foreign = ("sparkk8s-", "sk8-", "jupyter-sparkk8s-cluster/live")
        return sorted(line for line in others if any(it in line for it in own) or not any(it in line for it in foreign))

    return {
        "iptables": lines(run("iptables-save")),
        "ip6tables": lines(run("ip6tables-save")),
        "links": lines(run("ip", "-o", "-br", "link")),
        "routes": lines(run("ip", "route", "show", "table", "all")),
        "mounts": lines(Path("/proc/self/mounts").read_text()),
        "ip_forward": lines(Path("/proc/sys/net/ipv4/ip_forward").read_text()),
        "cgroups": [str(path) for path in Path("/sys/fs/cgroup").glob(f"**/{rig.identity}")],
        "folders": [str(path) for path in (rig.state, rig.live) if path.exists()],
        "links to logs": [str(link) for link in Path("/var/log/containers").glob("*") if rig.identity in str(link.readlink())],
    }


def _nothing_left(rig: Rig, before: dict[str, list[str]]) -> None:
    assert not _pids_of(rig, containers=True), "processes are left"
    after = _machine(rig)
    for what, was in before.items():
        assert after[what] == was, f"{what} before:\n{was}\nand after:\n{after[what]}"


if __name__ == "__main__":
    sys.exit(main())
