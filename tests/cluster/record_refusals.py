"""Requests that are refused, one after the other."""

from __future__ import annotations

from tests.cluster.record_scenes import NAMESPACE, Object, Refusal, asking, pod

_META = {"apiVersion": "v1"}


def _quota(**hard: str) -> Object:
    return _META | {
        "kind": "ResourceQuota",
        "metadata": {"name": "team"},
        "spec": {"hard": {k.replace("_", "."): v for k, v in hard.items()}},
    }


def _login(name: str) -> dict[str, str]:
    return {"Impersonate-User": f"system:serviceaccount:{NAMESPACE}:{name}"}


def _policy(api: str, kind: str, name: str, spec: Object) -> Object:
    return {"apiVersion": f"admissionregistration.k8s.io/{api}", "kind": kind, "metadata": {"name": name}, **spec}


def _webhook(url: str) -> Object:
    """A check of every pod of the recording, by a server that is not there, or does not answer."""
    hook = {
        "name": "check.example.org",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "timeoutSeconds": 1,
        "clientConfig": {"url": url},
        "namespaceSelector": {"matchLabels": _HERE},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
    }
    return _policy("v1", "ValidatingWebhookConfiguration", "sparkk8s-recording", {"webhooks": [hook]})


_HERE = {"kubernetes.io/metadata.name": NAMESPACE}
_NO_LARGE = {
    "failurePolicy": "Fail",
    "matchConstraints": {
        "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]
    },
    "validations": [{"expression": "object.metadata.name != 'large'", "message": "Pods are called by their project here."}],
}
_BINDING = {
    "policyName": "sparkk8s-recording",
    "validationActions": ["Deny"],
    "matchResources": {"namespaceSelector": {"matchLabels": _HERE}},
}
_LARGE = pod("large", "localhost/spark:test", {}, asking(cpu="1", memory="200Mi"))
_LEVEL = {"pod-security.kubernetes.io/enforce": "restricted"}
_LIMITS = {"limits": [{"type": "Container", "max": {"memory": "100Mi"}}]}

_SMALL = pod("small", "localhost/spark:test")

REFUSALS = [
    Refusal("quota", body=_LARGE, before=[_quota(requests_memory="100Mi")]),
    Refusal("quota-wants-limits", body=pod("small", "x"), before=[_quota(limits_memory="100Mi")]),
    Refusal("limit-range", body=_LARGE, before=[_META | {"kind": "LimitRange", "metadata": {"name": "team"}, "spec": _LIMITS}]),
    Refusal("may-not-create-pods", body=_LARGE, headers=_login("nobody")),
    Refusal("may-not-watch-pods", method="GET", headers=_login("nobody")),
    Refusal("may-not-read-a-log", path="/api/v1/namespaces/{namespace}/pods/large/log", method="GET", headers=_login("nobody")),
    Refusal("may-not-create-secrets", path="/api/v1/namespaces/{namespace}/secrets", body=_META, headers=_login("nobody")),
    Refusal("no-service-account", body=pod("p", "x", {"serviceAccountName": "spark-driver"})),
    Refusal("no-namespace", path="/api/v1/namespaces/no-such-namespace/pods", body=_LARGE),
    Refusal("namespace-ending", path="/api/v1/namespaces/{ending}/pods", body=_LARGE),
    Refusal("pod-security", body=_LARGE, labels=_LEVEL),
    Refusal("login-unknown", method="GET", headers={"authorization": "Bearer expired"}),
    Refusal("invalid", body=pod("p", "x", {}, {"volumeMounts": [{"name": "launch", "mountPath": "/a"}]})),
    Refusal("priority-class", body=pod("p", "x", {"priorityClassName": "no-such-class"})),
    Refusal("runtime-class", body=pod("p", "x", {"runtimeClassName": "no-such-class"})),
    Refusal("quota-count", body=_LARGE, before=[_quota(pods="1")]),
    Refusal(
        "unknown-field",
        path="/api/v1/namespaces/{namespace}/pods?fieldValidation=Strict",
        body=pod("p", "x", {"nodeSelectr": {"disk": "fast"}}),
    ),
    Refusal(
        "admission-policy",
        body=_LARGE,
        before=[
            _policy("v1", "ValidatingAdmissionPolicy", "sparkk8s-recording", {"spec": _NO_LARGE}),
            _policy("v1", "ValidatingAdmissionPolicyBinding", "sparkk8s-recording", {"spec": _BINDING}),
        ],
    ),
    Refusal("webhook-away", body=_SMALL, before=[_webhook("https://127.0.0.1:5098/check")]),
    Refusal("webhook-hangs", body=_SMALL, before=[_webhook("https://192.0.2.1/check")]),
]
