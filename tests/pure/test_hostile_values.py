"""Values in Kubernetes objects: they arrive in the container as they were written, and never change an object's shape."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from jupyter_sparkk8s.config.resolve import resolve
from jupyter_sparkk8s.kubernetes.manifests import driver_pod, executor_template, launch_secret

from . import specs
from .hostile import EXAMPLES, anything


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


HOSTED = specs.settings(
    namespace="{username}", labels={"l": "{username}"}, annotations={"a": "{username}"}, env={"E": "{username}"}
)


@given(name=anything)
@settings(max_examples=30)
def test_a_hostile_name_changes_values_and_never_the_shape(name: str) -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(item) for key, item in value.items()}
        return [shape(item) for item in value] if isinstance(value, list) else type(value)

    plain, hostile = (resolve(HOSTED, specs.launch(username=user)) for user in ("anna", name))
    assert shape(driver_pod(hostile, {}, {})) == shape(driver_pod(plain, {}, {}))
    assert shape(executor_template(hostile)) == shape(executor_template(plain))
    assert shape(launch_secret(hostile, {}, "u")) == shape(launch_secret(plain, {}, "u"))
