"""What a notebook on the local backend can do: cells, Spark with real executors, stdin, interrupt, completion, comms."""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.processes import listening_addresses, of_session, private_directories

if TYPE_CHECKING:
    from tests.support.notebook import Message, Notebook

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}


def spark_rest(notebook: Notebook, path: str) -> Any:
    """An answer of the application's REST API."""
    url, application = notebook.run("print(sc.uiWebUrl, sc.applicationId)").split()
    with urllib.request.urlopen(f"{url}/api/v1/applications/{application}/{path}", timeout=30) as answer:
        return json.load(answer)


def test_spark_and_sc_are_there(notebook: Notebook) -> None:
    assert notebook.run("print(sc.master)").startswith("local-cluster[")
    assert notebook.run("print(spark.range(1000).count(), spark.sparkContext is sc)") == "1000 True\n"


def test_executors_are_real_and_show_in_spark_s_rest_api(notebook: Notebook) -> None:
    wanted, until = {"driver"} | {str(number) for number in range(min(2, CORES))}, time.monotonic() + 30
    while (found := {executor["id"] for executor in spark_rest(notebook, "executors")}) != wanted:
        assert time.monotonic() < until, found
        time.sleep(0.2)
    slots = [executor["totalCores"] for executor in spark_rest(notebook, "executors") if executor["id"] != "driver"]
    assert sum(slots) <= CORES
    pid = int(notebook.run("import os; print(os.getpid())"))
    backends = [command for command in of_session(pid).values() if "CoarseGrainedExecutorBackend" in command]
    assert len(backends) == min(2, CORES)


def test_python_runs_in_executors_with_the_server_s_own_python(notebook: Notebook) -> None:
    ran = notebook.run(
        "import os, sys\n"
        "from pyspark.sql.functions import udf\n"
        "where = udf(lambda _: f'{sys.executable} {os.getpid()}')\n"
        "rows = spark.range(8, numPartitions=4).select(where('id').alias('w')).distinct().collect()\n"
        "print(os.getpid(), *(row.w for row in rows), sep='\\n')"
    ).splitlines()
    driver, workers = ran[0], ran[1:]
    assert {worker.split()[0] for worker in workers} == {sys.executable}
    assert driver not in {worker.split()[1] for worker in workers}


def test_arrow_brings_a_table_to_pandas(notebook: Notebook) -> None:
    result = notebook.execute("t = spark.range(100_000).toPandas(); print(len(t), t.id.sum())")
    assert result.stream("stdout") == "100000 4999950000\n"
    assert result.stream("stderr") == "", "neither the JVM's log nor a progress bar belongs into a cell"


def test_stdin(notebook: Notebook) -> None:
    def answer(message: Message) -> None:
        if message["msg_type"] == "input_request":
            notebook.send("input_reply", {"value": "Vega"}, channel="stdin")

    result = notebook.execute("print('star:', input('which? '))", on_message=answer, stdin=True)
    assert "star: Vega" in result.stream("stdout")


def test_interrupt_of_python_code_leaves_spark_alive(notebook: Notebook) -> None:
    def interrupt(message: Message) -> None:
        if message["msg_type"] == "stream":
            notebook.server.post(f"api/kernels/{notebook.kernel_id}/interrupt")

    begun = time.monotonic()
    result = notebook.execute("import time\nprint('asleep', flush=True)\ntime.sleep(60)", on_message=interrupt)
    assert result.error.startswith("KeyboardInterrupt")
    assert time.monotonic() - begun < 10
    assert notebook.run("print(spark.range(7).count())") == "7\n"


def test_completion(notebook: Notebook) -> None:
    reply = notebook.request("complete_request", {"code": "spark.ran", "cursor_pos": 9})
    assert any(match.endswith("range") for match in reply["content"]["matches"])


def test_comms_carry_a_widget_s_value_both_ways(notebook: Notebook) -> None:
    result = notebook.execute("import ipywidgets\nslider = ipywidgets.IntSlider(value=3)\ndisplay(slider)")
    assert not result.error
    model = json.loads(notebook.run("print(f'\"{slider.model_id}\"')"))
    opened = [m["content"]["comm_id"] for m in result.messages if m["msg_type"] == "comm_open"]
    assert model in opened
    update = {"method": "update", "state": {"value": 7}, "buffer_paths": []}
    notebook.send("comm_msg", {"comm_id": model, "data": update})
    assert notebook.run("print(slider.value)") == "7\n"


def test_the_debugger_answers(notebook: Notebook) -> None:
    content = {"type": "request", "seq": 1, "command": "debugInfo", "arguments": {}}
    reply = notebook.request("debug_request", content, channel="control")
    assert reply["content"]["success"] is True


def test_the_notebook_s_folder_stays_the_user_s(notebook: Notebook) -> None:
    root = notebook.server.root
    before = set(root.iterdir())
    assert Path(notebook.run("import os; print(os.getcwd())").strip()) == root
    notebook.run("spark.createDataFrame([('Vega', 0.03)], 'name string, g double').write.saveAsTable('bright')", timeout_s=120)
    notebook.run("spark.range(5).write.mode('overwrite').parquet('mine.parquet')")
    assert {path.name for path in set(root.iterdir()) - before} == {"mine.parquet"}


def test_nothing_is_written_into_installed_packages(notebook: Notebook) -> None:
    spec = find_spec("pyspark")
    assert spec is not None
    assert spec.origin is not None
    assert not list(Path(spec.origin).parent.glob("work"))
    assert notebook.run("import os; print(os.path.isdir(os.environ['SPARK_HOME'] + '/work'))") == "True\n"


def test_the_private_directory_is_private(notebook: Notebook) -> None:
    (directory,) = private_directories(notebook.kernel_id)
    assert directory.stat().st_mode & 0o777 == 0o700
    assert directory.stat().st_uid == os.getuid()


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="asks Linux' /proc where processes listen")
def test_every_socket_is_on_the_loopback_address(notebook: Notebook) -> None:
    pid = int(notebook.run("import os; print(os.getpid())"))
    addresses = {process: listening_addresses(process) for process in of_session(pid)}
    assert addresses[pid], "the kernel itself listens"
    assert set().union(*addresses.values()) <= LOOPBACK


def test_spark_s_own_traffic_is_authenticated_and_encrypted(notebook: Notebook) -> None:
    said = notebook.run("c = sc.getConf()\nprint(c.get('spark.authenticate'), c.get('spark.network.crypto.enabled'))")
    assert said == "true true\n"
    secret = notebook.run("print(sc.getConf().get('spark.authenticate.secret'))").strip()
    assert len(secret) == 64
    assert secret not in json.dumps(spark_rest(notebook, "environment"))
    pid = int(notebook.run("import os; print(os.getpid())"))
    assert secret not in "".join(of_session(pid).values()), "no secret in a command line"
