"""What `jupyter sparkk8s check` runs in place of a kernel and of an executor: it looks around and prints one line of JSON.
In the driver's pod it then makes the executor's, as Spark would, and waits for it to call.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
MARK = "SPARKK8S-PROBE "
_MOUNT_S = 10.0
_CALL_S = 15.0


def versions() -> dict[str, str]:
    """Of what an image needs; a word is missing where that is."""
    from importlib import metadata

    found = {"Python": "{}.{}.{}".format(*sys.version_info)}
    for name in ("ipykernel", "pyspark"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            try:
                found[name] = str(__import__(name).__version__)  # on PYTHONPATH, as in Spark's own images
            except Exception:  # noqa: S112 - whatever an image's package fails with
                continue
    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else "java"
    try:
        said = subprocess.run(
            [java, "-version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return found
    match = re.search(r'version "([^"]+)"', said.decode(errors="replace"))
    return {**found, "Java": match[1] if match else "unknown"}


def mount(path: str) -> str:
    """What a volume allows: "write", "read", or why not even that. A share that hangs is left hanging."""
    found = [f"It does not answer within {_MOUNT_S:g} s."]

    def look() -> None:
        try:
            os.listdir(path) if os.path.isdir(path) else os.stat(path)
            found[0] = "write" if os.access(path, os.W_OK) else "read"
        except OSError as error:
            found[0] = str(error)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(_MOUNT_S)
    return found[0]


def ask(method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
    """Kubernetes' answer to the pod's own account: status and object."""
    from urllib.error import HTTPError

    import account  # type: ignore[import-not-found]

    try:
        with account.request(method, path, 30, json.dumps(body).encode()) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as error:
        text = error.read().decode(errors="replace")
        try:
            return error.code, json.loads(text)
        except ValueError:
            return error.code, {"message": text}


def driver(task: dict[str, Any]) -> None:
    """See the module."""
    report: dict[str, Any] = {"versions": versions(), "mounts": {path: mount(path) for path in task["mounts"]}}
    try:
        report["asked"] = len(task["reviews"])
        report["refused"] = [name for name, review in task["reviews"].items() if not allowed(review)]
        status, answer = ask("POST", "pods?dryRun=All", task["unowned"])
        report["unowned"] = "" if status < 400 else str(answer.get("message"))
        listener = socket.create_server(("", 0))
        pod = task["executor"]
        address = "{}:{}".format(os.environ["POD_IP"], listener.getsockname()[1])
        pod["spec"]["containers"][0]["env"].append({"name": "SPARKK8S_PROBE", "value": address})
        status, answer = ask("POST", "pods", pod)
        report["address"], report["executor"] = address, "" if status < 400 else str(answer.get("message"))
    except OSError as error:
        report["unreachable"] = str(error)
    print(MARK + json.dumps(report), flush=True)
    if report.get("executor") == "":
        while True:
            listener.accept()[0].close()


def allowed(review: dict[str, Any]) -> bool:
    """Whether a SelfSubjectAccessReview says yes."""
    _, answer = ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
    return bool(answer.get("status", {}).get("allowed"))


def caller(mounts: list[str]) -> None:
    """An executor, or a pod that may not be let in: whether the driver is reached."""
    report: dict[str, Any] = {"versions": versions(), "mounts": {path: mount(path) for path in mounts}}
    host, _, port = os.environ["SPARKK8S_PROBE"].rpartition(":")
    report["token"] = os.path.exists("/var/run/secrets/kubernetes.io/serviceaccount/token")
    try:
        socket.create_connection((host, int(port)), timeout=_CALL_S).close()
        report["called"] = ""
    except OSError as error:
        report["called"] = str(error)
    print(MARK + json.dumps(report), flush=True)


def main() -> None:
    """The task lies beside this file in the driver's pod alone."""
    if sys.flags.no_site:  # a driver's first process is started without, and looks for packages later
        import site

        site.main()
    try:
        with open(os.path.join(HERE, "probe.json")) as file:
            task = json.load(file)
    except FileNotFoundError:
        caller([path for path in os.environ.get("SPARKK8S_PROBE_MOUNTS", "").split(":") if path])
    else:
        threading.Timer(task["limit_s"], lambda: os._exit(0)).start()
        driver(task)
        os._exit(0)


if __name__ == "__main__":
    main()
