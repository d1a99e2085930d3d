"""Questions to Kubernetes about what an account may do; pure. Everybody who is logged in may ask them of himself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..models.driver import JsonObject

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
WHO_AM_I = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


def access_reviews(namespace: str, rules: Sequence[JsonObject]) -> dict[str, JsonObject]:
    """A SelfSubjectAccessReview for each verb on each resource of a Role's rules, by its words: ``create pods``."""
    return {
        f"{verb} {resource}": _review(namespace, group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def _review(namespace: str, group: str, resource: str, verb: str) -> JsonObject:
    name, _, below = resource.partition("/")
    asked = {"namespace": namespace, "group": group, "resource": name, "subresource": below, "verb": verb}
    spec = {"resourceAttributes": asked}
    return {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec}


def who_am_i() -> JsonObject:
    """The question under which name requests are made (Kubernetes ≥ 1.28)."""
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
