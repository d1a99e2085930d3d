"""The driver pod's first process: codes, orphans, files. Its kernels are short scripts."""

from __future__ import annotations

import socket
import stat
import sys
import time
from pathlib import Path

import pytest

from jupyter_sparkk8s.relay import pod_files
from jupyter_sparkk8s.relay.wire import digest
from tests.pure.first_process import CONNECTION, DEFAULTS, ON_LINUX, Made
from tests.pure.first_process import launch as launch

pytestmark = ON_LINUX
PYTHON = "{}.{}".format(*sys.version_info)


@pytest.mark.parametrize(
    ("kernel", "code"),
    [
        ("", 0),
        ("raise SystemExit(7)", 7),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 137),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", 143),
        # what still lives below does not hold it up: it ends with the pod
        ("import os, time\nif not os.fork():\n    os.close(1), os.close(2), time.sleep(1)", 0),
    ],
)
def test_its_exit_code_is_the_kernel_s(launch: Made, kernel: str, code: int) -> None:
    assert launch(kernel).ends() == (code, "", "")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"JAVA_HOME": "/nowhere", "SPARKK8S_SESSION": "eager"}, "The image has no Java, as far as its python3"),
        ({"PATH": "/nowhere", "SPARKK8S_SESSION": "lazy"}, "The image has no Java, as far as its python3"),
        ({"JAVA_HOME": "/nowhere", "SPARKK8S_SESSION": "off"}, ""),
    ],
)
def test_an_image_that_can_give_no_spark_is_told_at_once(launch: Made, environ: dict[str, str], said: str) -> None:
    code, _, errors = launch("").ends(**environ)
    assert (code, errors[: len(said)]) == (78 if said else 0, said)


def test_it_reaps_what_the_kernel_leaves(launch: Made) -> None:
    """The orphan's entry in /proc goes only when somebody has collected it."""
    kernel = """
import os, time
reader, writer = os.pipe()
if not os.fork():
    if not os.fork():
        os.write(writer, str(os.getpid()).encode())
        time.sleep(0.05)
    os._exit(3)
os.wait()
orphan = os.read(reader, 20).decode()
assert os.path.exists("/proc/" + orphan)
deadline = time.monotonic() + 5
while os.path.exists("/proc/" + orphan):
    assert time.monotonic() < deadline, open("/proc/" + orphan + "/status").read()
    time.sleep(0.01)
print("collected")
"""
    assert launch(kernel).ends() == (0, "collected\n", "")


def test_the_kernel_leads_its_own_session_with_signals_as_usual(launch: Made) -> None:
    kernel = """
import os, signal, sys
print(os.getsid(0) == os.getpgid(0) == os.getpid(), signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
      signal.getsignal(signal.SIGINT) == signal.default_int_handler, *sys.argv[1:])
"""
    made = launch(kernel)
    assert made.ends() == (0, f"True True True -f {made.scratch}/sparkk8s/connection.json\n", "")


@pytest.mark.parametrize(("host", "master"), [("10.96.0.1", "10.96.0.1"), ("fd00::1", "[fd00::1]")])
def test_the_configuration_and_the_places_to_write_to(launch: Made, host: str, master: str) -> None:
    made = launch("")
    assert made.ends(KUBERNETES_SERVICE_HOST=host) == (0, "", "")
    written = {str(path.relative_to(made.scratch)): path for path in made.scratch.rglob("*")}
    assert set(written) == {
        "ipythondir",
        "mplconfigdir",
        "spark_local_dirs",
        "sparkk8s",
        "sparkk8s/conf",
        "sparkk8s/conf/spark-defaults.conf",
        "sparkk8s/conf/log4j2.properties",
        "sparkk8s/connection.json",
    }
    assert written["sparkk8s/conf/spark-defaults.conf"].read_text() == (
        f"{DEFAULTS}spark.master k8s://https://{master}:443\nspark.driver.host 10.0.0.7\nspark.driver.bindAddress 10.0.0.7\n"
        f'spark.executorEnv.SPARKK8S_DRIVER_VERSIONS {{"Python": "{PYTHON}"}}\n'
    )
    assert written["sparkk8s/connection.json"].read_text() == CONNECTION
    for name in ("connection.json", "conf/spark-defaults.conf"):
        assert stat.S_IMODE(written[f"sparkk8s/{name}"].stat().st_mode) == 0o600


LOCK = "spark.ui.filters org.apache.spark.ui.JWSFilter\nspark.org.apache.spark.ui.JWSFilter.param.secretKey k-e_y\n"


@pytest.mark.parametrize(
    ("jars", "settings", "spark", "lock"),
    [
        (["spark-core_2.13-4.3.0.jar", "jjwt-impl-0.13.0.jar"], "", "4.3.0", LOCK),
        (["spark-core_2.13-4.3.0.jar", "jjwt-impl-0.13.0.jar"], "spark.ui.filters com.example.Filter\n", "4.3.0", ""),
        (["spark-core_2.13-4.0.0.jar"], "", "4.0.0", ""),
        (["spark-core_2.12-3.5.9-vendor-1.jar", "jjwt-impl-0.13.0.jar"], "", "3.5.9-vendor-1", ""),
    ],
    ids=["Spark 4", "a filter of the administrator's", "without jjwt", "Spark 3"],
)
def test_what_the_image_decides(launch: Made, jars: list[str], settings: str, spark: str, lock: str) -> None:
    made = launch("")
    for name in jars:
        (made.jars / name).touch()
    with (made.folder / "conf" / "spark-defaults.conf").open("a") as file:
        file.write(settings)
    assert made.ends()[0] == 0
    lines = (made.scratch / "sparkk8s" / "conf" / "spark-defaults.conf").read_text().partition("bindAddress 10.0.0.7\n")[2]
    versions = f'{{"Python": "{PYTHON}", "Spark": "{spark}"}}'
    assert lines == f"spark.executorEnv.SPARKK8S_DRIVER_VERSIONS {versions}\n{lock}"


def test_the_relay_listens_before_anything_else_and_lives_until_the_kernel_ends(launch: Made) -> None:
    kernel = "import os, time\nprint('SPARKK8S_RELAY_PORT' in os.environ, flush=True)\ntime.sleep(0.2)\n"
    made = launch(kernel)
    (made.folder / "relay").mkdir()
    for name, text in pod_files().items():
        (made.folder / "relay" / name).write_text(text)
    (made.folder / "relay.token").write_text("token")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with made.run(SPARKK8S_RELAY_PORT=str(port)) as process:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.005)
        output, errors = process.communicate()
    assert (process.returncode, output, errors) == (0, "False\n", "")


def test_who_has_the_key_is_told_the_memory_in_use(launch: Made, tmp_path: Path) -> None:
    made = launch("import time\ntime.sleep(20)\n")
    made.edit("gauge.py", '_CGROUP = "/sys/fs/cgroup"', f"_CGROUP = {str(tmp_path)!r}")
    (tmp_path / "memory.current").write_text("5000\n")
    (tmp_path / "memory.stat").write_text("anon 3000\ninactive_file 1000\n")
    with socket.create_server(("127.0.0.2", 0)) as free:
        place = free.getsockname()
    with made.run(SPARKK8S_GAUGE_PORT=str(place[1]), POD_IP=place[0]):
        deadline = time.monotonic() + 20
        for key, said in (("k-e_y", (4000).to_bytes(8, "big")), ("made up", b"")):
            while True:
                try:
                    client = socket.create_connection(place)
                    break
                except ConnectionRefusedError:
                    assert time.monotonic() < deadline
                    time.sleep(0.01)
            with client:
                client.sendall(digest(key))
                assert client.recv(100, socket.MSG_WAITALL) == said


def test_a_launch_directory_without_its_files_is_told(launch: Made) -> None:
    made = launch("")
    (made.folder / "connection.json").unlink()
    code, output, errors = made.ends()
    assert (code, output) == (1, "")
    assert errors.rstrip().endswith(f"No such file or directory: '{made.folder}/connection.json'")
