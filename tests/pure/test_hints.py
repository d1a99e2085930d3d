"""Which error tells of a file that is not in the pod, and the Python that pip installs into."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_sparkk8s.spark.launch_files.hints import PodPython, missing_file


class AnalysisException(Exception):
    """As PySpark's."""


@pytest.mark.parametrize(
    ("error", "path"),
    [
        (FileNotFoundError(2, "No such file or directory", "stars.csv"), "stars.csv"),
        (FileNotFoundError(2, "No such file or directory", b"stars.csv"), "stars.csv"),
        (FileNotFoundError("stars.parquet"), "stars.parquet"),
        (FileNotFoundError(2, "Failed to open local file 'a b.csv'. Detail: [errno 2] No such file or directory"), "a b.csv"),
        (Exception("File `'model.py'` not found."), "model.py"),
        (ValueError("'model.py' was not found in history, as a file, url, nor in the user namespace."), "model.py"),
        (AnalysisException("[PATH_NOT_FOUND] Path does not exist: file:/data/a.csv. SQLSTATE: 42K03"), "/data/a.csv"),
        (AnalysisException("[PATH_NOT_FOUND] Path does not exist: file:/data/a.csv."), "/data/a.csv"),
        (AnalysisException("[PATH_NOT_FOUND] Path does not exist: s3a://bucket/a.csv."), None),
        (FileNotFoundError("no such thing here"), None),
        (FileNotFoundError(), None),
        (PermissionError(13, "Permission denied", "stars.csv"), None),
        (KeyError("stars.csv"), None),
        (ValueError("'x' is not a number"), None),
        (None, None),
    ],
    ids=str,
)
def test_the_file_that_was_not_found(error: BaseException | None, path: str | None) -> None:
    assert missing_file(error) == path


def test_a_command_that_was_not_found_is_no_file() -> None:
    with pytest.raises(FileNotFoundError) as raised:
        subprocess.run(["no-such-command"], check=False)
    assert missing_file(raised.value) is None


def test_the_pod_s_python_has_the_image_s_packages_and_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("PATH", "PIP_PYTHON"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    python = PodPython(str(tmp_path / "python"))
    python.make()
    Path(python.packages, "newcomer.py").write_text("x = 1\n")
    Path(python.packages, "newcomer-1.dist-info").mkdir()
    assert python.modules() == {"newcomer"}
    code = "import newcomer, pytest, sys; print(newcomer.__file__, pytest.__file__, sys.prefix)"
    found = subprocess.run([python.python, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert found == [str(Path(python.packages, "newcomer.py")), pytest.__file__, str(tmp_path / "python")]
    names = [path for path in sys.path if path.endswith("-packages")]
    assert names[0] == python.packages
