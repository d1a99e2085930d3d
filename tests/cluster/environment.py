"""The cluster as an administrator prepares it: a namespace that enforces ``restricted``, the printed rights, and a login for
the Jupyter server that has those rights and no more. The tests' own eyes see everything.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.utils import create_from_dict

from jupyter_sparkk8s.cli.main import main
from tests.support.server import JupyterServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SERVER_ACCOUNT = "jupyter-sparkk8s"
LEVELS = {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/enforce-version": "latest"}


@contextlib.contextmanager
def prepared_namespace(labels: Mapping[str, str] = LEVELS, name: str | None = None) -> Iterator[Namespace]:
    """A namespace with the printed rights; deleted at the end, with all in it, also where its making was cut short."""
    namespace = Namespace(name)
    try:
        namespace.create(labels)
        yield namespace
    finally:
        try:
            namespace.delete()
        except ApiException as error:
            if error.status != 404:  # it was not made yet
                raise
        finally:
            namespace.close()


@contextlib.contextmanager
def started_servers(folder: Callable[[str], Path], **common: Any) -> Iterator[Callable[..., JupyterServer]]:
    """Start servers outside of the cluster with ``common`` and further traits; stopped at the end where the test has not.

    ``jupyter`` holds settings of Jupyter's own, by their full names.
    """
    started: list[JupyterServer] = []

    def start(*, jupyter: dict[str, Any] | None = None, **traits: Any) -> JupyterServer:
        config = server_config(**common | traits) + "".join(
            f"c.{name} = {value!r}\n" for name, value in (jupyter or {}).items()
        )
        server = JupyterServer(folder("server"), config)
        started.append(server.__enter__())
        return server

    try:
        yield start
    finally:
        for server in started:
            server.stop()


def offer_profile(server: JupyterServer, profile: str) -> None:
    """A kernelspec for a profile, called like it, as an administrator makes one."""
    folder = server.folder / "data" / "kernels" / profile
    folder.mkdir(parents=True)
    provisioner = {"provisioner_name": "spark-k8s", "config": {"profile": profile}}
    spec = {"argv": ["python3"], "display_name": profile, "language": "python", "interrupt_mode": "message"}
    (folder / "kernel.json").write_text(json.dumps(spec | {"metadata": {"kernel_provisioner": provisioner}}))


class Namespace:
    """One namespace of the cluster, as seen by its administrator."""

    def __init__(self, name: str | None = None) -> None:
        self.name = name or f"spark-test-{uuid.uuid4().hex[:6]}"
        config.load_kube_config(os.environ["KUBECONFIG"])
        self.core = client.CoreV1Api()
        self.api_client = client.ApiClient()
        self.folder = Path(tempfile.mkdtemp(prefix="sparkk8s-ns-"))

    def create(self, labels: Mapping[str, str] = LEVELS) -> None:
        """Make the namespace and apply what ``jupyter sparkk8s rbac`` prints."""
        body = {"metadata": {"name": self.name, "labels": dict(labels)}}
        self.core.create_namespace(body)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            assert main(["rbac", "--namespace", self.name]) == 0
        for item in yaml.safe_load_all(printed.getvalue()):
            create_from_dict(self.api_client, item)

    def delete(self) -> None:
        """Delete the namespace and all in it, without waiting for the end."""
        self.core.delete_namespace(self.name)

    def close(self) -> None:
        """Close its connections, and remove its logins."""
        shutil.rmtree(self.folder)
        for api_client in (self.core.api_client, self.api_client):
            api_client.close()
            api_client.rest_client.close()

    def kubeconfig(self, account: str = SERVER_ACCOUNT, seconds: int = 36000) -> Path:
        """A kubeconfig file that logs in as ``account`` of the namespace."""
        request = {"spec": {"expirationSeconds": seconds}}
        token = self.core.create_namespaced_service_account_token(account, self.name, request).status.token
        settings = self.api_client.configuration
        authority = base64.b64encode(Path(settings.ssl_ca_cert).read_bytes()).decode()
        path = self.folder / f"{account}.kubeconfig"
        path.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "c", "cluster": {"server": settings.host, "certificate-authority-data": authority}}],
                    "users": [{"name": "u", "user": {"token": token}}],
                    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                    "current-context": "c",
                }
            )
        )
        return path

    def pods(self, selector: str = "") -> list[dict[str, Any]]:
        """Pods of the namespace as plain dicts."""
        return self._plain(self.core.list_namespaced_pod(self.name, label_selector=selector))

    def secrets(self, selector: str = "") -> list[dict[str, Any]]:
        """Secrets of the namespace."""
        return self._plain(self.core.list_namespaced_secret(self.name, label_selector=selector))

    def pod(self, name: str) -> dict[str, Any] | None:
        """One pod; None where there is none."""
        try:
            return dict(self.api_client.sanitize_for_serialization(self.core.read_namespaced_pod(name, self.name)))
        except ApiException as error:
            if error.status == 404:
                return None
            raise

    def drivers(self, kernel_id: str = "") -> list[dict[str, Any]]:
        """Driver pods, of one kernel or of all."""
        kernel = f",jupyter-sparkk8s/kernel-id={kernel_id}" if kernel_id else ""
        return self.pods("jupyter-sparkk8s/role=driver" + kernel)

    def executors(self, kernel_id: str) -> list[dict[str, Any]]:
        """Executor pods of one kernel."""
        return self.pods(f"jupyter-sparkk8s/role=executor,jupyter-sparkk8s/kernel-id={kernel_id}")

    def _plain(self, answer: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.api_client.sanitize_for_serialization(answer)["items"]
        return items


def server_config(namespace: str, image: str, **traits: Any) -> str:
    """The text of a jupyter_server_config.py for small pods on a small node, where two test processes share the memory."""
    values = {
        "namespace": namespace,
        "image": image,
        "image_pull_policy": "IfNotPresent",
        "driver_cpu": "100m",
        "driver_memory": "1Gi" if traits.get("session") == "off" else "1792Mi",
        "executor_cpu": "100m",
        "executor_memory": "1280Mi",
        "executor_instances": 2,
        **traits,
    }
    return "c = get_config()\n" + "".join(f"c.SparkK8s.{name} = {value!r}\n" for name, value in values.items())
