"""Values in Kubernetes objects: they arrive in the container as they were written, and never change an object's shape."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_sparkk8s.backends.launch_set import driver_env, launch_set
from jupyter_sparkk8s.config.resolve import resolve
from jupyter_sparkk8s.kubernetes.manifests import driver_pod, executor_template, launch_secret
from jupyter_sparkk8s.models.driver import DriverSpec

from . import specs
from .hostile import EXAMPLES, anything, names


def kubelets_expansion(text: str, env: dict[str, str]) -> str:
    """What a container gets for a value: a port of Kubernetes' third_party/forked/golang/expansion/expand.go."""
    made, at = "", 0
    while at < len(text):
        if text[at] != "$" or at + 1 == len(text):
            made, at = made + text[at], at + 1
        elif text[at + 1] == "$":
            made, at = made + "$", at + 2
        elif text[at + 1] == "(" and ")" in text[at:]:
            end = text.index(")", at)
            made, at = made + env.get(text[at + 2 : end], text[at : end + 1]), end + 1
        else:
            made, at = made + text[at : at + 2], at + 2
    return made


@pytest.mark.parametrize("value", [*EXAMPLES, "$", "$$", "$$$", "a$", "$(HOME)", "$$(HOME)", "$(HOME", "$()"])
def test_a_variable_arrives_as_it_was_written(value: str) -> None:
    spec = resolve(specs.settings(env={"X": "<{username}>"}), specs.launch(username=value))
    for pod in (driver_pod(spec, {}, {}), executor_template(spec)):
        given = {item["name"]: item.get("value", "") for item in pod["spec"]["containers"][0]["env"]}
        assert kubelets_expansion(given["X"], given) == f"<{value}>"


EVERYWHERE = specs.settings(
    namespace="{username}",
    driver_service_account="driver-{username}",
    executor_service_account="executor.{username}",
    labels={"l": "{username}", "both": "{server}.{username}"},
    annotations={"a": "{username}"},
    env={"E": "{username}", "P": "/home/{username}"},
    spark_conf={"spark.x": "{username}", "spark.y": "file:///logs/{username}/x"},
    volumes=[
        {"name": "home", "mountPath": "/home/{username}", "subPath": "of/{username}", "emptyDir": {}},
        {"name": "own", "mountPath": "/own", "persistentVolumeClaim": {"claimName": "home-{username}"}},
        {"name": "node", "mountPath": "/node", "hostPath": {"path": "/shares/{username}"}},
    ],
)
# Kubernetes' rules: IsDNS1123Label, IsDNS1123Subdomain, IsValidLabelValue, IsConfigMapKey.
DNS_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
SUBDOMAIN = rf"(?=.{{1,253}}$){DNS_LABEL}(\.{DNS_LABEL})*"
LABEL = r"(?=.{0,63}$)(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
SECRET_KEY = r"(?!\.\.?$)[-._a-zA-Z0-9]{1,253}"
PLACE = r"(/[A-Za-z0-9_][A-Za-z0-9_.@+-]*)+"


def resolved(name: str) -> DriverSpec:
    return resolve(EVERYWHERE, specs.launch(username=name))


def places(name: str) -> dict[str, tuple[str, str]]:
    """All that a name has become, by place: the value, and what may stand there."""
    spec = resolved(name)
    env, home = spec.env, {volume.name: volume for volume in spec.volumes}
    return {
        "namespace": (spec.namespace, DNS_LABEL),
        "pod": (spec.pod_name, DNS_LABEL),
        "user": (spec.user_label, DNS_LABEL),
        "driver's account": (spec.driver.service_account, SUBDOMAIN),
        "executors' account": (spec.executor.service_account, SUBDOMAIN),
        "label": (spec.labels["l"], LABEL),
        "label of two": (spec.labels["both"], LABEL),
        "path in a variable": (env["P"], PLACE),
        "path in a property": (spec.spark_conf["spark.y"].removeprefix("file://"), PLACE),
        "mountPath": (home["home"].mount["mountPath"], PLACE),
        "subPath": ("/" + home["home"].mount["subPath"], PLACE),
        "claim": (home["own"].source["persistentVolumeClaim"]["claimName"], SUBDOMAIN),
        "hostPath": (home["node"].source["hostPath"]["path"], PLACE),
    }


@given(name=names)
@settings(max_examples=30)
def test_a_name_is_valid_in_every_place(name: str) -> None:
    made = places(name)
    for place, (value, rule) in made.items():
        assert re.fullmatch(rule, value), (place, value)
        assert not {".", ".."} & set(value.split("/")), (place, value)
    assert made["path in a variable"] == made["mountPath"]


@given(one=names, other=names)
@settings(max_examples=25)
def test_two_names_meet_in_no_place(one: str, other: str) -> None:
    others = places(other)
    for place, (value, _) in places(one).items():
        assert (value == others[place][0]) == (one == other), place


def test_no_two_of_the_known_names_meet_in_any_place() -> None:
    made = [places(name) for name in EXAMPLES]
    for place in made[0]:
        assert len({each[place][0] for each in made}) == len(EXAMPLES), place


@given(name=st.one_of(anything, names))
@settings(max_examples=10)
def test_a_hostile_name_changes_values_and_never_the_shape(name: str) -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(item) for key, item in value.items()}
        return [shape(item) for item in value] if isinstance(value, list) else type(value)

    def objects(spec: DriverSpec) -> list[Any]:
        files = launch_set(spec, "{}", "secret", "key", "token")
        assert all(re.fullmatch(SECRET_KEY, key) for key in launch_secret(spec, files, "u")["stringData"])
        assert json.loads(files["executor-template.json"]) == executor_template(spec)
        lines = [str(files[file]).split("\n") for file in ("passwd", "group")]
        assert [[line.count(":") for line in each] for each in lines] == [[6, 6, 0], [3, 3, 0]]
        return [driver_pod(spec, files, driver_env(spec)), executor_template(spec), launch_secret(spec, files, "u")]

    for plain, hostile in zip(objects(resolved("anna")), objects(resolved(name)), strict=True):
        assert shape(hostile) == shape(plain)
        assert json.loads(json.dumps(hostile)) == hostile
        assert hostile["metadata"]["annotations"].items() >= {"a": name, "jupyter-sparkk8s/username": name}.items()
