"""What a container is told of the network around it: whom to trust, and what no proxy stands in front of; pure.
Leaves out Java, which reads no such variables: see ``spark.java_options``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models import layout

if TYPE_CHECKING:
    from ..models.driver import DriverSpec, JsonObject

# By which OpenSSL and Python, requests, curl, pip, git and the tools of S3 find certificate authorities.
_TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "GIT_SSL_CAINFO", "AWS_CA_BUNDLE")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
# The kubelet puts the two addresses in.
_API_SERVER, _POD = "$(KUBERNETES_SERVICE_HOST)", "$(POD_IP)"
_INSIDE = ("kubernetes.default.svc", ".svc", ".cluster.local", "localhost", "127.0.0.1")


def trust_env(spec: DriverSpec) -> dict[str, str]:
    """The variables that name the administrator's certificate authorities, where there are some."""
    return dict.fromkeys(_TRUST, layout.CA_BUNDLE) if spec.ca_bundle else {}


def exempt_from_proxy(container: JsonObject) -> None:
    """Where ``container`` has a proxy, add the API server, the pod and the cluster's services to those that are reached
    without it, in both spellings, since programs differ in which they read. Changes ``container``.
    """
    env = {item["name"]: item for item in container["env"]}
    if not any(name.lower() in _PROXIES for name in env):
        return
    ours = [_API_SERVER, *([_POD] if "POD_IP" in env else []), *_INSIDE]
    spellings = ("NO_PROXY", "no_proxy")
    written = [env[name]["value"] for name in spellings if env.get(name, {}).get("value")]
    for name in spellings:
        if "valueFrom" not in env.get(name, {}):
            base = env.get(name, {}).get("value") or "".join(written[:1])
            container["env"] = [item for item in container["env"] if item["name"] != name]
            # Last, since a reference is to a variable above it.
            container["env"].append({"name": name, "value": ",".join([*([base] if base else []), *ours])})
