"""``jupyter sparkk8s`` as a program: where no cluster answers one sentence, exit code 1 and no traceback; and what it installs
is what a server shows.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml

from tests.support.server import JupyterServer

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


def test_a_server_shows_the_profiles_with_their_icons(tmp_path: Path) -> None:
    (tmp_path / "large.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    profile = {"name": "large", "title": "Spark, large", "icon": str(tmp_path / "large.svg")}
    (tmp_path / "jupyter_sparkk8s_config.py").write_text(f"c.SparkK8s.profiles = [{profile!r}]\n")
    command = [sys.executable, "-m", "jupyter_sparkk8s.cli.main", "install", "--profiles", "--prefix", str(tmp_path)]
    subprocess.run(command, env={**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path)}, check=True, timeout=60)
    folder = tmp_path / "server"
    folder.mkdir()
    with JupyterServer(folder, "c = get_config()\n", {"JUPYTER_PATH": str(tmp_path / "share" / "jupyter")}) as server:
        found = server.get("api/kernelspecs")["kernelspecs"]["spark-k8s-large"]
        assert found["spec"]["display_name"] == "Spark, large"
        assert set(found["resources"]) == {"logo-svg"}
        shown = f"{server.url}{found['resources']['logo-svg'].lstrip('/')}?token={server.token}"
        with urllib.request.urlopen(shown) as answer:
            assert answer.read() == (tmp_path / "large.svg").read_bytes()
