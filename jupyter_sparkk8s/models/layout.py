"""Where things lie inside a driver or executor pod: agreed between the manifests and the files that run there."""

from __future__ import annotations

DRIVER_CONTAINER, EXECUTOR_CONTAINER = "driver", "executor"

LAUNCH_DIR = "/opt/sparkk8s"  # the Secret, read-only
CONNECTION_FILE = f"{LAUNCH_DIR}/connection.json"
RELAY_TOKEN = f"{LAUNCH_DIR}/relay.token"
EXECUTOR_TEMPLATE = f"{LAUNCH_DIR}/executor-template.json"
SPARK_SECRET = f"{LAUNCH_DIR}/spark.secret"
CA_BUNDLE, TRUSTSTORE = f"{LAUNCH_DIR}/ca-bundle.pem", f"{LAUNCH_DIR}/truststore.jks"

HOME = "/home/spark"  # an empty directory of the pod, writable
SCRATCH = "/tmp"  # noqa: S108 - the pod's own, an empty directory too

REFUSED_EXIT = 78  # of a launch file that found its image lacking and left a sentence as the container's last message
