"""Wrong settings are told before anybody starts a kernel, or in the dialog where a kernelspec is what is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.notebook import Notebook
from tests.support.server import HttpError, JupyterServer

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('driver_memory = "plenty"', "c.SparkK8s.driver_memory = 'plenty' is not a Kubernetes quantity"),
        ('drivr_memory = "4Gi"', "c.SparkK8s.drivr_memory is no setting. Did you mean 'driver_memory'?"),
        (
            "executor_instances = '3'",
            "c.SparkK8s.executor_instances = '3' is wrong; right would be a whole number of at least 0.",
        ),
    ],
)
def test_a_server_with_a_wrong_setting_says_so_and_does_not_start(tmp_path: Path, line: str, said: str) -> None:
    server = JupyterServer(tmp_path, f"c.SparkK8s.{line}\n")
    with pytest.raises(AssertionError, match="the server ended"):
        server.__enter__()
    assert server.process is not None
    assert server.process.wait(10) == 1
    assert server.log().count(said) == 1
    assert "Traceback" not in server.log()


def test_a_kernelspec_may_name_a_profile_and_nothing_more(server: JupyterServer) -> None:
    folder = server.folder / "data" / "kernels" / "sly"
    folder.mkdir(parents=True)
    provisioner = {"provisioner_name": "spark-local", "config": {"namespace": "kube-system"}}
    spec = {"argv": ["python3"], "display_name": "Sly", "language": "python", "interrupt_mode": "message"}
    (folder / "kernel.json").write_text(json.dumps({**spec, "metadata": {"kernel_provisioner": provisioner}}))
    with pytest.raises(HttpError) as caught:
        Notebook(server, "sly")
    assert "The kernelspec 'Sly' sets namespace in its config stanza" in caught.value.body["message"]
