"""A notebook whose way to its pod is cut, hangs or is impatient: cells end with all of their output."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import yaml
from jupyter_client.blocking.client import BlockingKernelClient

from tests.cluster.spark_pods import until
from tests.support.notebook import Notebook
from tests.support.proxy import ThreadedProxy, proxy_on_a_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.server import JupyterServer

MB = 1 << 20
NO_LIMITS = {
    "ZMQChannelsWebsocketConnection.iopub_data_rate_limit": 0,
    "ZMQChannelsWebsocketConnection.iopub_msg_rate_limit": 0,
}


@pytest.fixture(scope="module")
def proxy() -> Iterator[ThreadedProxy]:
    """Between the Jupyter server and the API server."""
    (cluster,) = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text())["clusters"]
    api = urlsplit(cluster["cluster"]["server"])
    assert api.hostname is not None
    with proxy_on_a_thread(api.port or 443, api.hostname) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def behind(
    proxy: ThreadedProxy, start_server: Callable[..., JupyterServer], kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Notebook]:
    """A notebook without Spark, all of whose server's connections to the cluster go through the proxy."""
    settings = yaml.safe_load(kubeconfig.read_text())
    for cluster in settings["clusters"]:
        api = urlsplit(cluster["cluster"]["server"])
        cluster["cluster"] |= {"server": f"https://127.0.0.1:{proxy.of.port}", "tls-server-name": api.hostname}
    path = tmp_path_factory.mktemp("login") / "kubeconfig"
    path.write_text(yaml.safe_dump(settings))
    notebook = Notebook(start_server(access="port-forward", session="off", kubeconfig=str(path), jupyter=NO_LIMITS))
    yield notebook
    notebook.close()


@pytest.fixture(autouse=True)
def calm(proxy: ThreadedProxy, behind: Notebook) -> Iterator[None]:
    """Each test ends on a calm network, with a kernel that answers and is said to be idle."""
    yield
    proxy.of.idle_s, proxy.of.cut_after, proxy.of.stall = None, None, False
    assert behind.run("print(6 * 7)") == "42\n"
    until(lambda: behind.state == "idle", "the kernel's model says idle", 10)


def test_a_kernel_left_idle_behind_an_impatient_proxy(behind: Notebook, proxy: ThreadedProxy) -> None:
    proxy.of.idle_s = 5
    before = proxy.of.streams
    time.sleep(12)
    assert behind.run("print('there')") == "there\n"
    # The watch has nothing to say and is cut; the kernel's stream never is.
    assert proxy.of.streams - before <= 4
    assert behind.server.log().count("was cut and will be resumed") <= 1


def test_a_cut_in_the_middle_of_a_request(behind: Notebook, proxy: ThreadedProxy) -> None:
    text = "star" * MB
    proxy.call(proxy.of.cut_in, MB)
    cuts = proxy.of.cuts
    output = behind.run(f"import hashlib; print(hashlib.sha256({text!r}.encode()).hexdigest())")
    assert output.strip() == hashlib.sha256(text.encode()).hexdigest()
    assert proxy.of.cuts > cuts


def test_cuts_while_output_flows(behind: Notebook, proxy: ThreadedProxy) -> None:
    cuts = proxy.of.cuts
    proxy.of.cut_after = lambda: 5 * MB
    proxy.call(proxy.of.cut_in, MB)
    code = "for i in range(150):\n    print(f'{i:08d}' * 12500)"
    output = behind.execute(code)
    assert output.error == ""
    assert output.stream("stdout") == "".join(f"{i:08d}" * 12500 + "\n" for i in range(150))
    assert proxy.of.cuts - cuts >= 3


def test_a_cut_while_the_cell_waits_for_input(behind: Notebook, proxy: ThreadedProxy) -> None:
    def answer(message: dict[str, Any]) -> None:
        if message["msg_type"] == "input_request":
            assert behind.state == "busy"
            proxy.cut()
            behind.send("input_reply", {"value": "Vega"}, channel="stdin")

    result = behind.execute("print(input('star? ')[::-1])", on_message=answer, stdin=True)
    assert result.stream("stdout") == "ageV\n"


def test_a_cut_while_an_interrupt_is_under_way(behind: Notebook, proxy: ThreadedProxy) -> None:
    def interrupt(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream":
            proxy.cut()
            behind.server.post(f"api/kernels/{behind.kernel_id}/interrupt")

    code = "import time; print('sleeping', flush=True); time.sleep(600)"
    assert behind.execute(code, 30, on_message=interrupt).error.startswith("KeyboardInterrupt")


def test_a_cut_between_two_heartbeats(behind: Notebook, proxy: ThreadedProxy) -> None:
    (path,) = (behind.server.folder / "runtime").glob("kernel-*.json")
    client = BlockingKernelClient(connection_file=str(path))
    client.load_connection_file()
    heart = client.connect_hb()
    for beat in (b"one", b"two"):
        heart.send(beat)
        proxy.cut()
        assert heart.poll(10_000)
        assert heart.recv() == beat
    heart.close()
    client.context.term()


@pytest.mark.parametrize("seconds", [4, 12], ids=["shorter than a stream's patience", "longer"])
def test_a_way_that_hangs(behind: Notebook, proxy: ThreadedProxy, seconds: int) -> None:
    asked = behind.send("execute_request", {"code": "import time\nfor i in range(10):\n    print(i)\n    time.sleep(0.3)"})
    proxy.of.stall = True
    time.sleep(seconds)
    proxy.of.stall = False
    result = behind.collect(asked, 30)
    assert result.error == ""
    assert result.stream("stdout").split() == [str(i) for i in range(10)]


def test_a_flood_of_messages_while_the_way_hangs(behind: Notebook, proxy: ThreadedProxy) -> None:
    """The kernel's socket has to hold them all: it drops what is above its high-water mark, the cell's end among it."""
    count = 20_000
    proxy.of.stall = True
    asked = behind.send(
        "execute_request", {"code": f"for i in range({count}):\n    display({{'text/plain': str(i)}}, raw=True)"}
    )
    time.sleep(0.5)
    proxy.of.stall = False  # the request gets through; the kernel is faster than the way back
    time.sleep(1)
    proxy.of.stall = True
    time.sleep(8)
    proxy.of.stall = False
    result = behind.collect(asked, 60)
    found = [m["content"]["data"]["text/plain"] for m in result.messages if m["msg_type"] == "display_data"]
    assert found == [str(i) for i in range(count)]
