"""Users, their namespaces and their sites, on the real cluster: whose objects are whose, names that nobody expected, GPUs,
a private certificate authority, and a proxy that leads nowhere.
"""

from __future__ import annotations

import json
import subprocess
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_sparkk8s.backends.launch_set import driver_env, launch_set
from jupyter_sparkk8s.config.resolve import LaunchContext, resolve
from jupyter_sparkk8s.config.templates import path_segment, slug
from jupyter_sparkk8s.config.traits import SparkK8s
from jupyter_sparkk8s.kubernetes.manifests import driver_pod, executor_template, launch_secret
from jupyter_sparkk8s.models.driver import Access, DriverSpec
from tests.cluster.environment import Namespace, prepared_namespace
from tests.cluster.spark_pods import last_line
from tests.pure.hostile import EXAMPLES
from tests.support.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.server import JupyterServer

# What a site may write of a user, in each place.
EVERYWHERE: dict[str, Any] = {
    "labels": {"example.org/team": "{username}", "example.org/kernel": "{kernel_id}", "example.org/server": "{server}"},
    "annotations": {"example.org/contact": "{username}@site.org", "example.org/cost-centre": "42"},
    "env": {"OWNER": "{username}", "WORK": "/home/{username}/work"},
    "spark_conf": {"spark.eventLog.dir": "file:///logs/{username}", "spark.job.description": "{username}"},
    "volumes": [
        {"name": "home", "mountPath": "/home/{username}", "subPath": "{username}", "emptyDir": {}},
        {"name": "own", "mountPath": "/own", "persistentVolumeClaim": {"claimName": "home-{username}"}},
    ],
}


def spec_of(namespace: Namespace, username: str = "anna", **traits: Any) -> DriverSpec:
    settings = SparkK8s(**{"namespace": namespace.name, "image": "registry.org/spark:4.3", **traits})
    return resolve(settings, LaunchContext(str(uuid.uuid4()), username, "hub-1", Access.PORT_FORWARD, {}))


def accepted(namespace: Namespace, spec: DriverSpec) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Driver, executor and Secret as Kubernetes would keep them. An executor as Spark completes it, but for its owner."""
    files = launch_set(spec, "{}", "secret", "key", "token")
    executor = executor_template(spec)
    executor["metadata"]["name"] = f"{spec.pod_name}-exec-1"
    container = executor["spec"]["containers"][0]
    memory = f"{spec.executor.memory.total}Mi"
    asked = {"requests": {"cpu": spec.executor.cpu, "memory": memory}, "limits": {"memory": memory}}
    container |= {"image": spec.image, "args": ["executor"]}
    container["resources"] = {kind: asked[kind] | container.get("resources", {}).get(kind, {}) for kind in asked}
    create, how = namespace.core, {"dry_run": "All", "field_validation": "Strict"}
    made = [
        create.create_namespaced_pod(namespace.name, driver_pod(spec, files, driver_env(spec)), **how),
        create.create_namespaced_pod(namespace.name, executor, **how),
        create.create_namespaced_secret(namespace.name, launch_secret(spec, files, str(uuid.uuid4())), **how),
    ]
    driver, executor, secret = (namespace.api_client.sanitize_for_serialization(each) for each in made)
    return driver, executor, secret


def test_names_that_nobody_expected_are_taken_and_stay_apart(namespace: Namespace) -> None:
    """Each through every template; Kubernetes says what it would keep, and makes nothing."""
    seen: list[tuple[str, ...]] = []
    for name in EXAMPLES:
        spec = spec_of(namespace, name, **EVERYWHERE)
        for item in accepted(namespace, spec):
            metadata = item["metadata"]
            assert metadata["labels"]["example.org/team"] == slug(name)
            assert metadata["annotations"]["example.org/contact"] == f"{shown(name)}@site.org"
            if item["kind"] == "Pod":
                container = item["spec"]["containers"][0]
                env = {each["name"]: each.get("value", "") for each in container["env"]}
                mounts = {each["mountPath"]: each for each in container["volumeMounts"]}
                assert env["WORK"] == f"/home/{path_segment(name)}/work"
                assert mounts[f"/home/{path_segment(name)}"]["subPath"] == path_segment(name)
                claims = [volume["persistentVolumeClaim"] for volume in item["spec"]["volumes"] if volume["name"] == "own"]
                assert claims == [{"claimName": f"home-{slug(name)}"}]
                assert "\nmetadata" not in json.dumps(item)
        seen.append((slug(name), path_segment(name), spec.user_label, spec.pod_name))
    for values in zip(*seen, strict=True):
        assert len(set(values)) == len(EXAMPLES)


def shown(name: str) -> str:
    """As JSON brings it over: half a character is none."""
    return name.encode("utf-8", "surrogatepass").decode("utf-8", "replace") if name != "\ud800" else "\ufffd"


def test_gpus_for_executors(namespace: Namespace) -> None:
    """As the documentation has it. The cluster has none: nothing is started."""
    gpus = {"limits": {"nvidia.com/gpu": "1"}}
    spec = spec_of(
        namespace,
        executor_pod_extra={"spec": {"containers": [{"name": "executor", "resources": gpus}]}},
        spark_conf={"spark.executor.resource.gpu.amount": "1", "spark.task.resource.gpu.amount": "0.25"},
        image_pull_secrets=["registry-login"],
    )
    driver, executor, _ = accepted(namespace, spec)
    assert executor["spec"]["containers"][0]["resources"]["limits"] == {"memory": "4Gi", "nvidia.com/gpu": "1"}
    assert driver["spec"]["containers"][0]["resources"]["limits"] == {"memory": "4Gi"}
    assert driver["spec"]["imagePullSecrets"] == [{"name": "registry-login"}]


@pytest.fixture
def site() -> Iterator[dict[str, Namespace]]:
    """A namespace for each of two users, by JupyterHub's names for them."""
    prefix = f"spark-test-{uuid.uuid4().hex[:6]}"
    with ExitStack() as stack:
        yield {
            user: stack.enter_context(prepared_namespace(name=f"{prefix}-{slug(user)}"))
            for user in ("anna", "Bob.Builder@site.org")
        }


def test_a_namespace_for_each_user(
    site: dict[str, Namespace], start_server: Callable[..., JupyterServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    template = site["anna"].name.removesuffix("anna") + "{username}"
    traits = {name: EVERYWHERE[name] for name in ("labels", "annotations", "env")}
    for user, own in site.items():
        monkeypatch.setenv("JUPYTERHUB_USER", user)
        server = start_server(namespace=template, kubeconfig=str(own.kubeconfig()), session="off", server_id="hub-7", **traits)
        notebook = Notebook(server)
        assert json.loads(notebook.run("import json, os; print(json.dumps([os.environ['OWNER'], os.environ['WORK']]))")) == [
            user,
            f"/home/{path_segment(user)}/work",
        ]
        (pod,) = own.drivers()
        (secret,) = [item for item in own.secrets() if item["metadata"]["name"] == pod["metadata"]["name"]]
        for item in (pod, secret):
            labels, annotations = item["metadata"]["labels"], item["metadata"]["annotations"]
            assert labels["jupyter-sparkk8s/user"] == slug(user)
            assert labels["jupyter-sparkk8s/server"] == labels["example.org/server"] == "hub-7"
            assert labels["example.org/team"] == slug(user)
            assert labels["example.org/kernel"] == labels["jupyter-sparkk8s/kernel-id"] == notebook.kernel_id
            assert annotations["jupyter-sparkk8s/username"] == user
            assert annotations["example.org/cost-centre"] == "42"
        notebook.close()
        server.stop()


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A site's own certificate authority, which here is its server's certificate too; its key lies beside it."""
    pem = tmp_path / "site.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command += ["-addext", "keyUsage=critical,digitalSignature,keyCertSign", "-keyout", str(tmp_path / "key")]
    subprocess.run([*command, "-out", str(pem)], check=True, capture_output=True)
    return pem


SERVE = """
def fetch(certificate_and_key):
    "Ask a server of the site, in this very process, and say what it answers."
    import http.server, ssl, tempfile, threading, urllib.request
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(certificate_and_key)
        file.flush()
        context.load_cert_chain(file.name)
    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"site")
        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(("localhost", 0), Site)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"https://localhost:{server.server_port}/"
    return url, urllib.request.urlopen(url).read().decode()
"""

API = """
import os, ssl, urllib.request
account = "/var/run/secrets/kubernetes.io/serviceaccount/"
address = "https://{}:{}/version".format(os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"])
login = {"Authorization": "Bearer " + open(account + "token").read()}
def ask():
    trust = ssl.create_default_context(cafile=account + "ca.crt")
    try:
        return urllib.request.urlopen(urllib.request.Request(address, headers=login), context=trust).status
    except OSError as error:
        return str(error)
exempt = ask()
kept = {name: os.environ.pop(name) for name in ("NO_PROXY", "no_proxy")}
by_the_proxy = ask()
os.environ.update(kept)
"""


@pytest.mark.timeout(600)
def test_a_site_s_own_authority_and_a_proxy_that_leads_nowhere(
    start_server: Callable[..., JupyterServer], authority: Path
) -> None:
    """The API server, the pod's own services and the executors are reached past the proxy, by Python and by Spark. Python and
    Java trust the site's server.
    """
    notebook = Notebook(
        start_server(
            access="port-forward",
            session="lazy",
            executor_instances=1,
            ca_bundle=str(authority),
            env={"HTTPS_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"},
        )
    )
    status, without = last_line(notebook, "[exempt, by_the_proxy]", API)
    assert status == 200
    assert "Connection refused" in without
    pair = authority.read_text() + (authority.parent / "key").read_text()
    url, answer = last_line(notebook, "fetch(PAIR)", f"{SERVE}\nPAIR = {pair!r}")
    assert answer == "site"
    java = f"sc._jvm.java.util.Scanner(sc._jvm.java.net.URL({url!r}).openStream()).next()"
    assert last_line(notebook, java) == "site"
    in_executor = "sc.parallelize([PAIR], 1).map(lambda pair: fetch(pair)[1]).collect()"
    assert last_line(notebook, in_executor) == ["site"]
    notebook.close()
