"""``jupyter sparkk8s rbac``: users' namespaces, network policies and the admission policy. What the last refuses is tried on a
real cluster.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from jupyter_sparkk8s.cli.main import main

ROLE = "jupyter-sparkk8s/role"


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.delenv("JUPYTER_CONFIG_PATH", raising=False)
    return tmp_path / "jupyter_sparkk8s_config.py"


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*argv: str) -> list[dict[str, Any]]:
        assert main(["rbac", *argv]) == 0
        output, errors = capsys.readouterr()
        assert errors == ""
        assert "&id" not in output  # no YAML aliases: people read this
        return list(yaml.safe_load_all(output))

    return run


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert main(["rbac", *argv]) == 1
    output, errors = capsys.readouterr()
    assert output == ""
    return errors


def test_namespaces_of_users(printed: Any, config: Path) -> None:
    config.write_text("c.SparkK8s.namespace = 'spark-{username}'\nc.SparkK8s.driver_service_account = 'd-{username}'\n")
    found = printed("--server-namespace", "hub", "--user-namespaces", "anna", "Bob B.")
    anna, bob = found[: len(found) // 2], found[len(found) // 2 :]
    assert [(item["kind"], item["metadata"]["name"], item["metadata"].get("namespace")) for item in anna] == [
        ("Namespace", "spark-anna", None),
        ("ServiceAccount", "jupyter-sparkk8s", "hub"),
        ("ServiceAccount", "d-anna", "spark-anna"),
        ("ServiceAccount", "spark-executor", "spark-anna"),
        ("RoleBinding", "jupyter-sparkk8s", "spark-anna"),
        ("RoleBinding", "d-anna", "spark-anna"),
    ]
    assert bob[0]["metadata"]["name"].startswith("spark-bob-b--")
    assert anna[0]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert anna[4]["subjects"] == [{"kind": "ServiceAccount", "name": "jupyter-sparkk8s", "namespace": "hub"}]

    once = {item["metadata"]["name"]: item for item in printed("--server-namespace", "hub", "--user-namespaces")}
    assert {item["kind"] for item in once.values()} == {"ClusterRole"}
    bound = {item["roleRef"]["name"] for item in anna if item["kind"] == "RoleBinding"}
    assert bound == {"jupyter-sparkk8s-server", "jupyter-sparkk8s-driver"} < set(once)
    (binds,) = [rule for rule in once["jupyter-sparkk8s-namespaces"]["rules"] if "bind" in rule["verbs"]]
    assert set(binds["resourceNames"]) == bound


def test_namespaces_of_users_need_a_template_and_the_server_s(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    assert "--server-namespace" in refused(capsys, "--user-namespaces", "anna")
    config.write_text("c.SparkK8s.namespace = 'spark'\n")
    text = refused(capsys, "--user-namespaces", "anna", "--server-namespace", "hub")
    assert "c.SparkK8s.namespace = 'spark' is one namespace for all. Write e.g. 'spark-{username}'" in text
    config.write_text("c.SparkK8s.namespace = 'spark-{username}'\n")
    options = ("--user-namespaces", "--server-namespace", "hub")
    assert "name the users" in refused(capsys, *options, "--network-policy")
    assert "without their names" in refused(capsys, *options, "--policy", "--user-namespaces", "anna")


def test_network_policies(printed: Any) -> None:
    options = ("--namespace", "stars", "--server-namespace", "hub", "--server-labels", "app=jupyter,tier=web")
    found = [item for item in printed(*options, "--network-policy") if item["kind"] == "NetworkPolicy"]
    drivers, executors = ({"podSelector": {"matchLabels": {ROLE: role}}} for role in ("driver", "executor"))
    server = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "hub"}},
        "podSelector": {"matchLabels": {"app": "jupyter", "tier": "web"}},
    }
    dns = {"ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]}
    api = {"ports": [{"protocol": "TCP", "port": 443}, {"protocol": "TCP", "port": 6443}]}
    assert [item["spec"] for item in found] == [
        {**drivers, "policyTypes": ["Ingress", "Egress"], "ingress": [{"from": [server, executors]}]}
        | {"egress": [{"to": [executors]}, dns, api]},
        {**executors, "policyTypes": ["Ingress", "Egress"], "ingress": [{"from": [drivers, executors]}]}
        | {"egress": [{"to": [drivers, executors]}, dns]},
    ]
    (ingress,) = printed("--namespace", "stars", "--network-policy")[-2]["spec"]["ingress"]
    assert ingress["from"][0]["podSelector"]["matchExpressions"][0]["operator"] == "NotIn"


def policy(printed: Any, *options: str) -> dict[str, Any]:
    policies = [item for item in printed(*(options or ("--namespace", "stars")), "--policy") if "Policy" in item["kind"]]
    assert [item["kind"] for item in policies] == ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]
    assert policies[1]["spec"]["policyName"] == policies[0]["metadata"]["name"]
    assert policies[1]["spec"]["validationActions"] == ["Deny"]
    spec: dict[str, Any] = policies[0]["spec"]
    assert spec["failurePolicy"] == "Fail"
    return spec


def rule(spec: dict[str, Any], words: str) -> str:
    (found,) = [item["expression"] for item in spec["validations"] if words in item["message"]]
    return str(found)


def test_the_policy_knows_every_profile_s_volumes_and_groups(printed: Any, config: Path) -> None:
    config.write_text("""
c.SparkK8s.volumes = [
    {"name": "d", "mountPath": "/d", "readOnly": True, "persistentVolumeClaim": {"claimName": "data"}},
    {"name": "h", "mountPath": "/h", "subPath": "homes/{username}", "persistentVolumeClaim": {"claimName": "of-{username}"}},
]
c.SparkK8s.profiles = [{"name": "x", "supplemental_groups": [4500], "run_as_user": 1000,
                        "volumes": [{"name": "n", "mountPath": "/n", "nfs": {"server": "s", "path": '/a"b'}}]}]
""")
    spec = policy(printed)
    mounts = rule(spec, "mount only its own Secret")
    assert '"data"' in mounts
    assert '"of-" + variables.user' in mounts
    assert '"/a\\"b"' in mounts  # a value is data
    assert 'v["secret"]["secretName"] == variables.pod' in mounts
    assert '"homes/" + variables.user' in rule(spec, "subPath, readOnly")
    identity = rule(spec, "users and groups")
    assert "s.runAsUser in [185, 1000]" in identity
    assert "g in [4500]" in identity
    assert "s.fsGroup in []" in identity


def test_the_policy_for_users_namespaces_is_one(printed: Any, config: Path) -> None:
    config.write_text("c.SparkK8s.namespace = 'spark-{username}'\n")
    spec = policy(printed, "--server-namespace", "hub", "--user-namespaces")
    made = printed("--server-namespace", "hub", "--user-namespaces", "anna")[0]
    wanted = spec["matchConstraints"]["namespaceSelector"]["matchLabels"]
    assert wanted.items() <= made["metadata"]["labels"].items()


def test_what_no_policy_can_know_is_told(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    volume = {"name": "k", "mountPath": "/k", "persistentVolumeClaim": {"claimName": "of-{kernel_id}"}}
    config.write_text(f"c.SparkK8s.volumes = [{volume!r}]\n")
    assert "{kernel_id}" in refused(capsys, "--namespace", "stars", "--policy")
    config.write_text("c.SparkK8s.driver_service_account = 'd-{username}'\n")
    assert "give --driver-account" in refused(capsys, "--namespace", "stars", "--policy")
