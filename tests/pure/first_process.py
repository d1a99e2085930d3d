"""A launch directory as the Secret makes it, and the driver pod's first process on it, which adopts orphans as PID 1 does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jupyter_sparkk8s.spark import launch_files

ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="pods are Linux; only there a process can adopt")
SCRIPT = Path(launch_files.__file__).with_name("start.py")
# prctl(PR_SET_CHILD_SUBREAPER) survives exec: orphans below come to the script, as in a pod.
ADOPT = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(36, 1, 0, 0, 0); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
DEFAULTS = "spark.app.name a\n"
CONNECTION = '{"key": "k", "shell_port": 20000}'


class Launch:
    """``kernel`` is the text of its kernel."""

    def __init__(self, folder: Path, kernel: str) -> None:
        self.folder, self.scratch = folder / "launch", folder / "tmp"
        (self.folder / "..data" / "conf").mkdir(parents=True)
        (self.folder / "conf").symlink_to("..data/conf")  # the kubelet's way
        (self.folder / "conf" / "spark-defaults.conf").write_text(DEFAULTS)
        (self.folder / "conf" / "log4j2.properties").write_text("rootLogger.level = warn\n")
        for name in ("start.py", "account.py", "installed.py", "executor.py", "gauge.py"):
            (self.folder / name).write_text(SCRIPT.with_name(name).read_text())
        (self.folder / "ui.key").write_text("k-e_y")
        self.jars = folder / "spark" / "jars"
        self.jars.mkdir(parents=True)
        (self.folder / "connection.json").write_text(CONNECTION)
        (self.folder / "kernel.py").write_text(kernel)
        self.environ = {
            **{name: str(self.scratch / name.lower()) for name in ("IPYTHONDIR", "MPLCONFIGDIR", "SPARK_LOCAL_DIRS")},
            "SPARK_CONF_DIR": str(self.scratch / "sparkk8s" / "conf"),
            "POD_IP": "10.0.0.7",
            "SPARK_HOME": str(self.jars.parent),
            "KUBERNETES_SERVICE_HOST": "10.96.0.1",
            "KUBERNETES_SERVICE_PORT": "443",
        }

    def edit(self, name: str, old: str, new: str) -> None:
        """Change one of its files."""
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new))

    @contextmanager
    def run(self, **environ: str) -> Iterator[subprocess.Popen[str]]:
        command = [sys.executable, "-c", ADOPT, str(self.folder / "start.py")]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=self.environ | environ, stdout=pipe, stderr=pipe, text=True) as process:
            try:
                yield process
            finally:
                process.kill()

    def ends(self, **environ: str) -> tuple[int, str, str]:
        with self.run(**environ) as process:
            output, errors = process.communicate()
            return process.returncode, output, errors


Made = Callable[[str], Launch]


@pytest.fixture
def launch(tmp_path: Path) -> Made:
    return lambda kernel: Launch(tmp_path, kernel)
