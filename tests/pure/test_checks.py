"""What a server asks of its settings when it starts, beside each profile: the login that they name is there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from jupyter_sparkk8s.config.checks import check
from jupyter_sparkk8s.errors import ConfigurationError

from .specs import settings


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump({"contexts": [{"name": "lab"}, {"name": "prod"}]}))
    return path


def refused(environ: dict[str, str] | None = None, **traits: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        check(settings(**traits), environ or {"KUBECONFIG": "/no/such"})
    return str(caught.value)


def test_a_login_that_is_there(kubeconfig: Path) -> None:
    check(settings(kubeconfig=str(kubeconfig)))
    check(settings(kubeconfig=str(kubeconfig), context="prod"))
    check(settings(context="lab"), {"KUBECONFIG": f"/no/such:{kubeconfig}"})


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in ("/no/such", str(tmp_path)):
        assert refused(kubeconfig=path) == (
            f"c.SparkK8s.kubeconfig = {path!r}: there is no such file on this server. Name a kubeconfig file, or leave it out "
            "for $KUBECONFIG, ~/.kube/config or the pod's account."
        )


@pytest.mark.parametrize("text", ["a: [", "just words", "contexts: 3", "contexts: [{}]"])
def test_a_file_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "k").write_text(text)
    said = refused(kubeconfig=str(tmp_path / "k"))
    assert said.startswith(f"c.SparkK8s.kubeconfig = {str(tmp_path / 'k')!r} can't be read as a kubeconfig: ")
    assert "\n" not in said


def test_a_context_that_is_not_there(kubeconfig: Path) -> None:
    text = f"c.SparkK8s.context = 'lap' is no context of {kubeconfig}; it has lab, prod."
    assert refused(kubeconfig=str(kubeconfig), context="lap") == text
    assert refused({"KUBECONFIG": str(kubeconfig)}, context="lap") == text
    assert refused(context="lap") == (
        "c.SparkK8s.context = 'lap', and there is no kubeconfig file on this server. Name one, or leave the context out."
    )
