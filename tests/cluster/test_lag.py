"""The Jupyter server answers everybody else while a kernel starts: no step of a launch holds its event loop up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cluster.environment import server_config
from tests.support.lag import EXTENSIONS
from tests.support.notebook import Notebook
from tests.support.server import JupyterServer

if TYPE_CHECKING:
    from tests.cluster.environment import Namespace

# Half of what the Kubernetes client's imports and models would take at the first launch.
FREEZE_S = 0.25
# What a careless change would do: the launch's own code, but for one step.
BLOCKING_STEP = """
import time
from jupyter_sparkk8s.backends import pod_driver
def blocking_step(*arguments, launch_set=pod_driver.launch_set):
    time.sleep(1)
    return launch_set(*arguments)
pod_driver.launch_set = blocking_step
"""


def freezes(server: JupyterServer) -> list[str]:
    """Each time that the loop was held up too long by the server's first launch or the end of its kernel, in words."""
    server.post("lag")
    notebook = Notebook(server)
    assert notebook.run("print(1 + 1)") == "2\n"
    notebook.close()
    gaps = [gap for gap in server.get("lag")["gaps"] if gap["seconds"] > FREEZE_S]
    return [f"held up for {gap['seconds']:.2f} s by\n" + "\nor by\n".join(gap["stacks"]) for gap in gaps]


@pytest.mark.parametrize("blocking", [False, True], ids=["as it is", "with a blocking step"])
def test_a_launch_leaves_the_event_loop_free(
    tmp_path: Path, namespace: Namespace, kubeconfig: Path, image: str, blocking: bool
) -> None:
    config = server_config(namespace.name, image, kubeconfig=str(kubeconfig), access="port-forward", session="off")
    config += f"c.ServerApp.jpserver_extensions = {EXTENSIONS!r}\n"
    environ = {"PYTHONPATH": str(Path(__file__).parents[2])}
    with JupyterServer(tmp_path, config + BLOCKING_STEP * blocking, environ) as server:
        found = freezes(server)
    if blocking:
        assert any("blocking_step" in text for text in found), found
    else:
        assert not found, "\n\n".join(found)
