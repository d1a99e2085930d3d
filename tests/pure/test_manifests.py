"""The objects of one kernel, whole: what is asked of Kubernetes, and what executors and readers of pods must not see."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from jupyter_sparkk8s.config.resolve import resolve
from jupyter_sparkk8s.kubernetes.manifests import driver_pod, executor_template, launch_secret
from jupyter_sparkk8s.kubernetes.names import drivers_of
from jupyter_sparkk8s.models.driver import DriverSpec, OwnerPod

from . import specs
from .pod_security import violations

FILES = {
    "connection.json": '{"key": "secret of the kernel"}',
    "spark.secret": "secret of Spark",
    "relay.token": "secret of the relay",
    "conf/spark-defaults.conf": "spark.x secret perhaps\n",
    "start.py": "",
    "executor.py": "",
    "installed.py": "",
    "passwd": "",
    "group": "",
}
ENV = {"SPARK_CONF_DIR": "/tmp/sparkk8s/conf", "PYSPARK_PYTHON": "python3", "JPY_SESSION_NAME": "/a $(HOME).ipynb"}
LABELS = {
    "team": "gaia",
    "app.kubernetes.io/managed-by": "jupyter-sparkk8s",
    "jupyter-sparkk8s/kernel-id": specs.KERNEL,
    "jupyter-sparkk8s/user": "anna-b--a6b0e86732af1a3d",
    "jupyter-sparkk8s/server": "hub-1",
}
ANNOTATIONS = {"example.org/cost": "42", "jupyter-sparkk8s/username": "Anna B"}
NAME = "spark-anna-b--a6b0e86732af1a3d-3f2a9c10-2"
SECURITY = {
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "runAsGroup": 100,
    "seccompProfile": {"type": "RuntimeDefault"},
    "supplementalGroups": [4000],
}
CONTAINER_SECURITY = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
PLACEMENT = {"nodeSelector": {"disk": "fast"}, "tolerations": [{"key": "spark", "operator": "Exists"}]}
GAIA = {"name": "gaia-dr2", "persistentVolumeClaim": {"claimName": "gaia-dr2-volume-claim"}}


def full() -> DriverSpec:
    return resolve(
        specs.settings(
            namespace="spark",
            image_pull_policy="IfNotPresent",
            image_pull_secrets=["registry-login"],
            driver_cpu="500m",
            driver_cpu_limit="1",
            driver_memory="2Gi",
            driver_pod_extra={
                "metadata": {"labels": {"queue": "interactive"}},
                "spec": {
                    "priorityClassName": "high",
                    "containers": [{"name": "driver", "resources": {"limits": {"example.org/gpu": "1"}}}],
                },
            },
            executor_pod_extra={"spec": {"priorityClassName": "low"}},
            run_as_user=1000,
            run_as_group=100,
            supplemental_groups=[4000],
            node_selector=PLACEMENT["nodeSelector"],
            tolerations=PLACEMENT["tolerations"],
            labels={"team": "gaia"},
            annotations={"example.org/cost": "42"},
            volumes=[
                {"mountPath": "/gaia-dr2", "readOnly": {"driver": False, "executor": True}, **GAIA},
                {"mountPath": "/gaia", "subPath": "dr2", **GAIA},
                {"name": "scratch", "mountPath": "/tmp", "ephemeral": {"volumeClaimTemplate": {}}},
            ],
            env={"TEAM": "gaia", "PASSWORD": "pa$$word", "PYSPARK_PYTHON": "python3.12"},
        ),
        specs.launch(username="Anna B", launch=2, owner=OwnerPod("jupyter-0", "uid-of-server"), owner_namespace="spark"),
    )


def _mounts(*gaia: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": "sparkk8s-launch", "mountPath": "/opt/sparkk8s", "readOnly": True},
        {"name": "sparkk8s-launch", "mountPath": "/etc/passwd", "subPath": "passwd", "readOnly": True},
        {"name": "sparkk8s-launch", "mountPath": "/etc/group", "subPath": "group", "readOnly": True},
        {"name": "sparkk8s-home", "mountPath": "/home/spark"},
        *gaia,
        {"name": "gaia-dr2", "mountPath": "/gaia", "subPath": "dr2"},
        {"name": "scratch", "mountPath": "/tmp"},
    ]


def _volumes(*items: tuple[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": "sparkk8s-launch",
            "secret": {"secretName": NAME, "items": [{"key": key, "path": path} for key, path in items], "defaultMode": 0o444},
        },
        {"name": "sparkk8s-home", "emptyDir": {}},
        {"name": "sparkk8s-tmp", "emptyDir": {}},
        GAIA,
        {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {}}},
    ]


def _env(*ours: tuple[str, str]) -> list[dict[str, Any]]:
    """Dollars are doubled, since the kubelet halves them."""
    user = "anna-b--a6b0e86732af1a3d"
    pairs = [("HOME", "/home/spark"), ("HADOOP_USER_NAME", user), ("USER", user), *ours]
    return [{"name": name, "value": value} for name, value in pairs]


def test_the_driver_s_pod() -> None:
    assert driver_pod(full(), FILES, ENV) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": NAME,
            "namespace": "spark",
            "labels": LABELS | {"jupyter-sparkk8s/role": "driver", "queue": "interactive"},
            "annotations": ANNOTATIONS
            | {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false", "karpenter.sh/do-not-disrupt": "true"},
            "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "jupyter-0", "uid": "uid-of-server"}],
        },
        "spec": {
            "serviceAccountName": "spark-driver",
            "securityContext": SECURITY,
            "terminationGracePeriodSeconds": 3,
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "priorityClassName": "high",
            "imagePullSecrets": [{"name": "registry-login"}],
            **PLACEMENT,
            "volumes": _volumes(
                ("conf__spark-defaults.conf", "conf/spark-defaults.conf"),
                ("connection.json", "connection.json"),
                ("executor.py", "executor.py"),
                ("group", "group"),
                ("installed.py", "installed.py"),
                ("passwd", "passwd"),
                ("relay.token", "relay.token"),
                ("spark.secret", "spark.secret"),
                ("start.py", "start.py"),
            ),
            "containers": [
                {
                    "name": "driver",
                    "image": "registry.org/spark:4.3",
                    "imagePullPolicy": "IfNotPresent",
                    "command": ["python3", "/opt/sparkk8s/start.py"],
                    "workingDir": "/home/spark",
                    "resources": {
                        "requests": {"cpu": "500m", "memory": "2048Mi"},
                        "limits": {"cpu": "1", "memory": "2048Mi", "example.org/gpu": "1"},
                    },
                    "securityContext": CONTAINER_SECURITY,
                    "env": [
                        *_env(
                            ("SPARK_CONF_DIR", "/tmp/sparkk8s/conf"),
                            ("PYSPARK_PYTHON", "python3.12"),
                            ("JPY_SESSION_NAME", "/a $$(HOME).ipynb"),
                            ("TEAM", "gaia"),
                            ("PASSWORD", "pa$$$$word"),
                        ),
                        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                    ],
                    "volumeMounts": _mounts({"name": "gaia-dr2", "mountPath": "/gaia-dr2"}),
                }
            ],
        },
    }


def test_the_executors_template() -> None:
    assert executor_template(full()) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"labels": LABELS | {"jupyter-sparkk8s/role": "executor"}, "annotations": ANNOTATIONS},
        "spec": {
            "serviceAccountName": "spark-executor",
            "automountServiceAccountToken": False,
            "securityContext": SECURITY,
            "terminationGracePeriodSeconds": 3,
            "enableServiceLinks": False,
            "priorityClassName": "low",
            **PLACEMENT,
            "volumes": _volumes(
                ("executor.py", "executor.py"),
                ("group", "group"),
                ("installed.py", "installed.py"),
                ("passwd", "passwd"),
                ("spark.secret", "spark.secret"),
            ),
            "containers": [
                {
                    "name": "executor",
                    "command": ["python3", "/opt/sparkk8s/executor.py"],
                    "workingDir": "/home/spark",
                    "securityContext": CONTAINER_SECURITY,
                    "env": _env(("TEAM", "gaia"), ("PASSWORD", "pa$$$$word"), ("PYSPARK_PYTHON", "python3.12")),
                    "volumeMounts": _mounts({"name": "gaia-dr2", "mountPath": "/gaia-dr2", "readOnly": True}),
                }
            ],
        },
    }


def test_the_secret() -> None:
    assert launch_secret(full(), FILES, "uid-of-pod") == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": NAME,
            "namespace": "spark",
            "labels": LABELS | {"jupyter-sparkk8s/role": "driver"},
            "annotations": ANNOTATIONS,
            "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": NAME, "uid": "uid-of-pod"}],
        },
        "immutable": True,
        "stringData": {name.replace("/", "__"): text for name, text in FILES.items()},
    }


def test_a_server_selects_its_drivers_and_nothing_else() -> None:
    selector = dict(part.split("=") for part in drivers_of("hub-1").split(","))
    assert selector == {"jupyter-sparkk8s/server": "hub-1", "jupyter-sparkk8s/role": "driver"}
    assert selector.items() <= driver_pod(full(), FILES, ENV)["metadata"]["labels"].items()
    assert not selector.items() <= executor_template(full())["metadata"]["labels"].items()


def test_nothing_secret_is_outside_of_the_secret() -> None:
    spec = full()
    for shown in (driver_pod(spec, FILES, ENV), executor_template(spec), launch_secret(spec, FILES, "u")["metadata"]):
        assert "secret of" not in json.dumps(shown)


def test_executors_see_nothing_of_the_kernel_and_have_no_token() -> None:
    spec = executor_template(full())["spec"]
    (launch,) = [volume["secret"]["items"] for volume in spec["volumes"] if "secret" in volume]
    assert {item["key"] for item in launch} == {"executor.py", "installed.py", "spark.secret", "passwd", "group"}
    assert spec["automountServiceAccountToken"] is False


def test_the_restricted_pod_security_standard() -> None:
    for spec in (full(), resolve(specs.settings(), specs.launch())):
        assert violations(driver_pod(spec, FILES, ENV)) == []
        assert violations(executor_template(spec)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "securityContext", "runAsNonRoot"), False),
        (("spec", "securityContext", "runAsUser"), 0),
        (("spec", "securityContext", "seccompProfile"), None),
        (("spec", "hostNetwork"), True),
        (("spec", "volumes", 1), {"name": "v", "hostPath": {"path": "/"}}),
        (("spec", "containers", 0, "securityContext"), {}),
        (("spec", "containers", 0, "securityContext", "allowPrivilegeEscalation"), True),
        (("spec", "containers", 0, "securityContext", "capabilities", "drop"), []),
        (("spec", "containers", 0, "securityContext", "capabilities", "add"), ["SYS_ADMIN"]),
        (("spec", "containers", 0, "securityContext", "privileged"), True),
        (("spec", "containers", 0, "ports"), [{"hostPort": 80}]),
    ],
)
def test_the_check_of_the_standard_sees_breaches(path: tuple[Any, ...], value: object) -> None:
    pod = deepcopy(driver_pod(full(), FILES, ENV))
    place: Any = pod
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert violations(pod) != []
