"""The administrator's command: what it prints can be applied, its exit codes mean something, its errors are one text."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from jupyter_sparkk8s import __version__
from jupyter_sparkk8s.cli.main import VERBS, main

from .pod_security import violations

CHECKOUT = Path(__file__).resolve().parents[2]
# What Spark 4.3's driver asks for in client mode, seen in its requests; creating claims is for OnDemand volumes alone.
SPARK_ASKS = {
    "pods": {"get", "list", "watch", "create", "delete", "patch", "deletecollection"},
    "configmaps": {"create", "deletecollection"},
    "services": {"deletecollection"},
    "persistentvolumeclaims": {"list", "deletecollection"},
}
# What this package's own requests are; a port-forward is a GET for clients and a "create" for Kubernetes >= 1.35.
SERVER_ASKS = {
    "pods": {"create", "delete", "get", "list", "watch"},
    "pods/log": {"get"},
    "pods/portforward": {"create", "get"},
    "secrets": {"create"},
    "events": {"list", "watch"},
    "persistentvolumeclaims": {"get"},
}


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that an administrator writes; nothing of this machine's."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.delenv("JUPYTER_CONFIG_PATH", raising=False)
    monkeypatch.setenv("JUPYTERHUB_USER", "anna")
    return tmp_path / "jupyter_sparkk8s_config.py"


def printed(capsys: pytest.CaptureFixture[str], *argv: str) -> list[Any]:
    assert main(argv) == 0
    output, errors = capsys.readouterr()
    assert errors == ""
    return json.loads(output) if "--json" in argv else list(yaml.safe_load_all(output))


def _account(name: str, **more: object) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "stars"}, **more}


def _binding(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": "stars"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "stars"}],
    }


class TestRbac:
    def test_accounts_and_bindings(self, capsys: pytest.CaptureFixture[str]) -> None:
        found = printed(capsys, "rbac", "--namespace", "stars")
        assert [item for item in found if item["kind"] != "Role"] == [
            _account("jupyter-sparkk8s"),
            _account("spark-driver"),
            _account("spark-executor", automountServiceAccountToken=False),
            _binding("jupyter-sparkk8s"),
            _binding("spark-driver"),
        ]

    def test_roles_grant_what_is_asked_for_and_no_more(self, capsys: pytest.CaptureFixture[str]) -> None:
        roles = [item for item in printed(capsys, "rbac", "--namespace", "stars") if item["kind"] == "Role"]
        assert [role["metadata"] for role in roles] == [
            {"name": name, "namespace": "stars"} for name in ("jupyter-sparkk8s", "spark-driver")
        ]
        for role, asked in zip(roles, (SERVER_ASKS, SPARK_ASKS), strict=True):
            assert role["apiVersion"] == "rbac.authorization.k8s.io/v1"
            granted: dict[str, set[str]] = {}
            for rule in role["rules"]:
                assert set(rule) == {"apiGroups", "resources", "verbs"}
                assert rule["apiGroups"] == [""]
                for resource in rule["resources"]:
                    assert resource not in granted
                    granted[resource] = set(rule["verbs"])
            assert granted == asked

    def test_names_from_the_configuration(self, capsys: pytest.CaptureFixture[str], config: Path) -> None:
        config.write_text("c.SparkK8s.driver_service_account = 'd'\nc.SparkK8s.executor_service_account = 'e'\n")
        found = printed(capsys, "rbac", "--namespace", "stars", "--server-account", "hub")
        assert [(item["kind"], item["metadata"]["name"]) for item in found] == [
            ("ServiceAccount", "hub"),
            ("ServiceAccount", "d"),
            ("ServiceAccount", "e"),
            ("Role", "hub"),
            ("RoleBinding", "hub"),
            ("Role", "d"),
            ("RoleBinding", "d"),
        ]


class TestManifest:
    @pytest.mark.parametrize("access", ["direct", "port-forward"])
    def test_what_it_prints_is_a_whole_launch(self, capsys: pytest.CaptureFixture[str], config: Path, access: str) -> None:
        config.write_text(f"c.SparkK8s.image = 'spark:4.3'\nc.SparkK8s.namespace = 'stars'\nc.SparkK8s.access = {access!r}\n")
        pod, secret = printed(capsys, "manifest")
        assert (pod["kind"], secret["kind"]) == ("Pod", "Secret")
        assert pod["metadata"]["name"] == secret["metadata"]["name"]
        assert pod["metadata"]["name"].startswith("spark-anna-")
        assert violations(pod) == []
        items = pod["spec"]["volumes"][0]["secret"]["items"]
        assert {item["key"] for item in items} == set(secret["stringData"])
        assert secret["metadata"]["ownerReferences"] == [
            {"apiVersion": "v1", "kind": "Pod", "name": pod["metadata"]["name"], "uid": "(the pod's uid)"}
        ]
        connection = json.loads(secret["stringData"]["connection.json"])
        assert connection["ip"] == ("127.0.0.1" if access == "port-forward" else "0.0.0.0")
        made = {connection["key"], connection["curve_publickey"], connection["curve_secretkey"]}
        assert made | {secret["stringData"]["spark.secret"]} == {"(made at launch)"}
        assert (secret["stringData"].get("relay.token") == "(made at launch)") is (access == "port-forward")

    def test_json_says_the_same(self, capsys: pytest.CaptureFixture[str], config: Path) -> None:
        config.write_text("c.SparkK8s.image = 'spark:4.3'\n")

        def plain(found: list[Any]) -> str:
            text = json.dumps(found, sort_keys=True)
            for kernel_id in set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", text)):
                text = text.replace(kernel_id, "KERNEL").replace(kernel_id[:8], "KERNEL")
            return re.sub(r'_port\\": \d+', '_port\\": 0', text)

        assert plain(printed(capsys, "manifest", "--json")) == plain(printed(capsys, "manifest"))

    def test_a_profile_and_another_user(self, capsys: pytest.CaptureFixture[str], config: Path) -> None:
        config.write_text("c.SparkK8s.profiles = [{'name': 'large', 'image': 'spark:large', 'driver_memory': '8Gi'}]\n")
        pod, _ = printed(capsys, "manifest", "--profile", "large", "--user", "Bob: {x}\n")
        container = pod["spec"]["containers"][0]
        assert (container["image"], container["resources"]["limits"]["memory"]) == ("spark:large", "8192Mi")
        assert pod["metadata"]["annotations"]["jupyter-sparkk8s/username"] == "Bob: {x}\n"


@pytest.mark.parametrize(
    ("text", "argv", "said"),
    [
        (
            "",
            ["manifest"],
            "c.SparkK8s.image is not set. Name an image with Python, ipykernel, pyspark and Java in jupyter_server_config.py, ",
        ),
        (
            "c.SparkK8s.image = 'x'",
            ["manifest", "--profile", "huge"],
            "There is no profile 'huge' in c.SparkK8s.profiles; the profiles are: none.",
        ),
        (
            "c.SparkK8s.driver_memory = 4",
            ["manifest"],
            "c.SparkK8s.driver_memory = 4 is wrong; right would be a text such as '4Gi'.",
        ),
        (
            "c.SparkK8s.driver_memory = 4",
            ["rbac", "--namespace", "n"],
            "c.SparkK8s.driver_memory = 4 is wrong; right would be a text such as '4Gi'.",
        ),
    ],
)
def test_an_error_is_one_text_and_exit_code_1(
    capsys: pytest.CaptureFixture[str], config: Path, text: str, argv: list[str], said: str
) -> None:
    config.write_text(text)
    assert main(argv) == 1
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith(f"jupyter sparkk8s {argv[0]}: {said}")
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["rbac"],
        ["no-such-verb"],
        ["rbac", "--namespace"],
        ["manifest", "--what"],
        ["ls", "--namespace", "n", "--all-namespaces"],
    ],
)
def test_wrong_usage_is_exit_code_2(capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2
    assert "usage: jupyter sparkk8s" in capsys.readouterr().err


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (["--help"], *([verb, "--help"] for verb in VERBS), ["--version"]):
        with pytest.raises(SystemExit) as caught:
            main(argv)
        assert caught.value.code == 0
    assert capsys.readouterr().out.endswith(f"{__version__}\n")


def test_a_reader_that_has_seen_enough() -> None:
    """`… | head -1` is no error, and no traceback."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"} | {"PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "jupyter_sparkk8s.cli.main", "rbac", "--namespace", "stars"]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, env=environ, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")
