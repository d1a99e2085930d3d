"""Requests that Kubernetes refused, or that did not reach it: what a user reads of them."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_sparkk8s.kubernetes.causes import refusal, refusal_cause, unreachable
from jupyter_sparkk8s.kubernetes.causes.refusals import is_collision, is_quota
from tests.pure.records import ADMIN, recorded

HERE = "sparkk8s-recording"
SERVER = f"system:serviceaccount:{HERE}:nobody"
GRANT = f"An administrator can grant it: apply what `jupyter sparkk8s rbac --namespace {HERE}` prints."
LESS = f"Shut down kernels that nobody needs, ask for less, or: {ADMIN.lower()}"
EXTRA = f"Correct it in c.SparkK8s.driver_pod_extra. {ADMIN}"
CHECK = "A check that this cluster makes of every pod can't be made now (admission webhook check.example.org)."
PATIENCE = f"Nothing is wrong with the notebook; try again in a minute. {ADMIN}"

REFUSALS = {
    "quota": ("The namespace's quota team has no room (requests.memory: 200Mi asked, 0 of 100Mi used).", LESS),
    "quota-count": ("The namespace's quota team has no room (pods: 1 asked, 1 of 1 used).", LESS),
    "quota-wants-limits": (
        "The namespace's quota team asks for limits.memory, which the pod does not set.",
        f"Set c.SparkK8s.driver_cpu_limit and executor_cpu_limit. {ADMIN}",
    ),
    "limit-range": (
        "The namespace's limits (LimitRange) refuse the pod.",
        f"Change what the pod asks for, or: {ADMIN.lower()}",
    ),
    "may-not-create-pods": (f"{SERVER} may not create pods in namespace {HERE}.", GRANT),
    "may-not-watch-pods": (f"{SERVER} may not list pods in namespace {HERE}.", GRANT),
    "may-not-read-a-log": (f"{SERVER} may not get pods/log in namespace {HERE}.", GRANT),
    "may-not-create-secrets": (f"{SERVER} may not create secrets in namespace {HERE}.", GRANT),
    "no-service-account": (
        "The pod's service account spark-driver does not exist.",
        GRANT.replace("grant", "make")[:-1] + ", or correct c.SparkK8s.driver_service_account.",
    ),
    "no-namespace": ("The namespace no-such-namespace does not exist.", "Correct c.SparkK8s.namespace or have it created."),
    "namespace-ending": ("The namespace is being deleted.", f"Choose another: c.SparkK8s.namespace. {ADMIN}"),
    "pod-security": ("The namespace's Pod Security level (restricted:latest) refuses the pod.", ADMIN),
    "admission-policy": (f"A policy of this cluster refuses the pod ({HERE}).", ADMIN),
    "webhook-away": (CHECK, PATIENCE),
    "webhook-hangs": (CHECK, PATIENCE),
    "login-unknown": (
        "Kubernetes does not accept the server's login.",
        f"It may have expired: log in anew. {ADMIN}",
    ),
    "priority-class": ("The priority class no-such-class does not exist.", EXTRA),
    "runtime-class": ("The runtime class no-such-class does not exist.", EXTRA),
    "unknown-field": (
        "Kubernetes does not know the field spec.nodeSelectr.",
        "Correct c.SparkK8s.driver_pod_extra or c.SparkK8s.volumes.",
    ),
    "invalid": (
        "Kubernetes finds the pod's description wrong.",
        "Correct what it names: it comes from c.SparkK8s.volumes, driver_pod_extra or another setting of c.SparkK8s.",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal(name: str) -> None:
    record = recorded(name)
    error = refusal(record["status"], record["body"])
    title, next_step = REFUSALS[name]
    said = record["body"]["message"]
    assert str(error) == f"{title}\n{said}\n{next_step}"
    assert (error.status, error.reason, error.message) == (record["status"], record["body"]["reason"], said)


@pytest.mark.parametrize(
    ("status", "message", "title"),
    [
        (409, 'pods "spark" already exists', "Kubernetes refused the request."),
        (429, "Too many requests, please try again later.", "Kubernetes' API server has a fault or is overloaded."),
        (500, "etcdserver: request timed out", "Kubernetes' API server has a fault or is overloaded."),
        (
            403,
            'pods is forbidden: User "system:anonymous" cannot list resource "pods"',
            "The server has no login to Kubernetes.",
        ),
        (
            403,
            'nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope',
            "jane may not list nodes.",
        ),
        (
            403,
            'admission webhook "validate.kyverno.svc-fail" denied the request: resource Pod/a/b was blocked: no :latest tag',
            "A policy of this cluster refuses the pod (webhook validate.kyverno.svc-fail).",
        ),
    ],
)
def test_other_refusals(status: int, message: str, title: str) -> None:
    cause = refusal_cause(status, message)
    assert (cause.title, cause.said) == (title, message)
    assert cause.next_step


@pytest.mark.parametrize("body", [{}, {"message": ""}, {"message": None, "reason": None}])
def test_a_refusal_without_words(body: dict[str, Any]) -> None:
    """As a proxy in between may give it."""
    error = refusal(404, body)
    assert str(error) == f"Kubernetes refused the request.\nHTTP status 404\n{ADMIN}"
    assert (error.status, error.reason) == (404, "")


def test_what_may_be_sent_again() -> None:
    conflict = 'Operation cannot be fulfilled on resourcequotas "team": please apply your changes to the latest version'
    quota = recorded("quota")
    assert is_collision(refusal(409, {"message": conflict}))
    assert is_collision(refusal(429, {}))
    assert not is_collision(refusal(409, {"message": 'pods "spark" already exists'}))
    assert is_quota(refusal(quota["status"], quota["body"]))
    assert not is_quota(refusal(403, recorded("quota-wants-limits")["body"]))


@pytest.mark.parametrize(
    ("said", "title"),
    [
        (
            "Cannot connect to host k:6443 ssl:True [SSLCertVerificationError: (1, '[SSL: CERTIFICATE_VERIFY_FAILED] …')]",
            "The certificate of Kubernetes' API server at https://k:6443 is not trusted.",
        ),
        (
            "Cannot connect to host k:6443 ssl:default [Name or service not known]",
            "Kubernetes' API server at https://k:6443 can't be found: no such host name.",
        ),
        ("Cannot connect to host k:6443 [Connect call failed]", "Kubernetes' API server at https://k:6443 can't be reached."),
        ("TimeoutError", "Kubernetes' API server at https://k:6443 can't be reached."),
    ],
)
def test_no_answer(said: str, title: str) -> None:
    cause = unreachable("https://k:6443", said)
    assert (cause.title, cause.said) == (title, said)
    assert ADMIN.lower() in cause.next_step.lower()
