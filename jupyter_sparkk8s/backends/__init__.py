"""Where drivers run: one contract (``base``), a backend for a Kubernetes cluster and one for this machine."""
