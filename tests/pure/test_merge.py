"""Deep merge of Kubernetes objects: laws that hold for all of them, and what an administrator does with it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_sparkk8s.kubernetes.merge import merge

scalars = st.one_of(st.integers(0, 3), st.booleans(), st.sampled_from(["", "x", "y"]))


def _named(key: str, fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """A list of things of which no two have the same name, as Kubernetes has it."""
    item = st.fixed_dictionaries({key: st.sampled_from("abcd")}, optional=fields)
    return st.lists(item, max_size=4, unique_by=lambda thing: str(thing[key]))


# Objects of one shape: a field has the same type wherever it is set, as a schema has it.
containers = _named(
    "name",
    {
        "image": scalars,
        "args": st.lists(scalars, max_size=2),
        "volumeMounts": _named("mountPath", {"name": scalars, "readOnly": scalars}),
        "ports": _named("containerPort", {"name": scalars}),
        "resources": st.dictionaries(st.sampled_from(["limits", "requests"]), st.dictionaries(st.sampled_from("cm"), scalars)),
    },
)
pods = st.fixed_dictionaries(
    {},
    optional={
        "metadata": st.fixed_dictionaries({}, optional={"labels": st.dictionaries(st.sampled_from("pqr"), scalars)}),
        "spec": st.fixed_dictionaries(
            {},
            optional={
                "nodeName": scalars,
                "containers": containers,
                "initContainers": containers,
                "tolerations": st.lists(st.fixed_dictionaries({"key": scalars}), max_size=2),
            },
        ),
    },
)
FEW = settings(max_examples=30)


@given(pod=pods)
@FEW
def test_nothing_over_a_pod_and_a_pod_over_nothing(pod: Any) -> None:
    assert merge(pod, {}) == pod
    assert merge({}, pod) == pod


@given(one=pods, two=pods, three=pods)
@FEW
def test_it_does_not_matter_which_two_are_merged_first(one: Any, two: Any, three: Any) -> None:
    assert merge(merge(one, two), three) == merge(one, merge(two, three))


@given(base=pods, extra=pods)
@FEW
def test_neither_is_changed_nor_shared(base: Any, extra: Any) -> None:
    before = deepcopy((base, extra))
    merged = merge(base, extra)
    assert (base, extra) == before
    _spoil(merged)
    assert (base, extra) == before


def _spoil(value: Any) -> None:
    if isinstance(value, dict):
        for item in value.values():
            _spoil(item)
        value["spoiled"] = True
    elif isinstance(value, list):
        for item in value:
            _spoil(item)
        value.append("spoiled")


@given(base=pods, extra=pods)
@FEW
def test_what_is_given_is_there(base: Any, extra: Any) -> None:
    merged = merge(base, extra)
    assert merge(merged, {"spec": {"nodeName": "n"}})["spec"]["nodeName"] == "n"
    for key, value in extra.get("metadata", {}).get("labels", {}).items():
        assert merged["metadata"]["labels"][key] == value
    names = [container["name"] for container in merged.get("spec", {}).get("containers", [])]
    assert len(names) == len(set(names))
    old = [container["name"] for container in base.get("spec", {}).get("containers", [])]
    assert names[: len(old)] == old


POD: dict[str, Any] = {
    "spec": {
        "containers": [
            {
                "name": "driver",
                "command": ["python3"],
                "env": [{"name": "HOME", "value": "/home/spark"}, {"name": "A", "value": "1"}],
                "volumeMounts": [{"name": "v", "mountPath": "/a", "readOnly": True}, {"name": "v", "mountPath": "/b"}],
                "resources": {"requests": {"cpu": "1"}},
            }
        ],
        "volumes": [{"name": "sparkk8s-home", "emptyDir": {}}, {"name": "v", "hostPath": {"path": "/v"}}],
        "tolerations": [{"key": "spark"}],
    }
}


@pytest.mark.parametrize(
    ("extra", "path", "result"),
    [
        (  # a container of the same name is changed, another is added
            {"containers": [{"name": "driver", "resources": {"limits": {"gpu": 1}}}, {"name": "proxy", "image": "p"}]},
            ("containers",),
            [
                POD["spec"]["containers"][0] | {"resources": {"requests": {"cpu": "1"}, "limits": {"gpu": 1}}},
                {"name": "proxy", "image": "p"},
            ],
        ),
        (  # one volume at two places: it is the place that counts
            {
                "containers": [
                    {"name": "driver", "volumeMounts": [{"mountPath": "/b", "subPath": "s"}, {"name": "v", "mountPath": "/c"}]}
                ]
            },
            ("containers", 0, "volumeMounts"),
            [
                {"name": "v", "mountPath": "/a", "readOnly": True},
                {"name": "v", "mountPath": "/b", "subPath": "s"},
                {"name": "v", "mountPath": "/c"},
            ],
        ),
        (  # a value is changed; a variable from elsewhere takes the place of a value
            {
                "containers": [
                    {"name": "driver", "env": [{"name": "A", "value": "2"}, {"name": "HOME", "valueFrom": {"fieldRef": 1}}]}
                ]
            },
            ("containers", 0, "env"),
            [{"name": "HOME", "valueFrom": {"fieldRef": 1}}, {"name": "A", "value": "2"}],
        ),
        (  # a volume of another kind takes the place of ours: both would be refused
            {"volumes": [{"name": "sparkk8s-home", "persistentVolumeClaim": {"claimName": "home"}}]},
            ("volumes",),
            [
                {"name": "sparkk8s-home", "persistentVolumeClaim": {"claimName": "home"}},
                {"name": "v", "hostPath": {"path": "/v"}},
            ],
        ),
        (  # the same kind is changed
            {"volumes": [{"name": "v", "hostPath": {"type": "Directory"}}, {"name": "sparkk8s-home"}]},
            ("volumes",),
            [{"name": "sparkk8s-home", "emptyDir": {}}, {"name": "v", "hostPath": {"path": "/v", "type": "Directory"}}],
        ),
        ({"tolerations": [{"key": "gpu"}]}, ("tolerations",), [{"key": "spark"}, {"key": "gpu"}]),
        ({"containers": [{"name": "driver", "command": ["-v"]}]}, ("containers", 0, "command"), ["python3", "-v"]),
        ({"volumes": None}, ("volumes",), None),
        ({"volumes": {"odd": 1}}, ("volumes",), {"odd": 1}),  # another type: what is given last holds
    ],
)
def test_what_administrators_do(extra: dict[str, Any], path: tuple[Any, ...], result: Any) -> None:
    found: Any = merge(POD, {"spec": extra})["spec"]
    for step in path:
        found = found[step]
    assert found == result


@pytest.mark.parametrize(
    ("field", "key"),
    [
        ("containers", "name"),
        ("initContainers", "name"),
        ("volumes", "name"),
        ("env", "name"),
        ("imagePullSecrets", "name"),
        ("volumeMounts", "mountPath"),
        ("volumeDevices", "devicePath"),
        ("ports", "containerPort"),
        ("hostAliases", "ip"),
    ],
)
def test_lists_of_named_things(field: str, key: str) -> None:
    base, extra = [{key: "one", "a": 1}, {key: "two", "a": 1}], [{key: "two", "a": 2}, {key: "three", "a": 3}]
    merged = [{key: "one", "a": 1}, {key: "two", "a": 2}, {key: "three", "a": 3}]
    assert merge({field: base}, {field: extra}) == {field: merged}
