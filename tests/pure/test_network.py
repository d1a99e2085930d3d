"""Behind a proxy: what is inside of the cluster is reached without it, in both spellings, by both roles, and by Java."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from jupyter_sparkk8s.config.resolve import resolve
from jupyter_sparkk8s.kubernetes.manifests import driver_pod, executor_template
from jupyter_sparkk8s.kubernetes.network import exempt_from_proxy
from jupyter_sparkk8s.models.driver import DriverSpec
from jupyter_sparkk8s.spark.java_options import COMPILER, java_options
from jupyter_sparkk8s.spark.properties import cluster_properties

from . import specs
from .hostile import names
from .test_hostile_values import kubelets_expansion

PROXY = "http://proxy.site.org:3128"
INSIDE = "$(KUBERNETES_SERVICE_HOST),{}kubernetes.default.svc,.svc,.cluster.local,localhost,127.0.0.1"
EXEMPT = "-Dhttp.nonProxyHosts="
BOTH = "-Dhttp.proxyHost=proxy -Dhttp.proxyPort=80 -Dhttps.proxyHost=proxy -Dhttps.proxyPort=443 "
OF_DRIVER, OF_EXECUTOR = INSIDE.format("$(POD_IP),"), INSIDE.format("")


def spec_of(env: dict[str, str], **traits: Any) -> DriverSpec:
    return resolve(specs.settings(env=env, **traits), specs.launch())


def variables(pod: dict[str, Any]) -> dict[str, Any]:
    return {item["name"]: item.get("value") for item in pod["spec"]["containers"][0]["env"]}


@pytest.mark.parametrize("proxy", ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_comes_with_its_exceptions(proxy: str) -> None:
    spec = spec_of({proxy: PROXY})
    for pod, exceptions in ((driver_pod(spec, [], {}), OF_DRIVER), (executor_template(spec), OF_EXECUTOR)):
        env = variables(pod)
        assert (env[proxy], env["NO_PROXY"], env["no_proxy"]) == (PROXY, exceptions, exceptions)
        order = [item["name"] for item in pod["spec"]["containers"][0]["env"]]
        assert len(set(order)) == len(order)
        if "POD_IP" in order:
            assert order.index("POD_IP") < order.index("no_proxy")  # the kubelet knows only what stands above


def test_without_a_proxy_nothing_is_said() -> None:
    spec = spec_of({"NO_PROXY": "site.org"})
    assert "no_proxy" not in variables(driver_pod(spec, [], {}))
    assert variables(executor_template(spec))["NO_PROXY"] == "site.org"
    assert cluster_properties(spec)["spark.driver.defaultJavaOptions"] == COMPILER


def test_the_site_s_own_exceptions_stay() -> None:
    one = variables(driver_pod(spec_of({"HTTPS_PROXY": PROXY, "NO_PROXY": ".site.org,10.0.0.0/8"}), [], {}))
    assert one["NO_PROXY"] == one["no_proxy"] == f".site.org,10.0.0.0/8,{OF_DRIVER}"
    two = variables(driver_pod(spec_of({"HTTPS_PROXY": PROXY, "NO_PROXY": "a.org", "no_proxy": "b.org"}), [], {}))
    assert (two["NO_PROXY"], two["no_proxy"]) == (f"a.org,{OF_DRIVER}", f"b.org,{OF_DRIVER}")


def test_a_proxy_from_a_secret() -> None:
    """As its address may hold a password."""
    source = {"secretKeyRef": {"name": "proxy", "key": "address"}}
    extra = {"spec": {"containers": [{"name": "driver", "env": [{"name": "HTTPS_PROXY", "valueFrom": source}]}]}}
    assert variables(driver_pod(spec_of({}, driver_pod_extra=extra), [], {}))["no_proxy"] == OF_DRIVER
    exceptions = {"name": "NO_PROXY", "valueFrom": {"configMapKeyRef": {"name": "proxy", "key": "exceptions"}}}
    container = {"env": [{"name": "HTTPS_PROXY", "value": PROXY}, exceptions]}
    exempt_from_proxy(container)
    assert exceptions in container["env"]
    assert {"name": "no_proxy", "value": OF_EXECUTOR} in container["env"]


@given(name=names)
def test_a_hostile_exception_is_a_value(name: str) -> None:
    spec = resolve(specs.settings(env={"HTTPS_PROXY": PROXY, "NO_PROXY": "{username}"}), specs.launch(username=name))
    given = variables(driver_pod(spec, [], {}))
    expanded = kubelets_expansion(given["NO_PROXY"], {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "POD_IP": "10.1.2.3"})
    inside = "10.96.0.1,10.1.2.3,kubernetes.default.svc,.svc,.cluster.local,localhost,127.0.0.1"
    assert expanded == (f"{name},{inside}" if name else inside)
    (exceptions,) = [option for option in java_options(spec).split(" ") if "nonProxyHosts" in option]
    assert exceptions.endswith("localhost|127.*|*.svc|*.cluster.local")
    assert len(java_options(spec).removeprefix(COMPILER).split()) == 3


@pytest.mark.parametrize(
    ("env", "options"),
    [
        ({}, ""),
        (
            {"HTTPS_PROXY": PROXY},
            f"-Dhttps.proxyHost=proxy.site.org -Dhttps.proxyPort=3128 {EXEMPT}localhost|127.*|*.svc|*.cluster.local",
        ),
        (
            {"http_proxy": "proxy", "https_proxy": "http://user:word@proxy", "no_proxy": ".site.org, 10.0.0.0/8 a.org,*.b.org"},
            f"{BOTH}{EXEMPT}*.site.org|a.org|*.b.org|localhost|127.*|*.svc|*.cluster.local",
        ),
    ],
)
def test_java_is_told_the_same(env: dict[str, str], options: str) -> None:
    assert java_options(spec_of(env)) == f"{COMPILER} {options}".strip()


def test_an_administrator_s_java_options_come_last() -> None:
    spec = spec_of({"HTTPS_PROXY": PROXY}, spark_conf={"spark.driver.defaultJavaOptions": "-Dhttps.proxyPort=1"})
    assert cluster_properties(spec)["spark.driver.defaultJavaOptions"].endswith(".cluster.local -Dhttps.proxyPort=1")


@pytest.mark.parametrize("address", ["http://[proxy", "http://proxy:port", "proxy:99999"])
def test_a_proxy_s_address_that_can_t_be_read(address: str) -> None:
    assert specs.refusal({"env": {"HTTPS_PROXY": address}}) == (
        f"c.SparkK8s.env or env_allow sets HTTPS_PROXY = {address!r}, which is no address of a proxy. Right would be e.g. "
        "'http://proxy.example.org:3128'."
    )
