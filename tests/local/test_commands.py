"""``jupyter sparkk8s`` as a program, where no cluster answers: one sentence, exit code 1, and never a traceback."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

VERBS = (["ls"], ["prune", "--yes"], ["check"], ["check", "--json"])


def kubeconfig(server: str) -> str:
    login = {"clusters": [{"name": "c", "cluster": {"server": server}}], "users": [{"name": "u", "user": {"token": "t"}}]}
    context = {"contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}], "current-context": "c"}
    return yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **login, **context})


def silent_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No Kubernetes cluster is configured"),
        ("clusters: [", "No Kubernetes cluster is configured"),
        ("just words", "No Kubernetes cluster is configured"),
        ("{closed}", "can't be reached"),
    ],
    ids=["no file", "half a file", "no kubeconfig", "nobody listens"],
)
def test_without_a_cluster(tmp_path: Path, verb: list[str], content: str | None, said: str) -> None:
    if content is not None:
        text = kubeconfig(f"https://127.0.0.1:{silent_port()}") if content == "{closed}" else content
        (tmp_path / "kubeconfig").write_text(text)
    (tmp_path / "jupyter_sparkk8s_config.py").write_text("c.SparkK8s.image = 'x'\n")
    environ = {name: value for name, value in os.environ.items() if name != "JUPYTER_CONFIG_PATH"}
    environ |= {
        "JUPYTER_CONFIG_DIR": str(tmp_path),
        "JUPYTER_DATA_DIR": str(tmp_path),
        "KUBECONFIG": str(tmp_path / "kubeconfig"),
    }
    command = [sys.executable, "-m", "jupyter_sparkk8s.cli.main", *verb]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1, done
    assert "Traceback" not in done.stdout + done.stderr
    if verb[0] == "check":
        assert done.stderr == ""
        assert said in done.stdout
    else:
        assert done.stdout == ""
        assert done.stderr.startswith(f"jupyter sparkk8s {verb[0]}: ")
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
    if "--json" in verb:
        assert json.loads(done.stdout)[-1]["verdict"] == "wrong"
