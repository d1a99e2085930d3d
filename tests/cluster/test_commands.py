"""``jupyter sparkk8s check`` on the real cluster, under the printed Role: green in a prepared namespace, and what it says when
something is taken away. It leaves nothing behind.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from kubernetes import client

from jupyter_sparkk8s.cli.main import main
from tests.cluster.environment import SERVER_ACCOUNT, Namespace, prepared_namespace, server_config
from tests.cluster.rig.claims import make_claim
from tests.cluster.rig.cluster import of_kubeconfig
from tests.cluster.spark_pods import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLAIM = {"name": "data", "mountPath": "/data", "persistentVolumeClaim": {"claimName": "data"}}
# The whole set of lines of a prepared namespace.
GREEN = {
    "configuration",
    "connection",
    "version",
    "TLS",
    "login",
    "rights of the Jupyter server",
    "driver pod",
    "executor pod",
    "quota",
    "claim data",
    "image",
    "volume /data in the driver",
    "volume /data in the executor",
    "rights of the drivers",
    "admission policy",
    "network",
    "rights of executors",
}


@pytest.fixture(scope="module")
def home(cluster: dict[str, Any]) -> Iterator[Namespace]:
    """A prepared namespace with a share that the pods' group may write."""
    found = of_kubeconfig(Path(cluster["kubeconfig"]))
    assert found is not None
    with prepared_namespace() as made:
        make_claim(*found, made.name, "data", owner=(0, 4500), mode=0o2775)
        yield made


@pytest.fixture
def configured(home: Namespace, image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Write the configuration of a server that logs in under the printed Role."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    kubeconfig = str(home.kubeconfig())

    def write(**traits: Any) -> None:
        settings = {"image": image, "kubeconfig": kubeconfig, "volumes": [CLAIM], "supplemental_groups": [4500]}
        text = server_config(home.name, **settings | {"session": "off"} | traits)
        (tmp_path / "jupyter_server_config.py").write_text(text)

    write()
    return write


@pytest.fixture
def check(configured: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> Any:
    """Run it with other settings; its exit code and its lines by name."""

    def run(*options: str, **traits: Any) -> tuple[int, dict[str, dict[str, str]]]:
        configured(**traits)
        code = main(["check", "--json", *options])
        output, errors = capsys.readouterr()
        assert errors == ""
        return code, {line["name"]: line for line in json.loads(output)}

    return run


def nothing_left(home: Namespace) -> None:
    assert home.pods() == []
    until(lambda: not home.secrets("jupyter-sparkk8s/role"), "the Secret of the check is gone")


def test_a_prepared_namespace_is_green_and_left_as_it_was(check: Any, home: Namespace) -> None:
    code, lines = check()
    verdicts = {name: line["verdict"] for name, line in lines.items()}
    assert verdicts == dict.fromkeys(GREEN, "ok") | {"network policy": "unknown"}, lines
    assert code == 0
    assert lines["login"]["said"] == f"system:serviceaccount:{home.name}:{SERVER_ACCOUNT}"
    assert "pyspark 4." in lines["image"]["said"]
    assert lines["volume /data in the executor"]["said"] == "can be written"
    nothing_left(home)


def test_what_the_settings_get_wrong(check: Any, home: Namespace) -> None:
    gone = {**CLAIM, "persistentVolumeClaim": {"claimName": "gone"}}
    code, lines = check(volumes=[gone], executor_pod_extra={"spec": {"hostNetwork": True}})
    assert code == 1
    assert (lines["claim gone"]["verdict"], lines["claim gone"]["said"]) == ("wrong", "does not exist.")
    assert "violates PodSecurity" in lines["executor pod"]["said"]
    assert lines["driver pod"]["verdict"] == "ok"
    code, lines = check(kubeconfig="", context="nowhere")
    assert (code, [line["verdict"] for line in lines.values()]) == (1, ["wrong"])
    nothing_left(home)


def test_rights_and_accounts_that_are_taken_away(check: Any, home: Namespace) -> None:
    rbac = client.RbacAuthorizationV1Api()
    roles = {name: rbac.read_namespaced_role(name, home.name) for name in (SERVER_ACCOUNT, "spark-driver")}
    whole = {name: role.rules for name, role in roles.items()}

    def grant(name: str, rules: list[Any]) -> None:
        rbac.patch_namespaced_role(name, home.name, {"rules": home.api_client.sanitize_for_serialization(rules)})

    grant(SERVER_ACCOUNT, [rule for rule in whole[SERVER_ACCOUNT] if rule.resources != ["pods/log"]])
    code, lines = until(lambda: (found := check("--no-pods"))[0] and found, "the right is gone")
    assert lines["rights of the Jupyter server"]["said"] == f"may not get pods/log in namespace {home.name}."
    assert f"jupyter sparkk8s rbac --namespace {home.name}" in lines["rights of the Jupyter server"]["next_step"]
    grant(SERVER_ACCOUNT, whole[SERVER_ACCOUNT])
    until(lambda: check("--no-pods")[0] == 0, "the right is there again")

    grant("spark-driver", [rule for rule in whole["spark-driver"] if rule.resources != ["configmaps"]])
    code, lines = check()
    assert code == 1
    refused = f"may not create configmaps, deletecollection configmaps in namespace {home.name}."
    assert lines["rights of the drivers"]["said"] == refused
    assert [name for name, line in lines.items() if line["verdict"] == "wrong"] == ["rights of the drivers"]
    grant("spark-driver", whole["spark-driver"])

    home.core.delete_namespaced_service_account("spark-executor", home.name)
    code, lines = until(lambda: (found := check("--no-pods"))[0] and found, "the account is gone")
    assert "spark-executor" in lines["executor pod"]["said"]
    assert "jupyter sparkk8s rbac" in lines["executor pod"]["next_step"]
    home.core.create_namespaced_service_account(home.name, {"metadata": {"name": "spark-executor"}})
    nothing_left(home)


def test_an_image_without_python(check: Any, home: Namespace, cluster: dict[str, Any]) -> None:
    code, lines = check(image=cluster["images"]["pause"])
    assert code == 1
    assert "no python3" in lines["driver pod's start"]["said"]
    nothing_left(home)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_nothing(configured: Callable[..., None], home: Namespace, number: int) -> None:
    configured(driver_cpu="900", unschedulable_grace_s=600)  # its pod waits for a node
    command = [sys.executable, "-m", "jupyter_sparkk8s.cli.main", "check"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        try:
            until(home.pods, "the test pod is there")
            process.send_signal(number)
            output, errors = process.communicate(timeout=60)
        finally:
            process.kill()  # one that does not end fails this test alone
    assert process.returncode == 1
    assert "wrong" not in output
    assert errors == "jupyter sparkk8s check: Interrupted.\n"
    nothing_left(home)
