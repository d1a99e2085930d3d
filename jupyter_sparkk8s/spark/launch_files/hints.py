"""What a notebook is told about being in a pod: pip installs for the driver alone, files of the server are not here.
Leaves out the installing: pip itself does it, into a place of the pod that is writable in any image.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import traceback
from importlib.util import find_spec
from typing import Any

# Files as libraries without ``filename`` name them: PyArrow, %run, %load, Spark.
_NAMED = re.compile(r"(?:local file|File|^) ?`?'([^']+)'`? ?(?:not found\.$|was not found|\. Detail)")
_SPARK_PATH = re.compile(r"Path does not exist: file:(/.*?)\.?( SQLSTATE: \w+)?$", re.MULTILINE)


class PodPython:
    """A virtual environment in the pod's scratch that adds to the image's packages, made by hand (no copy, 1 ms).

    The kernel itself stays in the image's Python, and finds the new packages first. pip leaves alone what lies outside of
    its environment, so that what the image holds counts as installed, and can be replaced by another version.
    """

    def __init__(self, root: str) -> None:
        self.python = os.path.join(root, "own", "python3")
        self.packages = os.path.join(root, "lib", os.path.basename(os.path.dirname(os.__file__)), "site-packages")
        self._bin = os.path.join(root, "bin")
        base = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
        self._config = f"home = {os.path.dirname(base)}\ninclude-system-site-packages = false\n"
        self._root, self._base = root, base

    def make(self) -> None:
        """Write it, and let the kernel and what it starts use it."""
        for folder in (os.path.dirname(self.python), self.packages, self._bin):
            os.makedirs(folder, exist_ok=True)
        if not os.path.lexists(self.python):
            os.symlink(self._base, self.python)
        with open(os.path.join(self._root, "pyvenv.cfg"), "w") as file:
            file.write(self._config)
        standard = os.path.dirname(os.__file__)
        places = [path for path in sys.path if re.search(r"(site|dist)-packages(/|$)", path) or not path.startswith(standard)]
        with open(os.path.join(self.packages, "image.pth"), "w") as file:
            file.writelines(path + "\n" for path in places if os.path.isdir(path))
        first = next((n for n, path in enumerate(sys.path) if path.endswith("-packages")), len(sys.path))
        sys.path.insert(first, self.packages)
        os.environ["PATH"] = self._bin + os.pathsep + os.environ.get("PATH", os.defpath)
        os.environ.setdefault("PIP_PYTHON", self.python)  # pip ≥ 22.3, however it is called

    def state(self) -> int:
        """Changes when something is installed."""
        return os.stat(self.packages).st_mtime_ns

    def modules(self) -> set[str]:
        """The importable names in it."""
        names = (name.partition(".")[0] for name in os.listdir(self.packages) if not name.endswith((".pth", "-info")))
        return {name for name in names if name.isidentifier() and name != "__pycache__"}


class Hints:
    """Looks at each cell that has ended; says each thing once."""

    def __init__(self, shell: Any, python: PodPython, shares: list[str]) -> None:
        self._shell, self._python, self._shares = shell, python, shares
        self._told: set[str] = set()
        self._state, self._modules = python.state(), python.modules()

    def pip(self, line: str) -> None:
        """%pip: the package manager, for this kernel."""
        python = shlex.quote(self._python.python)
        if find_spec("pip") is None:  # the image has none; where it has ensurepip, that has one
            self._shell.system(f"{python} -m ensurepip >/dev/null")
        self._shell.system(f"{python} -m pip {re.sub(r'(^| )--user( |$)', ' ', line)}")

    def after_cell(self, result: Any) -> None:
        """IPython calls this with the cell's result, after it has shown its error."""
        if self._python.state() != self._state:
            self._installed()
        path = missing_file(result.error_before_exec or result.error_in_exec)
        if path is not None and not self._is_shared(path):
            self._say(path, self._file_hint(path))

    def _say(self, topic: str, text: str) -> None:
        if topic not in self._told:
            self._told.add(topic)
            print(text, file=sys.stderr, flush=True)

    def _installed(self) -> None:
        sys.path_importer_cache.pop(self._python.packages, None)
        new = self._python.modules() - self._modules
        self._state, self._modules = self._python.state(), self._modules | new
        if not new:
            return
        old = sorted(name for name in new if not self._is_ours(sys.modules.get(name)))
        if old:
            names = ", ".join(old)
            self._say(names, f"{names}: imported before, stays as it was. Install it in a new kernel, before it is imported.")
        self._say(
            "executors",
            "Installed for the driver, as long as this kernel lives. The executors don't have it: functions that run there "
            "(UDFs, RDDs) can't import it. A package of pure Python can be sent to them: "
            f'sc.addPyFile(shutil.make_archive("/tmp/NAME", "zip", "{self._python.packages}", "NAME")), or '
            "spark.addArtifacts(…, pyfile=True). Anything else belongs into the image: ask your administrator.",
        )

    def _is_ours(self, module: Any) -> bool:
        file = getattr(module, "__file__", None)
        return file is None or file.startswith(self._python.packages)

    def _is_shared(self, path: str) -> bool:
        """Whether a file that is missing here would be missing everywhere."""
        absolute = os.path.abspath(os.path.expanduser(path))
        return any(absolute == share or absolute.startswith(share + "/") for share in self._shares)

    def _file_hint(self, path: str) -> str:
        if self._shares:
            places = f"the shares {', '.join(self._shares)}: put the file on one of them."
        else:
            places = "no share: an administrator can mount one (c.SparkK8s.volumes)."
        return (
            f"{path} is not in the pod that this kernel runs in: files beside the notebook are on the Jupyter server. "
            f"The pod has its working directory, {os.getcwd()}, and {places}"
        )


def missing_file(error: BaseException | None) -> str | None:
    """The file that a cell did not find, as the cell named it; None for any other error."""
    if error is None:
        return None
    first, last = (str(error.args[0]), str(error.args[-1])) if error.args else (" ", " ")
    if isinstance(error, FileNotFoundError):
        if error.filename is not None:
            return None if _is_program(error) else os.fsdecode(error.filename)
        match = _NAMED.search(last)
        return match[1] if match else None if re.search(r"\s", first) else first
    if type(error).__name__ == "AnalysisException":
        match = _SPARK_PATH.search(str(error))
        return match[1] if match else None
    match = _NAMED.match(first) if type(error) in (Exception, ValueError) else None
    return match[1] if match else None


def _is_program(error: BaseException) -> bool:
    """Whether it was a command that was not found."""
    files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
    return bool(files) and os.path.basename(files[-1]) == "subprocess.py"


def install(shell: Any, shares: str) -> None:
    """Give a notebook in a pod its hints. ``shares``: where volumes are mounted, separated by colons."""
    python = PodPython(os.path.join(os.path.dirname(os.environ["SPARK_CONF_DIR"]), "python"))
    python.make()
    hints = Hints(shell, python, [path.rstrip("/") for path in shares.split(":") if path])
    shell.register_magic_function(hints.pip, "line", "pip")
    shell.events.register("post_run_cell", hints.after_cell)
