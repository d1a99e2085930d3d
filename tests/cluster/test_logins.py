"""Logins that end while kernels live: each token here is bound to a Secret and ends when that is deleted. A server goes on
with the next one, without a restart.
"""

from __future__ import annotations

import asyncio
import base64
import sys
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from kubernetes.aio.config import incluster_config

from jupyter_sparkk8s.errors import ApiError
from jupyter_sparkk8s.kubernetes import login
from jupyter_sparkk8s.kubernetes.client import Cluster
from tests.cluster.environment import SERVER_ACCOUNT
from tests.cluster.spark_pods import until
from tests.support.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cluster.environment import Namespace
    from tests.support.server import JupyterServer

# Prints what an exec plugin prints, with the token that lies in a file now.
PLUGIN = """
import json, pathlib, sys
token = pathlib.Path(sys.argv[1]).read_text()
print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token}}))
"""


class Token:
    """A token of the server's account that ends when it is told to."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace, self._name = namespace, f"pass-{uuid.uuid4().hex[:6]}"
        core = namespace.core
        secret = core.create_namespaced_secret(namespace.name, {"metadata": {"name": self._name}})
        bound = {"apiVersion": "v1", "kind": "Secret", "name": self._name, "uid": secret.metadata.uid}
        request = {"spec": {"expirationSeconds": 3600, "boundObjectRef": bound}}
        made = core.create_namespaced_service_account_token(SERVER_ACCOUNT, namespace.name, request)
        self.text = str(made.status.token)

    async def is_refused(self, kubeconfig: Path) -> bool:
        cluster = Cluster(str(kubeconfig))
        await cluster.open()
        try:
            await cluster.request("GET", f"/api/v1/namespaces/{self._namespace.name}/pods", query=[("limit", "1")])
        except ApiError as error:
            return error.status == 401
        finally:
            await cluster.close()
        return False

    async def end(self, kubeconfig: Path) -> None:
        """End it, and return when the API server knows: it remembers a token for some seconds."""
        copy = kubeconfig.with_name(f"{self._name}.kubeconfig")
        write_login(copy, kubeconfig, {"token": self.text})
        self._namespace.core.delete_namespaced_secret(self._name, self._namespace.name)
        deadline = time.monotonic() + 60
        while not await self.is_refused(copy):
            assert time.monotonic() < deadline, "the API server still takes a token whose Secret is gone"
            await asyncio.sleep(0.5)


def write_login(path: Path, like: Path, user: dict[str, Any]) -> None:
    """A kubeconfig for the same cluster with another user; replaces the file at once, as tools do."""
    config = yaml.safe_load(like.read_text())
    config["users"] = [{"name": "u", "user": user}]
    new = path.with_suffix(".new")
    new.write_text(yaml.safe_dump(config))
    new.replace(path)


def assert_all_works(opened: Notebook, namespace: Namespace) -> None:
    """A notebook that is open, a start, the watch, which tells the death of a kernel, and a shutdown in mid-restart."""
    assert opened.run("print(kept)") == "1\n"
    fresh = Notebook(opened.server)
    (pod,) = namespace.drivers(fresh.kernel_id)
    namespace.core.delete_namespaced_pod(pod["metadata"]["name"], namespace.name)
    until(lambda: namespace.drivers(fresh.kernel_id) not in ([], [pod]), "the server has seen the death and made a new pod", 60)
    fresh.close()


async def test_servers_go_on_with_the_next_login_without_a_restart(
    start_server: Callable[..., JupyterServer], namespace: Namespace, kubeconfig: Path, tmp_path: Path
) -> None:
    """One reads its token from a kubeconfig that is replaced, the other from an exec plugin."""
    firsts, seconds = ([Token(namespace) for _ in range(2)] for _ in range(2))
    replaced, executed, token, plugin = (tmp_path / name for name in ("replaced", "executed", "token", "plugin.py"))
    plugin.write_text(PLUGIN)
    token.write_text(firsts[1].text)
    program = {"command": sys.executable, "args": [str(plugin), str(token)]}
    program |= {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"}
    write_login(replaced, kubeconfig, {"token": firsts[0].text})
    write_login(executed, kubeconfig, {"exec": program})
    servers = [start_server(kubeconfig=str(path), access="port-forward", session="off") for path in (replaced, executed)]
    notebooks = [Notebook(server) for server in servers]
    for notebook in notebooks:
        notebook.run("kept = 1")

    write_login(replaced, kubeconfig, {"token": seconds[0].text})
    token.write_text(seconds[1].text)
    await asyncio.gather(*(first.end(kubeconfig) for first in firsts))
    for notebook in notebooks:
        assert_all_works(notebook, namespace)
        notebook.close()
    for server, second in zip(servers, seconds, strict=True):
        assert second.text not in server.log()
        server.stop()


@pytest.fixture
def account(kubeconfig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that a kubelet keeps in a pod, here in a folder: what matters is who reads them, and when."""
    config = yaml.safe_load(kubeconfig.read_text())["clusters"][0]["cluster"]
    host, port = config["server"].removeprefix("https://").rsplit(":", 1)
    (tmp_path / "ca.crt").write_bytes(base64.b64decode(config["certificate-authority-data"]))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)
    monkeypatch.delenv("KUBECONFIG")
    monkeypatch.setattr(login, "_ACCOUNT", tmp_path)
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    return tmp_path


async def test_the_account_of_a_pod_is_read_anew_and_a_login_without_a_successor_says_so(
    namespace: Namespace, kubeconfig: Path, account: Path
) -> None:
    first, second, last = (Token(namespace) for _ in range(3))
    (account / "token").write_text(first.text)
    write_login(account / "last", kubeconfig, {"token": last.text})
    renewed, ended = Cluster(), Cluster(str(account / "last"))
    pods = f"/api/v1/namespaces/{namespace.name}/pods"
    for cluster in (renewed, ended):
        await cluster.open()
        await cluster.request("GET", pods)

    (account / "token").write_text(second.text)
    await asyncio.gather(first.end(kubeconfig), last.end(kubeconfig))
    assert (await renewed.request("GET", pods))["kind"] == "PodList"
    with pytest.raises(ApiError) as refused:
        await ended.request("GET", pods)
    assert refused.value.status == 401
    for cluster in (renewed, ended):
        await cluster.close()
