"""``jupyter sparkk8s ls`` and ``prune`` on the real cluster, under the printed Role. The pods are those of kernels in all but
that no node takes them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_sparkk8s.cli.main import main
from jupyter_sparkk8s.config.identity import ServerIdentity
from tests.cluster.environment import Namespace, prepared_namespace, server_config
from tests.cluster.spark_pods import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def home() -> Iterator[Namespace]:
    with prepared_namespace() as made:
        yield made


@pytest.fixture
def make(home: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Make a kernel's pod, or an executor's that ``owner`` owns; its uid."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    text = server_config(home.name, "any", kubeconfig=str(home.kubeconfig()))
    (tmp_path / "jupyter_server_config.py").write_text(text)

    def one(name: str, server: str, role: str = "driver", owner: str = "") -> str:
        labels = {"app.kubernetes.io/managed-by": "jupyter-sparkk8s"}
        labels |= {f"jupyter-sparkk8s/{key}": value for key, value in (("role", role), ("server", server), ("kernel-id", name))}
        about: dict[str, Any] = {"name": name, "labels": labels, "annotations": {"jupyter-sparkk8s/username": "Anna B."}}
        if owner:
            about["ownerReferences"] = [{"apiVersion": "v1", "kind": "Pod", "name": "of-me", "uid": owner}]
        security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        spec = {
            "nodeSelector": {"no-node": "has-this"},
            "securityContext": {"runAsNonRoot": True, "runAsUser": 185, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{"name": role, "image": "any", "securityContext": security}],
        }
        return str(home.core.create_namespaced_pod(home.name, {"metadata": about, "spec": spec}).metadata.uid)

    return one


def names(home: Namespace) -> set[str]:
    return {pod["metadata"]["name"] for pod in home.pods() if "deletionTimestamp" not in pod["metadata"]}


def test_ls_and_prune(make: Callable[..., str], home: Namespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*argv: str) -> Any:
        assert main(argv) == 0
        output, errors = capsys.readouterr()
        assert errors == ""
        return json.loads(output) if "--json" in argv else output

    living, ended = ServerIdentity(), ServerIdentity()
    mine, theirs = living.acquire(), ended.acquire()
    ended.release()
    uid = make("of-me", mine)
    make("executor-of-me", mine, "executor", uid)
    make("orphan", theirs)
    make("unknown", "elsewhere")

    found = {kernel["pod"]: kernel for kernel in run("ls", "--json")}
    assert set(found) == {"of-me", "orphan", "unknown"}
    assert {key: found["of-me"][key] for key in ("owner", "server", "phase", "executors", "executors_total")} == {
        "owner": "Anna B.",
        "server": mine,
        "phase": "Pending",
        "executors": 0,
        "executors_total": 1,
    }
    text = run("ls")
    assert text.splitlines()[0].split() == ["NAMESPACE", "POD", "OWNER", "PHASE", "AGE", "EXECUTORS", "SERVER", "KERNEL"]
    assert "0/1" in text

    text = run("prune")
    assert f"its Jupyter server {theirs} has ended and did not come back" in text
    assert "Would delete 1 pod: run it again with --yes." in text
    assert "elsewhere" in text.splitlines()[-1]
    assert names(home) == {"of-me", "executor-of-me", "orphan", "unknown"}

    (deleted,) = run("prune", "--yes", "--json")
    assert (deleted["pod"], deleted["deleted"]) == ("orphan", True)
    until(lambda: names(home) == {"of-me", "executor-of-me", "unknown"}, "the orphan is gone")
    # A server that comes back still finds its id: what it has elsewhere is known by that alone.
    assert (tmp_path / "sparkk8s" / "servers" / f"{theirs}.lock").exists()

    assert "Deleted 1 of 1 pod." in run("prune", "--yes", "--server", mine)
    until(lambda: names(home) == {"unknown"}, "what was asked for is gone, executors with it")
    assert "Nothing is left over." in run("prune")
    living.release()


def test_all_namespaces_is_more_than_the_printed_role(make: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ls", "--all-namespaces"]) == 1
    errors = capsys.readouterr().err
    assert "may not list the pods of all namespaces" in errors
    assert errors.count("\n") == 1
