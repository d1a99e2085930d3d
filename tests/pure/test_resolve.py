"""Settings, profile and launch make one DriverSpec; a wrong value is told by its trait when the server starts."""

from __future__ import annotations

import re
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_sparkk8s.config.checks import check
from jupyter_sparkk8s.config.resolve import resolve
from jupyter_sparkk8s.config.traits import SparkK8s
from jupyter_sparkk8s.errors import ConfigurationError
from jupyter_sparkk8s.models.driver import Access, DriverSpec, Memory, OwnerPod, Role, SessionMode, Volume

from .hostile import names
from .specs import KERNEL, launch, refusal, settings

DEFAULTS = DriverSpec(
    kernel_id=KERNEL,
    pod_name="spark-anna-3f2a9c10-1",
    namespace="default",
    username="anna",
    user_label="anna",
    server_id="hub-1",
    access=Access.DIRECT,
    image="registry.org/spark:4.3",
    image_pull_policy=None,
    image_pull_secrets=(),
    driver=Role("1", None, Memory(heap=2459, overhead=409, python=1228), "spark-driver"),
    executor=Role("1", None, Memory(heap=2868, overhead=409, python=819), "spark-executor"),
    executor_instances=2,
    executor_max_instances=2,
    executor_cores=1,
    uid=185,
    gid=185,
    supplemental_groups=(),
    node_selector={},
    tolerations=(),
    labels={},
    annotations={},
    volumes=(),
    spark_conf={},
    spark_encryption=True,
    session=SessionMode.EAGER,
    env={},
    encrypted=True,
    start_timeout_s=300,
    unschedulable_grace_s=5,
    alone_timeout_s=7200,
    owner=None,
)


def test_defaults() -> None:
    assert resolve(settings(), launch()) == DEFAULTS


def test_everything_set() -> None:
    owner = OwnerPod("jupyter-0", "uid-of-server")
    toleration = {"key": "spark", "operator": "Exists"}
    spec = resolve(
        settings(
            namespace="spark-{username}",
            image_pull_policy="never",
            image_pull_secrets=["registry.login"],
            driver_cpu="500m",
            driver_cpu_limit="1",
            driver_memory="2Gi",
            driver_service_account="driver-{username}",
            driver_pod_extra={"spec": {"priorityClassName": "high"}},
            executor_instances=1,
            executor_max_instances=8,
            executor_cpu="1500m",
            executor_cpu_limit="2",
            executor_memory="2Gi",
            run_as_user=1000,
            run_as_group=100,
            supplemental_groups=[4000, 4001],
            node_selector={"disk": "fast", "example.org/pool": ""},
            tolerations=[toleration],
            labels={"team": "gaia-{username}", "example.org/cost": 7},
            annotations={"example.org/contact": "{username}@site.org {sic}"},
            volumes=[{"name": "home", "mountPath": "/home/{username}", "hostPath": {"path": "/shares/{username}"}}],
            spark_conf={"spark.app.name": "{username}", "spark.x": "{{APP_ID}}", "spark.y": 5},
            spark_encryption=False,
            session="Lazy",
            env={"TEAM": "{username}", "LEVEL": 3, "LANG": "C"},
            env_allow=["LANG", "PROXY", "MISSING"],
            start_timeout_s=60,
            unschedulable_grace_s=0,
            alone_timeout_s=0,
            transport_encryption="off",
        ),
        launch(
            username="Anna B",
            launch=3,
            access=Access.PORT_FORWARD,
            environ={"LANG": "de_DE.UTF-8", "PROXY": "http://proxy:3128", "SECRET": "not asked for"},
            owner=owner,
            owner_namespace="spark-anna-b--a6b0e86732af1a3d",
        ),
    )
    assert spec == DriverSpec(
        kernel_id=KERNEL,
        pod_name="spark-anna-b--a6b0e86732af1a3d-3f2a9c10-3",
        namespace="spark-anna-b--a6b0e86732af1a3d",
        username="Anna B",
        user_label="anna-b--a6b0e86732af1a3d",
        server_id="hub-1",
        access=Access.PORT_FORWARD,
        image="registry.org/spark:4.3",
        image_pull_policy="Never",
        image_pull_secrets=("registry.login",),
        driver=Role(
            cpu="500m",
            cpu_limit="1",
            memory=Memory(heap=1178, overhead=256, python=614),
            service_account="driver-anna-b--a6b0e86732af1a3d",
            pod_extra={"spec": {"priorityClassName": "high"}},
        ),
        executor=Role("1500m", "2", Memory(heap=1383, overhead=256, python=409), "spark-executor"),
        executor_instances=1,
        executor_max_instances=8,
        executor_cores=2,
        uid=1000,
        gid=100,
        supplemental_groups=(4000, 4001),
        node_selector={"disk": "fast", "example.org/pool": ""},
        tolerations=(toleration,),
        labels={"team": "gaia-anna-b--a6b0e86732af1a3d", "example.org/cost": "7"},
        annotations={"example.org/contact": "Anna B@site.org {sic}"},
        volumes=(
            Volume(
                "home",
                {"hostPath": {"path": "/shares/anna-b--3870512163be202a"}},
                {"mountPath": "/home/anna-b--3870512163be202a"},
                {"driver": False, "executor": False},
            ),
        ),
        spark_conf={"spark.app.name": "Anna B", "spark.x": "{{APP_ID}}", "spark.y": "5"},
        spark_encryption=False,
        session=SessionMode.LAZY,
        env={"LANG": "C", "PROXY": "http://proxy:3128", "TEAM": "Anna B", "LEVEL": "3"},
        encrypted=False,
        start_timeout_s=60,
        unschedulable_grace_s=0,
        alone_timeout_s=0,
        owner=owner,
    )


def test_an_owner_in_another_namespace_is_none() -> None:
    spec = resolve(settings(namespace="spark"), launch(owner=OwnerPod("jupyter-0", "u"), owner_namespace="hub"))
    assert spec.owner is None


ONE_NAMESPACE_EACH = settings(namespace="{username}")


@given(name=names, number=st.integers(1, 10**6), kernel=st.uuids())
@hypothesis.settings(max_examples=50)
def test_a_pod_s_name_serves_as_its_host_name(name: str, number: int, kernel: Any) -> None:
    """A pod's name may have 253 characters, but its host name is cut after 63, and Spark asks for both."""
    spec = resolve(ONE_NAMESPACE_EACH, launch(username=name, launch=number, kernel_id=str(kernel)))
    assert re.fullmatch(r"[a-z][-a-z0-9]{0,61}[a-z0-9]", spec.pod_name)
    assert spec.username == name
    # user, kernel and launch can be read back from the right, so two launches never share a name
    assert spec.pod_name == f"spark-{spec.user_label}-{str(kernel)[:8]}-{number}"


@pytest.mark.parametrize(
    ("traits", "text"),
    [
        ({"image": ""}, "c.SparkK8s.image is not set. Name an image with Python, ipykernel, pyspark and Java in "),
        ({"namespace": "My_Space"}, "c.SparkK8s.namespace gives 'My_Space', which Kubernetes does not take; right would be: "),
        ({"namespace": "{user}"}, "c.SparkK8s.namespace holds {user} in '{user}'; the variables are {username}, {kernel_id}, "),
        ({"driver_cpu": "two"}, "c.SparkK8s.driver_cpu = 'two' is not a Kubernetes quantity."),
        ({"executor_cpu_limit": "0"}, "c.SparkK8s.executor_cpu_limit = '0' is not a number of cores."),
        (
            {"driver_cpu": "2", "driver_cpu_limit": "1500m"},
            "c.SparkK8s.driver_cpu_limit = '1500m' is below driver_cpu = '2'. Raise the limit or leave it empty.",
        ),
        ({"driver_memory": "0.5Gi"}, "c.SparkK8s.driver_memory = '0.5Gi' is too little for Spark: its heap needs 480 MiB"),
        ({"executor_memory": "lots"}, "c.SparkK8s.executor_memory = 'lots' is not a Kubernetes quantity."),
        ({"driver_service_account": "Driver"}, "c.SparkK8s.driver_service_account gives 'Driver', which Kubernetes does not"),
        ({"executor_service_account": ""}, "c.SparkK8s.executor_service_account gives '', which Kubernetes does not"),
        ({"executor_instances": 0}, "c.SparkK8s.executor_instances = 0 leaves Spark without executors: no job would ever run."),
        (
            {"env": {"SPARKK8S_LOG": "x"}},
            "c.SparkK8s.env or env_allow sets SPARKK8S_LOG, which the start of driver or executors sets itself.",
        ),
        (
            {"env": {"POD_IP": "x"}},
            "c.SparkK8s.env or env_allow sets POD_IP, which the start of driver or executors sets itself.",
        ),
        *(
            (traits, f"c.SparkK8s.{next(iter(traits))} holds {{username}}, and is no template: it is taken as it is written. ")
            for traits in (
                {"image": "registry.org/{username}:1"},
                {"node_selector": {"owner": "{username}"}},
                {"driver_pod_extra": {"metadata": {"labels": {"owner": "{username}"}}}},
            )
        ),
        ({"env": {"A": None}}, "c.SparkK8s.env['A'] = None is wrong; right would be a text or a number."),
        (
            {"env": {"A": True}},
            "c.SparkK8s.env['A'] = True is wrong; right would be a text or a number. Write 'true' with its quotes",
        ),
        ({"env": {"A": "b\0c"}}, "c.SparkK8s.env['A'] = 'b\\x00c' holds a NUL character"),
        ({"env": {3: "x"}}, "c.SparkK8s.env has the key 3; keys are texts."),
        ({"env": {"SPARK_EXECUTOR_CORES": "3"}}, "c.SparkK8s.env or env_allow sets SPARK_EXECUTOR_CORES, which the start of"),
        ({"env_allow": ["SPARKK8S_POD"]}, "c.SparkK8s.env or env_allow sets SPARKK8S_POD, which the start of driver or"),
        ({"env_allow": ["A=B"]}, "c.SparkK8s.env gives 'A=B', which Kubernetes does not take"),
        ({"annotations": {"a": ["b"]}}, "c.SparkK8s.annotations['a'] = ['b'] is wrong; right would be a text or a number."),
        (
            {"annotations": {"jupyter-sparkk8s/username": "eve"}},
            "c.SparkK8s.annotations sets 'jupyter-sparkk8s/username', by which",
        ),
        (
            {"labels": {"jupyter-sparkk8s/user": "eve"}},
            "c.SparkK8s.labels sets 'jupyter-sparkk8s/user', by which a kernel's pods",
        ),
        ({"labels": {"team": None}}, "c.SparkK8s.labels = None is wrong; right would be a text or a number."),
        ({"spark_conf": {"spark.x": {}}}, "c.SparkK8s.spark_conf['spark.x'] = {} is wrong; right would be a text or a number."),
        (
            {"executor_max_instances": 1},
            "c.SparkK8s.executor_max_instances = 1 is below executor_instances = 2, the least number.",
        ),
        ({"image_pull_secrets": ["a b"]}, "c.SparkK8s.image_pull_secrets gives 'a b', which Kubernetes does not take"),
        ({"node_selector": {"disk": True}}, "c.SparkK8s.node_selector gives True, which Kubernetes does not take"),
        ({"node_selector": {"a/b/c": "x"}}, "c.SparkK8s.node_selector gives 'a/b/c', which Kubernetes does not take"),
        ({"labels": {"team": "Gaia DR2"}}, "c.SparkK8s.labels gives 'Gaia DR2', which Kubernetes does not take"),
        ({"labels": {"-team": "x"}}, "c.SparkK8s.labels gives '-team', which Kubernetes does not take"),
        ({"labels": {"team": "{team}"}}, "c.SparkK8s.labels holds {team} in '{team}'; the variables are {username}, "),
        ({"annotations": {"a b": "x"}}, "c.SparkK8s.annotations gives 'a b', which Kubernetes does not take"),
        ({"env": {"A=B": "x"}}, "c.SparkK8s.env gives 'A=B', which Kubernetes does not take"),
        (
            {"volumes": [{"name": "gaia"}]},
            "c.SparkK8s.volumes[0] (gaia) needs exactly one source, such as persistentVolumeClaim",
        ),
        (
            {"volumes": [{"name": "gaia", "mountPath": "/{user}", "emptyDir": {}}]},
            "c.SparkK8s.volumes holds {user} in '/{user}'; the variables are {username}, {kernel_id}, {server}.",
        ),
        (
            {"driver_pod_extra": {"nodeName": "n", "containers": []}},
            "c.SparkK8s.driver_pod_extra sets containers, nodeName at the pod's root, where there are only metadata and spec.",
        ),
    ],
)
def test_each_wrong_value_is_told_by_its_trait_and_at_the_server_s_start(traits: dict[str, Any], text: str) -> None:
    assert refusal(traits).startswith(text)
    if "image" not in traits:
        with pytest.raises(ConfigurationError, match="^" + re.escape(text)):
            check(settings(**traits))
        # The same value in a profile, under settings that have no image of their own.
        with pytest.raises(ConfigurationError):
            check(SparkK8s(profiles=[{"name": "p", **traits}]))


def test_a_server_id_is_a_label() -> None:
    assert refusal({}, server_id="a,b").startswith("c.SparkK8s.server_id gives 'a,b', which Kubernetes does not take")


def test_a_server_without_a_cluster_starts() -> None:
    check(SparkK8s())
    check(settings(profiles=[{"name": "large", "executor_instances": 10}]))


def test_a_template_must_hold_the_longest_user() -> None:
    """Found out at the server's start, not when the user with the long name comes."""
    with pytest.raises(ConfigurationError, match=r"^c\.SparkK8s\.namespace gives '\w{40}-a-user-name"):
        check(settings(namespace="n" * 40 + "-{username}"))


def test_true_and_false_are_spark_s_words() -> None:
    assert resolve(settings(spark_conf={"spark.speculation": True}), launch()).spark_conf == {"spark.speculation": "true"}
