"""Which files a driver pod is launched with: what its Secret holds; pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .. import relay
from ..kubernetes.manifests import executor_template
from ..kubernetes.names import executors_of
from ..models import layout
from ..spark.launch_files import CONF_FILES, NOTEBOOK_FILES, POD_FILES, launch_file
from ..spark.properties import cluster_properties, render, ui_ports
from ..spark.truststore import truststore

if TYPE_CHECKING:
    from ..models.driver import DriverSpec


def launch_set(spec: DriverSpec, connection: str, spark_secret: str, ui_key: str, relay_token: str) -> dict[str, str | bytes]:
    """Files by their path below the launch directory. ``relay_token`` is empty where no relay is wanted."""
    files: dict[str, str | bytes] = {
        "connection.json": connection,
        "spark.secret": spark_secret,
        "ui.key": ui_key,
        "executor-template.json": json.dumps(executor_template(spec)),
        "conf/spark-defaults.conf": render(cluster_properties(spec)),
        **_accounts(spec),
    }
    for name in (*POD_FILES, *NOTEBOOK_FILES):
        files[name] = launch_file(name)
    for name in CONF_FILES:
        files[f"conf/{name}"] = launch_file(name)
    if spec.ca_bundle:
        files |= {"ca-bundle.pem": spec.ca_bundle, "truststore.jks": truststore(spec.ca_bundle)}
    if relay_token:
        files["relay.token"] = relay_token
        files.update({f"relay/{name}": text for name, text in relay.pod_files().items()})
    return files


def read_files() -> None:
    """Read what every launch sends. Blocks; after it none does."""
    relay.pod_files()
    for name in (*POD_FILES, *NOTEBOOK_FILES, *CONF_FILES):
        launch_file(name)


def driver_env(spec: DriverSpec) -> dict[str, str]:
    """Environment of the driver beside the administrator's: where programs may write, and what the launch files ask for."""
    ports = ui_ports(spec)
    return {
        "IPYTHONDIR": f"{layout.HOME}/.ipython",
        "MPLCONFIGDIR": f"{layout.SCRATCH}/matplotlib",
        "SPARK_LOCAL_DIRS": f"{layout.SCRATCH}/spark",
        "SPARK_CONF_DIR": f"{layout.SCRATCH}/sparkk8s/conf",
        "SPARKK8S_LOG": f"{layout.SCRATCH}/sparkk8s/spark.log",
        "SPARKK8S_REFUSED": f"{layout.SCRATCH}/sparkk8s/refused",
        "SPARKK8S_SESSION": spec.session.value,
        "SPARKK8S_POD": spec.pod_name,
        "SPARKK8S_ALONE_S": f"{spec.alone_timeout_s:g}",
        "SPARKK8S_EXECUTORS": executors_of(spec.kernel_id),
        "SPARKK8S_UI_PORTS": f"{ports.start}-{ports.stop}",
        "SPARKK8S_SHARES": ":".join(volume.mount["mountPath"] for volume in spec.volumes),
        "PYSPARK_PYTHON": "python3",
        "PYSPARK_DRIVER_PYTHON": "python3",
        "PYTHONHASHSEED": "0",  # as Spark sets it for executors: strings must hash alike in all (portable_hash asks for it)
    }


def _accounts(spec: DriverSpec) -> dict[str, str]:
    """``passwd`` and ``group``: Spark dies under a user id that has no name ("invalid null input: name")."""
    name, home = spec.user_label, layout.HOME
    return {
        "passwd": f"root:x:0:0:root:/root:/bin/sh\n{name}:x:{spec.uid}:{spec.gid}::{home}:/bin/sh\n",
        "group": "root:x:0:\n" + (f"{name}:x:{spec.gid}:\n" if spec.gid else ""),
    }
