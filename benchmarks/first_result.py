"""How long until Spark answers: from the kernel's start to the result of a first Spark SQL query.

Ours with its default settings, against the recipe of Spark's documentation (client mode in a pod) typed into the first cell
of a bare ipykernel pod of the same image, in turns. Both have two executors of the same size on the same node.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import _common as common
from benchmarks._recipe import RecipeNotebook
from tests.cluster.environment import prepared_namespace, server_config
from tests.support.notebook import Notebook
from tests.support.server import JupyterServer

EXECUTORS = 2
# Small enough for a node with two cores.
SIZES: dict[str, Any] = {
    "driver_cpu": "500m",
    "driver_memory": "3Gi",
    "executor_instances": EXECUTORS,
    "executor_cpu": "250m",
    "executor_cores": 1,
    "executor_memory": "1536Mi",
}
QUERY = "spark.sql('SELECT count(*) AS n, sum(id) AS s FROM range(1000000)').collect()"
# When what happened, in seconds since the epoch: the pod's clock is the node's.
REPORT = """
import json, time
_jvm, _store = sc._jvm, sc._jsc.sc().statusStore()
_java = _jvm.java.lang.management.ManagementFactory.getRuntimeMXBean()
_executors = [_store.executorList(True).apply(n) for n in range(_store.executorList(True).size())]
_job = _store.job(0)
print(json.dumps({
    "jvm": _java.getStartTime() / 1000,
    "context": sc.startTime / 1000,
    "executor": min(e.addTime().getTime() for e in _executors if e.id() != "driver") / 1000,
    "job": _job.submissionTime().get().getTime() / 1000,
    "end": _job.completionTime().get().getTime() / 1000,
}))
"""
STEPS = ("kernel", "jvm", "context", "executor", "job", "end", "result")


def ours(server: JupyterServer) -> dict[str, float]:
    """One kernel of ours: seconds from its start to each step."""
    begun = time.time()
    notebook = Notebook(server)
    try:
        kernel = time.time()
        notebook.run(QUERY, timeout_s=300)
        result = time.time()
        found = json.loads(notebook.run(REPORT))
    finally:
        notebook.close()
    return {name: at - begun for name, at in {**found, "kernel": kernel, "result": result}.items()}


def recipe(notebook: RecipeNotebook) -> dict[str, float]:
    """One kernel with the recipe in its first cell: seconds from its start to each step."""
    begun = time.time()
    with notebook.ready() as run:
        kernel = time.time()
        run(notebook.recipe(EXECUTORS) + QUERY)
        result = time.time()
        found = json.loads(run("sc = spark.sparkContext\n" + REPORT))
    return {name: at - begun for name, at in {**found, "kernel": kernel, "result": result}.items()}


def measure(repeats: int, image: str) -> dict[str, list[dict[str, float]]]:
    """All repeats of both, the first of each left out: it warms up the page cache."""
    rows: dict[str, list[dict[str, float]]] = {"ours": [], "recipe": []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        namespace = stack.enter_context(prepared_namespace())
        settings = {"kubeconfig": str(namespace.kubeconfig()), **SIZES}
        server = stack.enter_context(JupyterServer(folder, server_config(namespace.name, image, **settings)))
        free = stack.enter_context(prepared_namespace({}))  # the recipe's pods run as root, as its image has no user
        typed = RecipeNotebook(free, image, SIZES)
        for number in range(repeats + 1):
            for name, run in (("ours", lambda: ours(server)), ("recipe", lambda: recipe(typed))):
                took = run()
                common.note(f"{name:7} {took['result']:6.2f} s{' (warming up)' * (number == 0)}")
                if number:
                    rows[name].append(took)
                for place in (namespace, free):
                    _wait_until_empty(place)
    return rows


def _wait_until_empty(namespace: Any) -> None:
    """What ends takes processor time."""
    deadline = time.monotonic() + 60
    while namespace.pods():
        assert time.monotonic() < deadline, f"pods that don't go: {[pod['metadata']['name'] for pod in namespace.pods()]}"
        time.sleep(0.2)


def main() -> None:
    """Tables of the whole and of its steps, and the ratio."""
    parser = common.parser(__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="kernels of each kind that count (5)")
    arguments = parser.parse_args()
    common.end_tidily()
    rows = measure(arguments.repeats, os.environ["SPARKK8S_TEST_IMAGE"])
    steps = {
        name: {step: common.summary([row[step] for row in repeats])["median"] for step in STEPS}
        for name, repeats in rows.items()
    }
    whole = {name: common.summary([row["result"] for row in repeats]) for name, repeats in rows.items()}
    common.print_table(whole)
    print("\nWhere the time goes, seconds since the start (medians):")
    print(f"{'':8}" + "".join(f"{step:>10}" for step in STEPS))
    for name, found in steps.items():
        print(f"{name:8}" + "".join(f"{found[step]:10.2f}" for step in STEPS))
    ratio = whole["ours"]["median"] / whole["recipe"]["median"]
    common.print_goal("ours / recipe", ratio, 0.60)
    if arguments.json:
        common.print_json({**whole, "steps": steps, "ratio": ratio})


if __name__ == "__main__":
    main()
