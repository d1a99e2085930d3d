"""What a notebook is told about being in a pod: where pip's packages are, and that the server's files are elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.spark_pods import last_line
from tests.support.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.notebook import Result
    from tests.support.server import JupyterServer

# In a cell: write a wheel whose module knows its version; there is no package index in reach.
WHEEL = """
def wheel(name, version, module):
    import os, zipfile
    os.makedirs("/tmp/wheels", exist_ok=True)
    with zipfile.ZipFile(f"/tmp/wheels/{name}-{version}-py3-none-any.whl", "w") as file:
        info = f"{name}-{version}.dist-info"
        file.writestr(f"{module}/__init__.py", f"version = '{version}'\\n")
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        file.writestr(f"{info}/RECORD", "")
"""
FROM = "--no-index --find-links /tmp/wheels -q"
EXECUTORS = "Installed for the driver, as long as this kernel lives. The executors don't have it"


@pytest.fixture(scope="module", params=["reference", "plain"])
def alone(
    request: pytest.FixtureRequest, cluster: dict[str, Any], start_server: Callable[..., JupyterServer]
) -> Iterator[Notebook]:
    """A notebook without Spark: its Python is in an unwritable virtual environment, or is the system's own."""
    opened = Notebook(start_server(image=cluster["images"][request.param], access="port-forward", session="off"))
    opened.run(WHEEL)
    yield opened
    opened.close()


def shown(result: Result) -> str:
    assert result.error == ""
    return result.stream("stdout") + result.stream("stderr")


def test_pip_installs_at_once_and_says_once_that_executors_lack_it(alone: Notebook) -> None:
    alone.run("wheel('starcount', '1', 'starcount'); wheel('starsize', '1', 'starsize')")
    assert alone.execute("import starcount").error.startswith("ModuleNotFoundError")
    first = alone.execute(f"%pip install {FROM} starcount")
    assert (first.error, first.stream("stdout")) == ("", "")
    assert first.stream("stderr").startswith(EXECUTORS)
    assert alone.run("import starcount\nprint(starcount.version)") == "1\n"
    assert shown(alone.execute(f"%pip install {FROM} --user starsize")) == ""
    assert alone.run("import starsize\nprint(starsize.version)") == "1\n"


@pytest.mark.parametrize("command", ["!pip", "!python3 -m pip", "!{sys.executable} -m pip", "%%bash\npip"])
def test_pip_called_as_a_command_does_the_same(alone: Notebook, command: str) -> None:
    name = f"star{len(command)}"
    before = "" if command.startswith("%%") else "import sys\n"
    alone.run(f"wheel('{name}', '1', '{name}')")
    assert "rror" not in shown(alone.execute(f"{before}{command} install {FROM} {name}"))
    assert alone.run(f"import {name}\nprint({name}.version)") == "1\n"


def test_what_the_image_holds_counts_and_can_be_replaced(alone: Notebook) -> None:
    assert "tzdata" in alone.run("%pip list")
    assert "already satisfied" in alone.run("%pip install --no-index tzdata").lower()
    alone.run("wheel('tzdata', '2099.1', 'tzdata')")
    assert "rror" not in shown(alone.execute(f"%pip install {FROM} -U tzdata"))
    assert alone.run("import tzdata\nprint(tzdata.version)") == "2099.1\n"
    assert "2099.1" in alone.run("!pip show tzdata")
    alone.run("wheel('comm', '99', 'comm')")
    result = alone.execute(f"%pip install {FROM} comm==99")
    assert result.stream("stderr").startswith("comm: imported before, stays as it was.")


def test_executors_get_a_package_as_the_hint_says(notebook: Notebook) -> None:
    notebook.run(f"{WHEEL}\nwheel('starmap', '2', 'starmap')\nsc", 280)
    said = notebook.execute(f"%pip install {FROM} starmap").stream("stderr")
    code = said[said.index("sc.addPyFile(") : said.index(", or spark.addArtifacts")].replace("NAME", "starmap")
    job = "sc.parallelize(range(2), 2).map(lambda _: __import__('starmap').version).distinct().collect()"
    assert "No module named 'starmap'" in notebook.execute(f"print({job})").error
    assert last_line(notebook, job, f"import shutil\n{code}") == ["2"]


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("open('one.csv')", "one.csv"),
        ("import pandas as pd\npd.read_csv('data/two.csv')", "data/two.csv"),
        ("%run three.py", "three.py"),
        ("open('/home/anna/four.csv')", "/home/anna/four.csv"),
        ("import pyarrow.parquet as pq\npq.read_table('five.parquet')", "five.parquet"),
        ("spark.read.text('/home/anna/six.txt')", "/home/anna/six.txt"),
    ],
)
def test_a_file_that_is_not_in_the_pod_is_told_once(notebook: Notebook, code: str, path: str) -> None:
    notebook.run("sc", 280)
    result = notebook.execute(code)
    assert result.error
    assert result.stream("stderr").splitlines()[-1] == (
        f"{path} is not in the pod that this kernel runs in: files beside the notebook are on the Jupyter server. "
        "The pod has its working directory, /home/spark, and the shares /stars, /results, /closed: "
        "put the file on one of them."
    )
    kinds = [m["msg_type"] for m in result.messages if m["msg_type"] in ("error", "stream")]
    assert kinds[-2:] == ["error", "stream"]
    assert notebook.execute(code).stream("stderr") == ""


@pytest.mark.parametrize("code", ["open('/results/none.csv')", "import os\nos.chdir('/results')\nopen('none.csv')", "1 / 0"])
def test_a_file_that_a_share_lacks_is_just_missing(notebook: Notebook, code: str) -> None:
    result = notebook.execute(code)
    notebook.run("import os\nos.chdir('/home/spark')")
    assert result.error
    assert result.stream("stderr") == ""
