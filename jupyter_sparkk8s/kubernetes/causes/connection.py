"""An API server that can't be talked to."""

from __future__ import annotations

import re

from ...errors import Cause
from .seen import ADMIN


def unreachable(host: str, said: str) -> Cause:
    """Why no answer came from ``host``; ``said`` is the connection's own words."""
    if re.search(r"CERTIFICATE_VERIFY_FAILED|certificate verify failed", said):
        title = f"The certificate of Kubernetes' API server at {host} is not trusted."
        advice = f"The kubeconfig must name the authority that signed it (certificate-authority). {ADMIN}"
    elif re.search(r"Name or service not known|nodename nor servname|No address associated|Name does not resolve", said):
        title = f"Kubernetes' API server at {host} can't be found: no such host name."
        advice = f"Check c.SparkK8s.kubeconfig and the network, or: {ADMIN.lower()}"
    else:
        title = f"Kubernetes' API server at {host} can't be reached."
        advice = f"Check the network and c.SparkK8s.kubeconfig, or: {ADMIN.lower()}"
    return Cause(title, said, advice)
