"""Nothing of a notebook's Spark opens to another pod of the namespace, and its secrets are nowhere but where they must be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from kubernetes import client

from jupyter_sparkk8s.spark.ui_key import bearer_token, make_ui_key
from tests.cluster import stranger
from tests.cluster.spark_pods import all_executors, last_line, launch_secret, run_in, until
from tests.support.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cluster.environment import Namespace
    from tests.support.server import JupyterServer

START_S = 280
PATHS = ["/jobs/", "/executors/", "/environment/", "/api/v1/applications", "/metrics/executors/prometheus", "/static/webui.js"]
# What a driver offers: its endpoint, a block of data, its UI.
OFFERS = """
infos = sc._jsc.sc().statusTracker().getExecutorInfos()
kept = sc._jsc.broadcast("a line of somebody's data")
offers = {
    "host": sc.getConf().get("spark.driver.host"),
    "port": int(sc.getConf().get("spark.driver.port")),
    "block_port": next(i.port() for i in infos if i.host() == sc.getConf().get("spark.driver.host")),
    "block": f"broadcast_{kept.id()}_piece0",
    "ui": sc._jsc.sc().uiWebUrl().get(),
}
"""
# In a pod: everything that a process was started with, of all processes.
STARTED_WITH = """
import glob
for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    try:
        with open(path, "rb") as file:
            print(file.read().replace(b"\\0", b"\\n").decode(errors="replace"))
    except OSError as error:
        print(error)
"""


@pytest.fixture(scope="module")
def clear(start_server: Callable[..., JupyterServer]) -> Iterator[Notebook]:
    """A notebook whose administrator has turned encryption off: the stranger's own tools are right if they open it."""
    opened = Notebook(
        start_server(access="port-forward", spark_encryption=False, executor_instances=0, executor_max_instances=1)
    )
    yield opened
    opened.close()


def driver_of(notebook: Notebook, namespace: Namespace) -> str:
    return str(namespace.drivers(notebook.kernel_id)[0]["metadata"]["name"])


def run_stranger(namespace: Namespace, image: str, doors: dict[str, Any]) -> dict[str, Any]:
    """What the stranger found; its pod is of the administrator's making, and ``restricted``."""
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    nobody = {"runAsNonRoot": True, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"}}
    container = {
        "name": "stranger",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", Path(stranger.__file__).read_text()],
        "env": [{"name": "DOORS", "value": json.dumps(doors)}, {"name": "HOME", "value": "/tmp"}],
        "securityContext": security,
    }
    spec = {"restartPolicy": "Never", "automountServiceAccountToken": False, "securityContext": nobody}
    pod = {"metadata": {"name": "stranger"}, "spec": {**spec, "containers": [container]}}
    namespace.core.create_namespaced_pod(namespace.name, pod)

    def ended() -> bool:
        found = namespace.pod("stranger")
        return found is not None and found["status"]["phase"] in ("Succeeded", "Failed")

    try:
        until(ended, "the stranger has tried the doors", 240)
        log = namespace.core.read_namespaced_pod_log("stranger", namespace.name)
    finally:
        namespace.core.delete_namespaced_pod("stranger", namespace.name, grace_period_seconds=0)
    lines = [line for line in log.splitlines() if line.startswith("FOUND ")]
    assert lines, log
    found: dict[str, Any] = json.loads(lines[0].removeprefix("FOUND "))
    return found


def test_a_stranger_s_pod_is_refused(notebook: Notebook, clear: Notebook, namespace: Namespace, image: str) -> None:
    drivers = {}
    for name, opened in (("closed", notebook), ("clear", clear)):
        opened.run("sc", START_S)
        key = launch_secret(namespace, driver_of(opened, namespace))["ui.key"]
        drivers[name] = last_line(opened, "offers", OFFERS) | {"token": bearer_token(key)}
    settings = {"without": {}, "guessed": {"spark.authenticate": "true", "spark.authenticate.secret": "guessed"}}
    doors = {"drivers": drivers, "settings": settings, "paths": PATHS, "made_up": bearer_token(make_ui_key())}
    found = run_stranger(namespace, image, doors)
    assert (found["clear"]["rpc, without"], found["clear"]["block, without"]) == ("open", "open")
    for way in settings:
        assert "open" not in (found["closed"][f"rpc, {way}"], found["closed"][f"block, {way}"])
    for name in drivers:  # the UI is closed in both
        assert found[name]["http"] == dict.fromkeys(PATHS, 403)
        assert (found[name]["http with a made-up token"], found[name]["http with the token"]) == (403, 200)


def test_executors_can_t_read_the_kernel_s_keys(notebook: Notebook, namespace: Namespace) -> None:
    notebook.run("sc", START_S)
    code = (
        "import os\nprint(*sorted(n for n in os.listdir('/opt/sparkk8s') if n[0] != '.'), os.path.exists('/var/run/secrets'))"
    )
    for pod in all_executors(notebook, namespace):
        seen = run_in(namespace, pod["metadata"]["name"], code, container="executor").split()
        assert seen == ["executor.py", "group", "installed.py", "passwd", "spark.secret", "False"]
        account = f"system:serviceaccount:{namespace.name}:{pod['spec']['serviceAccountName']}"
        for verb, resource in (("get", "secrets"), ("list", "secrets"), ("get", "pods"), ("create", "pods")):
            asked = {"namespace": namespace.name, "verb": verb, "resource": resource}
            review = {"spec": {"user": account, "resourceAttributes": asked}}
            assert not client.AuthorizationV1Api().create_subject_access_review(review).status.allowed


def test_no_secret_is_where_others_look(notebook: Notebook, namespace: Namespace) -> None:
    notebook.run("sc", START_S)
    driver = driver_of(notebook, namespace)
    files = launch_secret(namespace, driver)
    connection = json.loads(files["connection.json"])
    secrets = {
        "the kernel's key": connection["key"],
        "the Curve key": connection["curve_secretkey"],
        "Spark's secret": files["spark.secret"],
        "the relay's token": files["relay.token"],
        "the UI's key": files["ui.key"],
    }
    assert all(len(secret) > 20 for secret in secrets.values())
    last_line(notebook, "sc.parallelize(range(4), 4).map(lambda n: n + 1).sum()")
    ui, token = last_line(notebook, "sc._jsc.sc().uiWebUrl().get()"), bearer_token(files["ui.key"])
    get = "import urllib.request as u; print(u.urlopen(u.Request({!r}, headers={{'Authorization': {!r}}})).read().decode())"
    rest = f"{ui}/api/v1/applications/{last_line(notebook, 'sc.applicationId')}"
    places = {
        "Spark's log": run_in(namespace, driver, "import os; print(open('/tmp/sparkk8s/spark.log').read())"),
        "Spark's environment page": run_in(namespace, driver, get.format(f"{ui}/environment/", token)),
        "Spark's REST API": run_in(namespace, driver, get.format(f"{rest}/environment", token)),
        "ConfigMaps": str(namespace.core.list_namespaced_config_map(namespace.name)),
        "events": str(namespace.core.list_namespaced_event(namespace.name)),
        "the server's log": notebook.server.log(),
    }
    assert "spark.authenticate" in places["Spark's environment page"]
    assert "JWSFilter" in places["Spark's REST API"]
    assert "spark.sql" not in places["ConfigMaps"]
    for pod in [*namespace.drivers(notebook.kernel_id), *all_executors(notebook, namespace)]:
        name, role = pod["metadata"]["name"], pod["spec"]["containers"][0]["name"]
        places |= {
            f"{role}: pod": json.dumps(pod),
            f"{role} {name}: environment and arguments": run_in(namespace, name, STARTED_WITH, container=role),
            f"{role} {name}: log": namespace.core.read_namespaced_pod_log(name, namespace.name),
        }
        assert "org.apache.spark" in places[f"{role} {name}: environment and arguments"]
    assert [(what, where) for where, text in places.items() for what, secret in secrets.items() if secret in text] == []
    # That the search would find them: each is in the Secret.
    assert all(secret in json.dumps(files).replace('\\"', '"') for secret in secrets.values())


def test_spark_s_settings_are_for_the_driver_s_user_alone(notebook: Notebook, namespace: Namespace) -> None:
    """They hold the UI's key."""
    code = "import os, stat\nprint(oct(stat.S_IMODE(os.stat('/tmp/sparkk8s/conf/spark-defaults.conf').st_mode)))"
    assert run_in(namespace, driver_of(notebook, namespace), code).strip() == "0o600"
