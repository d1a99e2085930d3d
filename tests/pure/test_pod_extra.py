"""What an administrator adds to a pod: its shape, and that it undoes nothing which another setting decides."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes.client.models.v1_container import V1Container
from kubernetes.client.models.v1_pod_spec import V1PodSpec
from pydantic import BaseModel

from jupyter_sparkk8s.config.pod_extra import _CONTAINER, _LISTS, _OBJECTS, _SPEC, check_pod_extra
from jupyter_sparkk8s.errors import ConfigurationError

GPU = {
    "metadata": {"labels": {"kueue.x-k8s.io/queue-name": "gpu"}, "annotations": {"example.org/a": "any text"}},
    "spec": {
        "runtimeClassName": "nvidia",
        "nodeSelector": {"gpu": "yes"},
        "volumes": [{"name": "shm", "emptyDir": {"medium": "Memory"}}],
        "initContainers": [{"name": "prepare", "image": "registry.org/prepare:1"}],
        "containers": [
            {
                "name": "executor",
                "resources": {"limits": {"nvidia.com/gpu": "1"}},
                "env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
                "volumeMounts": [{"name": "shm", "mountPath": "/dev/shm"}],
            },
            {"name": "side", "image": "registry.org/side:1", "resources": {"limits": {"memory": "64Mi"}}},
        ],
    },
}


def test_what_is_taken() -> None:
    check_pod_extra({}, "driver")
    check_pod_extra(GPU, "executor")
    check_pod_extra({"apiVersion": "v1", "kind": "Pod", "spec": {}}, "driver")


def containers(*items: Any) -> dict[str, Any]:
    return {"spec": {"containers": list(items)}}


def test_a_driver_may_ask_for_less_memory_than_its_limit_and_an_executors_request_is_sparks() -> None:
    less = {"requests": {"memory": "1Gi"}}
    check_pod_extra(containers({"name": "driver", "resources": less}), "driver")
    with pytest.raises(ConfigurationError, match=r"executor_memory instead"):
        check_pod_extra(containers({"name": "executor", "resources": less}), "executor")


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"spec": ["a"]}, "has spec = ['a']; right would be a dict."),
        ({"metadata": None}, "has metadata = None; right would be a dict."),
        ({"kind": "Deployment"}, "sets kind to 'Deployment': it is merged into a Pod of v1. Leave it out."),
        (
            {"metadata": {"name": "x"}},
            "sets metadata.name, which is nothing that can be set there. There may be labels, annotations.",
        ),
        ({"metadata": {"annotations": {"a": 1}}}, "sets the annotation 'a' to 1; right would be a text."),
        (
            {"spec": {"priorityClass": "high"}},
            "sets spec.priorityClass, which is nothing that can be set there. Did you mean 'priorityClassName'?",
        ),
        ({"spec": {"serviceAccountName": "x"}}, "sets spec.serviceAccountName. Set c.SparkK8s.driver_service_account instead."),
        ({"spec": {"restartPolicy": "Always"}}, "sets spec.restartPolicy. It can't be changed: leave it out."),
        ({"spec": {"tolerations": "x"}}, "has spec.tolerations = 'x'; right would be a list."),
        ({"spec": {"affinity": []}}, "has spec.affinity = []; right would be a dict."),
        (
            containers({"name": "driver", "env": {"A": "b"}}),
            "has spec.containers (driver).env = {'A': 'b'}; right would be a list.",
        ),
        ({"metadata": {"labels": ["a"]}}, "has metadata.labels = ['a']; right would be a dict."),
        ({"spec": {"volumes": {"name": "a"}}}, "has spec.volumes = {'name': 'a'}; right would be a list."),
        (
            {"spec": {"volumes": [{"emptyDir": {}}]}},
            "has spec.volumes[0] without a name: items are merged by it. Give it one.",
        ),
        (
            {"spec": {"volumes": [{"name": "sparkk8s-home", "emptyDir": {}}]}},
            "changes the volume 'sparkk8s-home', which the driver needs. Choose another name.",
        ),
        (
            containers({"resources": {}}),
            "has spec.containers[0] without a name: items are merged by it. Give it one, e.g. 'driver'.",
        ),
        (containers("driver"), "has spec.containers[0] without a name: items are merged by it. Give it one, e.g. 'driver'."),
        (
            containers({"name": "executor", "env": []}),
            (
                "has spec.containers (executor) without an image. The main container is called 'driver'; another one needs its "
                "image."
            ),
        ),
        (
            containers({"name": "driver", "resource": {}}),
            "sets spec.containers (driver).resource, which is nothing that can be set there. Did you mean 'resources'?",
        ),
        (containers({"name": "driver", "image": "x"}), "sets spec.containers (driver).image. Set c.SparkK8s.image instead."),
        (
            containers({"name": "driver", "command": []}),
            "sets spec.containers (driver).command. It can't be changed: leave it out.",
        ),
        (
            containers({"name": "driver", "resources": {"limits": {"memory": "8Gi"}}}),
            "sets spec.containers (driver).resources.limits.memory. Set c.SparkK8s.driver_memory instead.",
        ),
        (
            containers({"name": "driver", "resources": {"limits": {"cpu": "8"}}}),
            "sets spec.containers (driver).resources.limits.cpu. Set c.SparkK8s.driver_cpu_limit instead.",
        ),
        (
            containers({"name": "driver", "env": [{"NAME": "a"}]}),
            "has spec.containers (driver).env[0] without a name: items are merged by it. Give it one.",
        ),
        (
            containers({"name": "driver", "volumeMounts": [{"name": "a"}]}),
            "has spec.containers (driver).volumeMounts[0] without a mountPath: items are merged by it. Give it one.",
        ),
    ],
)
def test_what_is_refused(extra: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_pod_extra(extra, "driver")
    assert str(caught.value) == f"c.SparkK8s.driver_pod_extra {said}"


def test_a_label_by_which_pods_are_found() -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_pod_extra({"metadata": {"labels": {"jupyter-sparkk8s/user": "eve"}}}, "executor")
    assert str(caught.value).startswith(
        "c.SparkK8s.executor_pod_extra sets 'jupyter-sparkk8s/user', by which a kernel's pods are"
    )


@pytest.mark.parametrize(
    ("known", "model", "later"), [(_SPEC, V1PodSpec, {"ephemeralContainers"}), (_CONTAINER, V1Container, set())]
)
def test_the_fields_are_kubernetes_own(known: tuple[str, ...], model: type[BaseModel], later: set[str]) -> None:
    fields = {field.serialization_alias or name: str(field.annotation) for name, field in model.model_fields.items()}
    assert set(known) == set(fields) - later
    assert {name for name in known if name in _LISTS} == {
        name for name in known if "List[" in fields[name] or "list[" in fields[name]
    }
    assert {name for name in known if name in _OBJECTS} == {
        name for name in known if name not in _LISTS and ("V1" in fields[name] or "ict[" in fields[name])
    }
