"""Records what a real Kubernetes says of starts that fail, for the pure tests of ``kubernetes.causes``; run by hand.

    KUBECONFIG=… SPARKK8S_TEST_IMAGE=… python3 -m tests.cluster.record_causes [SCENE …]

As an administrator, in a namespace of its own that it makes and deletes. Each scene becomes one file of
``tests/pure/recorded``: a refusal as ``{"status", "body"}``, a pod as ``{"pod", "events", "claims"}``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from jupyter_sparkk8s.kubernetes.causes.claims import claims_of
from tests.cluster import record_scenes as scenes
from tests.cluster.record_pods import PODS
from tests.cluster.record_refusals import REFUSALS
from tests.cluster.record_scenes import NAMESPACE
from tests.cluster.record_waiting import WAITING

RECORDED = Path(__file__).parents[1] / "pure" / "recorded"
ENDING = f"{NAMESPACE}-ending"
_PATIENCE_S = 120
Object = dict[str, Any]
# Of a pod's specification, and of an event.
_ASKED = (
    "volumes",
    "nodeName",
    "nodeSelector",
    "schedulerName",
    "schedulingGates",
    "imagePullSecrets",
    "containers",
    "initContainers",
)
_WORDS = ("type", "reason", "message", "count", "firstTimestamp", "lastTimestamp", "eventTime")


class Api:
    """Plain requests to the API server of the kubeconfig, refusals included."""

    def __init__(self) -> None:
        config.load_kube_config(os.environ["KUBECONFIG"])
        self._client = client.ApiClient()
        # Without the administrator's certificate, for a login that is not accepted.
        settings = client.Configuration.get_default_copy()
        settings.cert_file = settings.key_file = None
        self._stranger = client.ApiClient(settings)

    def request(
        self, method: str, path: str, body: Object | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Object]:
        """HTTP status and the answer's object, whatever the status."""
        stranger = bool(headers and "authorization" in headers)
        caller, login = (self._stranger, []) if stranger else (self._client, ["BearerToken"])
        request = caller.param_serialize(method, path, body=body, header_params=dict(headers or {}), auth_settings=login)
        try:
            response = caller.call_api(*request)
        except ApiException as error:
            return int(error.status or 0), json.loads(error.body or "{}")
        data = response.read()
        if response.status >= 400:
            return response.status, json.loads(data)
        return response.status, json.loads(data) if data else {}

    def must(self, method: str, path: str, body: Object | None = None) -> Object:
        """The answer's object; ends the recording where there is none."""
        status, answer = self.request(method, path, body)
        if status >= 400:
            sys.exit(f"{method} {path}: {status} {answer.get('message')}")
        return answer


def until(condition: Callable[[], Object | None], what: str) -> Object:
    """The first answer of ``condition``."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        time.sleep(0.2)
    sys.exit(f"{what} has not come after {_PATIENCE_S} s")


class Recorder:
    """Plays scenes in one namespace."""

    def __init__(self, api: Api, image: str) -> None:
        self.api, self.image = api, image
        self.root = f"/api/v1/namespaces/{NAMESPACE}"

    def set_up(self) -> None:
        """The namespace, and in it a registry that knows no image, for the node's own use."""
        self.api.request("DELETE", self.root)
        for path in (self.root, f"/api/v1/namespaces/{ENDING}"):
            until(lambda path=path: {"gone": 1} if self.api.request("GET", path)[0] == 404 else None, "old objects' end")  # type: ignore[misc]
        self.api.must("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        account = f"{self.root}/serviceaccounts/default"
        until(lambda: {"there": 1} if self.api.request("GET", account)[0] == 200 else None, "the default account")
        for item in scenes.registry(self.image):
            self.create(item)
        until(lambda: self.pod("registry", lambda pod: pod["status"].get("phase") == "Running"), "the registry")
        # Another, which can't end while something in it has a finalizer.
        self.api.must("POST", "/api/v1/namespaces", {"metadata": {"name": ENDING}})
        held = {"metadata": {"name": "held", "finalizers": ["example.org/held"]}}
        self.api.must("POST", f"/api/v1/namespaces/{ENDING}/configmaps", held)
        self.api.must("DELETE", f"/api/v1/namespaces/{ENDING}")

    def tear_down(self) -> None:
        """Delete both namespaces, without waiting for their end."""
        self.change(f"/api/v1/namespaces/{ENDING}/configmaps/held", {"metadata": {"finalizers": None}})
        self.api.request("DELETE", self.root)

    def change(self, path: str, patch: Object) -> None:
        """Merge into one object."""
        self.api.request("PATCH", path, patch, {"Content-Type": "application/merge-patch+json"})

    def folder(self, item: Object) -> str:
        """Where objects of this kind are made."""
        plural = scenes.PLURALS.get(item["kind"], item["kind"].lower() + "s")
        if item["kind"] not in scenes.PLURALS:
            return f"{self.root}/{plural}"
        return f"/{'api' if item['apiVersion'] == 'v1' else 'apis'}/{item['apiVersion']}/{plural}"

    def create(self, item: Object) -> Object:
        """Create one object, in the namespace where its kind has one."""
        return self.api.must("POST", self.folder(item), item)

    def remove(self, items: Sequence[Object]) -> None:
        """Delete what ``create`` made, and what holds it with it."""
        for item in items:
            path = f"{self.folder(item)}/{item['metadata']['name']}"
            self.api.request("DELETE", path)
            self.change(path, {"metadata": {"finalizers": None}})
            until(lambda path=path: {"gone": 1} if self.api.request("GET", path)[0] == 404 else None, path)  # type: ignore[misc]

    def claims(self, pod: Object) -> dict[str, Object | None]:
        """The claims that a pod mounts."""
        found = ((name, *self.api.request("GET", f"{self.root}/persistentvolumeclaims/{name}")) for name in claims_of(pod))
        return {name: claim if status == 200 else None for name, status, claim in found}

    def pod(self, name: str, ready: Callable[[Object], bool]) -> Object | None:
        """The pod, once ``ready`` says so."""
        status, pod = self.api.request("GET", f"{self.root}/pods/{name}")
        return pod if status == 200 and ready(pod) else None

    def events(self, pod: Object) -> list[Object]:
        """What Kubernetes has said of a pod and its claims, in the order in which a watch would bring it."""
        names = {pod["metadata"]["name"], *claims_of(pod)}
        answer: list[Object] = self.api.must("GET", f"{self.root}/events")["items"]
        return [event for event in answer if event["involvedObject"]["name"] in names]

    def play_refusal(self, scene: scenes.Refusal) -> Object:
        """Ask for what is refused."""
        for item in scene.before:
            self.create(item)
        self.change(self.root, {"metadata": {"labels": scene.labels}})
        try:
            path = scene.path.format(namespace=NAMESPACE, ending=ENDING)

            def refused() -> Object | None:
                """A policy takes effect a moment after it was made."""
                status, body = self.api.request(scene.method, path, scene.body, scene.headers)
                if status >= 400:
                    return {"status": status, "body": body}
                self.api.request("DELETE", f"{self.root}/pods/{body['metadata']['name']}", {"gracePeriodSeconds": 0})
                return None

            return until(refused, scene.name)
        finally:
            self.change(self.root, {"metadata": {"labels": dict.fromkeys(scene.labels)}})
            self.remove(scene.before)

    def play_pod(self, scene: scenes.Pod) -> Object:
        """Create the pod and wait for what the scene is about."""
        for item in scene.before:
            self.create(item)
        self.create(scenes.pod(scene.name, self.image, scene.spec, scene.container))
        if scene.later:
            time.sleep(3)
            for item in scene.later:
                self.create(item)

        def seen() -> Object | None:
            pod = self.pod(scene.name, lambda _: True)
            events = self.events(pod) if pod else []
            return {"pod": pod, "events": events, "claims": self.claims(pod)} if pod and scene.seen(pod, events) else None

        record = until(seen, scene.name)
        self.api.request("DELETE", f"{self.root}/pods/{scene.name}", {"gracePeriodSeconds": 0})
        self.remove([*scene.before, *scene.later])
        return record

    def play(self, scene: scenes.Refusal | scenes.Pod) -> None:
        """Play one scene and write what was said."""
        record = self.play_refusal(scene) if isinstance(scene, scenes.Refusal) else self.play_pod(scene)
        text = json.dumps(_slim(record), indent=1, sort_keys=True).replace(self.image, "localhost/spark:test")
        (RECORDED / f"{scene.name}.json").write_text(text + "\n")
        print(scene.name, flush=True)


def _slim(record: Object) -> Object:
    """What the causes are read from: a pod's wishes and status, an event's words and times, its claims."""
    if "pod" not in record:
        return record
    status = {key: value for key, value in record["pod"]["status"].items() if key not in ("hostIP", "hostIPs")}
    containers = ("containers", "initContainers")
    asked = {key: value for key, value in record["pod"]["spec"].items() if key in _ASKED}
    asked |= {key: [_part(each, "name", "resources") for each in asked[key]] for key in containers if key in asked}
    return {
        "pod": {"metadata": _part(record["pod"]["metadata"], "name", "namespace", "uid"), "spec": asked, "status": status},
        "events": [
            {key: event.get(key) for key in _WORDS} | {"involvedObject": _part(event["involvedObject"], "kind", "name", "uid")}
            for event in record["events"]
        ],
        "claims": {
            name: claim
            and {
                "metadata": _part(claim["metadata"], "name", "uid", "deletionTimestamp"),
                "spec": claim["spec"],
                "status": claim["status"],
            }
            for name, claim in record["claims"].items()
        },
    }


def _part(item: Object, *keys: str) -> Object:
    return {key: item[key] for key in keys if key in item}


def main(names: list[str]) -> None:
    """Record the scenes of these names, or all."""
    api = Api()
    recorder = Recorder(api, os.environ["SPARKK8S_TEST_IMAGE"])
    RECORDED.mkdir(exist_ok=True)
    try:
        recorder.set_up()
        played: list[scenes.Refusal | scenes.Pod] = [*REFUSALS, *WAITING, *PODS]
        for scene in played:
            if not names or scene.name in names:
                recorder.play(scene)
    finally:
        recorder.tear_down()


if __name__ == "__main__":
    main(sys.argv[1:])
