"""The printed admission policy on the real cluster: a cell attacks as another user would, and Spark works as without it."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from kubernetes import client
from kubernetes.utils import create_from_dict

from jupyter_sparkk8s.cli.main import main
from jupyter_sparkk8s.kubernetes.policy import WORDS
from tests.cluster.environment import Namespace, prepared_namespace, server_config
from tests.cluster.rig.claims import make_claim
from tests.cluster.rig.cluster import of_kubeconfig
from tests.cluster.spark_pods import all_executors, last_line, until
from tests.support.notebook import Notebook
from tests.support.server import JupyterServer

if TYPE_CHECKING:
    from collections.abc import Iterator

VICTIM = "spark-bob-12345678-1"
# In a cell: requests under the driver's own account, and a pod as Spark would make one, with this and that replaced.
TOOLS = """
import copy, json, os, ssl, urllib.error, urllib.request
account = "/var/run/secrets/kubernetes.io/serviceaccount/"
token, namespace = (open(account + name).read() for name in ("token", "namespace"))
trust = ssl.create_default_context(cafile=account + "ca.crt")
pods = f"/api/v1/namespaces/{namespace}/pods"

def ask(method, path, body=None, kind="application/json"):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
    url = "https://{KUBERNETES_SERVICE_HOST}:{KUBERNETES_SERVICE_PORT}".format(**os.environ) + path
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), context=trust) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return json.loads(error.read())

def executor(**spec):
    made = copy.deepcopy(template)
    made["metadata"] |= {"name": "made-by-hand", "ownerReferences": [owner]}
    made["spec"]["containers"][0]["image"] = "any"
    made["spec"] |= spec
    return made

def with_volume(mount=None, **source):
    made = executor()
    made["spec"]["volumes"].append({"name": "more", **source})
    made["spec"]["containers"][0]["volumeMounts"].append({"name": "more", "mountPath": "/more", **(mount or {})})
    return made

def create(body):
    return ask("POST", pods + "?dryRun=All", body)

def patch(path, body):
    return ask("PATCH", path, body, "application/strategic-merge-patch+json")

me = ask("GET", pods + "/" + os.environ["SPARKK8S_POD"])
owner = {"apiVersion": "v1", "kind": "Pod", "name": me["metadata"]["name"], "uid": me["metadata"]["uid"]}
template = json.load(open("/opt/sparkk8s/executor-template.json"))
stranger = ask("GET", f"{pods}/spark-bob-12345678-1")
theirs = {**owner, "name": stranger["metadata"]["name"], "uid": stranger["metadata"]["uid"]}
security, root = template["spec"]["securityContext"], {"runAsUser": 0, "runAsNonRoot": False}
unowned = executor()
unowned["metadata"].pop("ownerReferences")
for_another, posing, of_secret = executor(), executor(), executor()
for_another["metadata"]["ownerReferences"] = [owner, theirs]
posing["metadata"]["labels"]["jupyter-sparkk8s/role"] = "driver"
reference = {"valueFrom": {"secretKeyRef": {"name": "spark-bob-12345678-1", "key": "k"}}}
of_secret["spec"]["containers"][0]["env"].append({"name": "KEY", **reference})
projected = {"sources": [{"secret": {"name": "spark-bob-12345678-1"}}]}
debugger = {"name": "x", "image": "any", "targetContainerName": "driver"}
"""
# Each with what the policy says of it.
ATTACKS = {
    'ask("DELETE", f"{pods}/spark-bob-12345678-1")': "change only what its own pod owns",
    'ask("DELETE", pods + "?labelSelector=whose%3Dbob")': "change only what its own pod owns",
    "create(unowned)": "change only what its own pod owns",
    "create(for_another)": "change only what its own pod owns",
    'patch(f"{pods}/spark-bob-12345678-1", {"metadata": {"ownerReferences": [owner]}})': "change only what its own pod owns",
    'patch(f"{pods}/spark-bob-12345678-1/ephemeralcontainers", {"spec": {"ephemeralContainers": [debugger]}})': (
        "change only what its own pod owns"
    ),
    'ask("POST", f"{pods}/spark-bob-12345678-1/exec?command=id&stdout=true")': "not connect to pods",
    'create(executor(serviceAccountName="jupyter-sparkk8s"))': "only under the executors' account",
    'create(executor(serviceAccountName="spark-driver"))': "only under the executors' account",
    "create(posing)": "only with the label jupyter-sparkk8s/role=executor",
    'create(with_volume(secret={"secretName": "spark-bob-12345678-1"}))': "mount only its own Secret",
    "create(with_volume(projected=projected))": "mount only its own Secret",
    'create(with_volume(configMap={"name": "settings-of-others"}))': "mount only its own Secret",
    'create(with_volume(persistentVolumeClaim={"claimName": "of-bob"}))': "mount only its own Secret",
    'create(with_volume(hostPath={"path": "/"}))': "mount only its own Secret",
    'create(with_volume(persistentVolumeClaim={"claimName": "data"}))': "only as that says (subPath, readOnly)",
    'create(with_volume({"subPath": "bob"}, persistentVolumeClaim={"claimName": "homes"}))': "only as that says",
    "create(of_secret)": "only its own Secret into a pod's environment",
    "create(executor(securityContext=security | root))": "only with the users and groups",
    "create(executor(securityContext=security | {'supplementalGroups': [4501]}))": "only with the users",
    "create(executor(hostNetwork=True))": "make no privileged pods",
}


@pytest.fixture(scope="module")
def config(cluster: dict[str, Any], image: str) -> Iterator[tuple[Namespace, str]]:
    """A namespace under the policy that these settings give, and the settings."""
    found = of_kubeconfig(Path(cluster["kubeconfig"]))
    assert found is not None
    # Pod Security would refuse some attacks before the policy does.
    with prepared_namespace({"pod-security.kubernetes.io/enforce": "privileged"}) as made:
        make_claim(*found, made.name, "data")
        home = make_claim(*found, made.name, "homes").folder / "anna"
        home.mkdir(exist_ok=True)
        home.chmod(0o777)
        volumes = [
            {"name": "data", "mountPath": "/data", "readOnly": True, "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "home", "mountPath": "/h/{username}", "subPath": "{username}"}
            | {"persistentVolumeClaim": {"claimName": "homes"}},
        ]
        settings = {"kubeconfig": str(made.kubeconfig()), "volumes": volumes, "supplemental_groups": [4500]}
        text = server_config(made.name, image, executor_instances=1, executor_max_instances=2, **settings)
        objects = print_policy(made, text)
        victim(made, image)
        for item in objects:
            create_from_dict(made.api_client, item)
        try:
            yield made, text
        finally:
            api = client.AdmissionregistrationV1Api()
            for item in objects:
                kind = "validating_admission_policy" + ("_binding" if item["kind"].endswith("Binding") else "")
                getattr(api, f"delete_{kind}")(item["metadata"]["name"])


def print_policy(namespace: Namespace, config: str) -> list[dict[str, Any]]:
    folder = namespace.folder / "config"
    folder.mkdir()
    (folder / "jupyter_sparkk8s_config.py").write_text(config)
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patched, contextlib.redirect_stdout(printed):
        patched.setenv("JUPYTER_CONFIG_DIR", str(folder))
        assert main(["rbac", "--namespace", namespace.name, "--policy"]) == 0
    return [item for item in yaml.safe_load_all(printed.getvalue()) if item["kind"].startswith("ValidatingAdmission")]


def victim(namespace: Namespace, image: str) -> None:
    """Another user's driver; and an administrator who gave drivers more rights than the printed Role does."""
    container = {"name": "driver", "image": image, "command": ["sleep", "3600"]}
    labels = {"jupyter-sparkk8s/role": "driver", "whose": "bob"}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0, "serviceAccountName": "spark-driver"}
    namespace.core.create_namespaced_pod(namespace.name, {"metadata": {"name": VICTIM, "labels": labels}, "spec": spec})
    rules = [
        {"apiGroups": [""], "resources": ["pods/ephemeralcontainers"], "verbs": ["patch"]},
        {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create", "get"]},
    ]
    about = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "more", "namespace": namespace.name}}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "more"}
    subjects = [{"kind": "ServiceAccount", "name": "spark-driver", "namespace": namespace.name}]
    create_from_dict(namespace.api_client, {**about, "kind": "Role", "rules": rules})
    create_from_dict(namespace.api_client, {**about, "kind": "RoleBinding", "roleRef": role, "subjects": subjects})


@pytest.mark.timeout(600)  # a Spark session, two executors one after the other
def test_a_cell_attacks_its_neighbour_and_spark_works(config: tuple[Namespace, str], tmp_path: Path) -> None:
    namespace, text = config
    with JupyterServer(tmp_path, text, {"JUPYTERHUB_USER": "anna"}) as server:
        notebook = Notebook(server)
        assert last_line(notebook, "ask('GET', pods)['kind']", TOOLS) == "PodList"
        # The API server has a policy a moment after it was made.
        until(lambda: WORDS in last_line(notebook, "create(unowned)").get("message", ""), "the policy is in force")
        answers = last_line(notebook, f"{{attack: eval(attack) for attack in {list(ATTACKS)}}}")
        for attack, words in ATTACKS.items():
            answer = answers[attack]
            assert answer.get("code") == 403, (attack, answer)
            assert f"{WORDS} " in answer["message"], (attack, answer)
            assert words in answer["message"], (attack, answer)
        assert "deletionTimestamp" not in (namespace.pod(VICTIM) or {})["metadata"]
        assert last_line(notebook, "create(executor())")["kind"] == "Pod"

        # More tasks than one executor takes: Spark asks for the second one while the first works.
        notebook.run("import time\nwork = lambda n: time.sleep(5) or open(f'/h/anna/{n}', 'w').write('x')", timeout_s=280)
        assert last_line(notebook, "sc.parallelize(range(12), 12).map(work).sum()") == 12
        all_executors(notebook, namespace, 2)
        (name,) = (pod["metadata"]["name"] for pod in namespace.drivers(notebook.kernel_id))
        notebook.run("spark.stop()")
        until(lambda: not namespace.executors(notebook.kernel_id), "Spark's own end deletes the executors")
        assert "denied request" not in notebook.run("print(open('/tmp/sparkk8s/spark.log').read())")
        # A driver may delete itself: one that nobody uses does.
        deleted = last_line(notebook, "ask('DELETE', f\"{pods}/{os.environ['SPARKK8S_POD']}?dryRun=All\")")
        assert deleted["metadata"]["name"] == name, json.dumps(deleted)
        notebook.close()
