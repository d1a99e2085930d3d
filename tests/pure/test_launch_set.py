"""What a driver's Secret holds: every file that pods mount, in the places where the other files look for them."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import certifi
import pytest

from jupyter_sparkk8s.backends.launch_set import driver_env, launch_set
from jupyter_sparkk8s.config.resolve import resolve
from jupyter_sparkk8s.kubernetes.manifests import driver_pod, executor_template, launch_secret
from jupyter_sparkk8s.models import layout
from jupyter_sparkk8s.spark import launch_files
from jupyter_sparkk8s.spark.java_options import COMPILER
from jupyter_sparkk8s.spark.properties import cluster_properties, render
from jupyter_sparkk8s.spark.truststore import truststore

from . import specs
from .hostile import EXAMPLES

ALWAYS = {
    "connection.json",
    "spark.secret",
    "ui.key",
    "executor-template.json",
    "conf/spark-defaults.conf",
    "conf/spark-env.sh",
    "conf/log4j2.properties",
    "passwd",
    "group",
    # All of the project's that run in a pod, but for what `jupyter sparkk8s check` sends to its own.
    *(file.name for file in Path(launch_files.__file__).parent.glob("[!_]*.py") if file.name != "probe.py"),
}


def test_its_files() -> None:
    spec = resolve(specs.settings(), specs.launch())
    files = launch_set(spec, "connection", "secret", "key", "")
    assert set(files) == ALWAYS
    assert [files[name] for name in ("connection.json", "spark.secret", "ui.key")] == ["connection", "secret", "key"]
    assert json.loads(files["executor-template.json"]) == executor_template(spec)
    assert files["conf/spark-defaults.conf"] == render(cluster_properties(spec))
    assert files["passwd"] == "root:x:0:0:root:/root:/bin/sh\nanna:x:185:185::/home/spark:/bin/sh\n"
    assert files["group"] == "root:x:0:\nanna:x:185:\n"


def test_with_a_relay() -> None:
    files = launch_set(resolve(specs.settings(), specs.launch()), "c", "s", "u", "token")
    assert files["relay.token"] == "token"
    more = set(files) - ALWAYS - {"relay.token"}
    assert "relay/pod.py" in more
    assert all(re.fullmatch(r"relay/\w+\.py", name) for name in more)


def test_what_pods_mount_is_in_the_secret() -> None:
    spec = resolve(specs.settings(), specs.launch())
    files = launch_set(spec, "c", "s", "u", "token")
    secret = launch_secret(spec, files, "uid")
    assert all(re.fullmatch(r"[-._a-zA-Z0-9]{1,253}", key) for key in secret["stringData"])  # Kubernetes' rule for keys
    for pod in (driver_pod(spec, files, {}), executor_template(spec)):
        volume = pod["spec"]["volumes"][0]["secret"]
        assert volume["secretName"] == secret["metadata"]["name"]
        mounted = {item["path"]: secret["stringData"][item["key"]] for item in volume["items"]}
        assert mounted == {path: files[path] for path in mounted}
        below = [mount["subPath"] for mount in pod["spec"]["containers"][0]["volumeMounts"] if "subPath" in mount]
        assert set(below) <= set(mounted)


def test_what_both_roles_trust() -> None:
    spec = resolve(specs.settings(ca_bundle=certifi.where()), specs.launch())
    files = launch_set(spec, "c", "s", "u", "")
    assert files["ca-bundle.pem"] == spec.ca_bundle
    assert files["truststore.jks"] == truststore(spec.ca_bundle)
    secret = launch_secret(spec, files, "uid")
    assert base64.b64decode(secret["data"]["truststore.jks"]) == files["truststore.jks"]
    for pod in (driver_pod(spec, files, {}), executor_template(spec)):
        paths = {item["path"] for item in pod["spec"]["volumes"][0]["secret"]["items"]}
        assert {layout.CA_BUNDLE, layout.TRUSTSTORE} <= {f"{layout.LAUNCH_DIR}/{path}" for path in paths}
        env = {item["name"]: item.get("value") for item in pod["spec"]["containers"][0]["env"]}
        assert env["SSL_CERT_FILE"] == env["REQUESTS_CA_BUNDLE"] == env["CURL_CA_BUNDLE"] == layout.CA_BUNDLE
    properties = cluster_properties(spec)
    for role in ("driver", "executor"):
        assert properties[f"spark.{role}.defaultJavaOptions"] == (
            f"{COMPILER} -Djavax.net.ssl.trustStore=/opt/sparkk8s/truststore.jks -Djavax.net.ssl.trustStoreType=JKS"
        )


def test_paths_that_files_name_are_those_of_the_mounts() -> None:
    files = launch_set(resolve(specs.settings(), specs.launch()), "c", "s", "u", "token")
    named = {layout.CONNECTION_FILE, layout.RELAY_TOKEN, layout.EXECUTOR_TEMPLATE, layout.SPARK_SECRET}
    assert {path.removeprefix(f"{layout.LAUNCH_DIR}/") for path in named} <= set(files)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_hostile_name_adds_no_account(name: str) -> None:
    spec = resolve(specs.settings(run_as_user=1000, run_as_group=100), specs.launch(username=name))
    files = launch_set(spec, "c", "s", "u", "")
    accounts = [line.split(":") for line in str(files["passwd"]).splitlines()]
    groups = [line.split(":") for line in str(files["group"]).splitlines()]
    assert [(len(fields), fields[2], fields[3]) for fields in accounts] == [(7, "0", "0"), (7, "1000", "100")]
    assert [(len(fields), fields[2]) for fields in groups] == [(4, "0"), (4, "100")]
    assert accounts[1][0] == groups[1][0] == spec.user_label


def test_a_primary_group_of_root_has_its_name_already() -> None:
    assert launch_set(resolve(specs.settings(run_as_group=0), specs.launch()), "c", "s", "u", "")["group"] == "root:x:0:\n"


def test_the_driver_s_variables_lead_to_writable_places() -> None:
    spec = resolve(specs.settings(session="lazy"), specs.launch())
    env = driver_env(spec)
    assert env == {
        "IPYTHONDIR": "/home/spark/.ipython",
        "MPLCONFIGDIR": "/tmp/matplotlib",
        "SPARK_LOCAL_DIRS": "/tmp/spark",
        "SPARK_CONF_DIR": "/tmp/sparkk8s/conf",
        "SPARKK8S_LOG": "/tmp/sparkk8s/spark.log",
        "SPARKK8S_REFUSED": "/tmp/sparkk8s/refused",
        "SPARKK8S_SESSION": "lazy",
        "SPARKK8S_POD": spec.pod_name,
        "SPARKK8S_ALONE_S": f"{spec.alone_timeout_s:g}",
        "SPARKK8S_EXECUTORS": f"jupyter-sparkk8s/kernel-id={spec.kernel_id},jupyter-sparkk8s/role=executor",
        "SPARKK8S_SHARES": "",
        "SPARKK8S_UI_PORTS": "4040-4057",
        "PYSPARK_PYTHON": "python3",
        "PYSPARK_DRIVER_PYTHON": "python3",
        "PYTHONHASHSEED": "0",
    }
    container = driver_pod(spec, {}, env)["spec"]["containers"][0]
    writable = [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")]
    assert writable == ["/home/spark", "/tmp"]
    assert all(value.startswith(("/home/spark/", "/tmp/")) for value in env.values() if value.startswith("/"))
