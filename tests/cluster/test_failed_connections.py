"""A start that can't even ask Kubernetes: the API server away or not trusted, the login ended, the namespace not there."""

from __future__ import annotations

import base64
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.notebook import Notebook
from tests.support.server import HttpError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.server import JupyterServer


@pytest.fixture
def altered(kubeconfig: Path, tmp_path: Path) -> Callable[..., str]:
    """A kubeconfig as the server's, with another cluster or user."""

    def make(user: dict[str, Any] | None = None, **cluster: Any) -> str:
        settings = yaml.safe_load(kubeconfig.read_text())
        settings["clusters"][0]["cluster"] |= cluster
        settings["users"][0]["user"] |= user or {}
        path = tmp_path / "kubeconfig"
        path.write_text(yaml.safe_dump(settings))
        return str(path)

    return make


def refused(server: JupyterServer) -> str:
    """What a start says that fails, within the time that it takes to be told."""
    begun = time.monotonic()
    with pytest.raises(HttpError) as caught:
        Notebook(server)
    assert time.monotonic() - begun < 20
    assert "Traceback" not in server.log()
    server.stop()
    return str(caught.value.body["message"])


def test_an_api_server_that_is_not_trusted(
    start_server: Callable[..., JupyterServer], altered: Callable[..., str], tmp_path: Path
) -> None:
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=stranger"]
    subprocess.run([*make, "-keyout", tmp_path / "key", "-out", tmp_path / "crt"], check=True, capture_output=True)
    stranger = base64.b64encode((tmp_path / "crt").read_bytes()).decode()
    text = refused(start_server(kubeconfig=altered(**{"certificate-authority-data": stranger})))
    assert text.startswith("The certificate of Kubernetes' API server at https://")
    assert "CERTIFICATE_VERIFY_FAILED" in text
    assert "certificate-authority" in text


def test_an_api_server_that_is_away(start_server: Callable[..., JupyterServer], altered: Callable[..., str]) -> None:
    text = refused(start_server(kubeconfig=altered(server="https://127.0.0.1:1")))
    assert text.startswith("Kubernetes' API server at https://127.0.0.1:1 can't be reached.\n")
    assert "c.SparkK8s.kubeconfig" in text


def test_a_login_that_has_ended(start_server: Callable[..., JupyterServer], altered: Callable[..., str]) -> None:
    text = refused(start_server(kubeconfig=altered(user={"token": "of-yesterday"})))
    assert text.startswith("Kubernetes does not accept the server's login.\nUnauthorized\nIt may have expired")


def test_a_namespace_that_the_server_has_no_rights_in(start_server: Callable[..., JupyterServer]) -> None:
    text = refused(start_server(namespace="nowhere"))
    assert " may not create pods in namespace nowhere.\n" in text
    assert "jupyter sparkk8s rbac --namespace nowhere" in text
