"""Where settings come from: files on Jupyter's config path, the server's own over them; and who the user is."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest
from traitlets.config import Application, Config
from traitlets.config.loader import KVArgParseConfigLoader

from jupyter_sparkk8s.config.files import load_settings
from jupyter_sparkk8s.config.identity import ServerIdentity, username
from jupyter_sparkk8s.errors import ConfigurationError

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _dirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's config directory, and a nearer one before it; nothing of this machine's user."""
    for name in ("near", "user"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path / "near"))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "user"))


def server(**settings: object) -> Application:
    return Application(config=Config({"SparkK8s": settings}))


def test_without_a_file_all_is_default() -> None:
    assert load_settings().image == ""


def test_our_file_counts_with_a_server_and_without_one(tmp_path: Path) -> None:
    (tmp_path / "user/jupyter_sparkk8s_config.py").write_text("c.SparkK8s.image = 'ours'\nc.SparkK8s.driver_cpu = '2'\n")
    for settings in (load_settings(), load_settings(server())):
        assert (settings.image, settings.driver_cpu) == ("ours", "2")


def test_the_server_s_own_configuration_wins(tmp_path: Path) -> None:
    (tmp_path / "near/jupyter_sparkk8s_config.py").write_text("c.SparkK8s.image = 'ours'\nc.SparkK8s.driver_cpu = '2'\n")
    (tmp_path / "user/jupyter_server_config.py").write_text("c.SparkK8s.image = 'from the server'\n")
    without_server = load_settings()
    assert (without_server.image, without_server.driver_cpu) == ("from the server", "2")
    parent = server(image="from the command line", env={"A": "1"})
    settings = load_settings(parent)
    assert (settings.image, settings.driver_cpu, settings.env) == ("from the command line", "2", {"A": "1"})
    assert parent.config == Config({"SparkK8s": {"image": "from the command line", "env": {"A": "1"}}})


def test_a_server_s_files_are_the_server_s_to_read(tmp_path: Path) -> None:
    """It may have been started with another file: --config=…"""
    (tmp_path / "user/jupyter_server_config.py").write_text("c.SparkK8s.image = 'not asked for'\n")
    assert load_settings(server()).image == ""


def test_the_nearer_file_wins_and_json_over_python(tmp_path: Path) -> None:
    (tmp_path / "user/jupyter_sparkk8s_config.py").write_text("c.SparkK8s.image = 'far'\nc.SparkK8s.driver_cpu = '2'\n")
    (tmp_path / "near/jupyter_sparkk8s_config.py").write_text("c.SparkK8s.image = 'near'\nc.SparkK8s.executor_cpu = '3'\n")
    (tmp_path / "near/jupyter_sparkk8s_config.json").write_text('{"SparkK8s": {"executor_cpu": "4"}}')
    settings = load_settings()
    assert (settings.image, settings.driver_cpu, settings.executor_cpu) == ("near", "2", "4")


def test_a_list_that_both_add_to(tmp_path: Path) -> None:
    (tmp_path / "user/jupyter_sparkk8s_config.py").write_text("c.SparkK8s.env_allow = ['LANG']\n")
    (tmp_path / "near/jupyter_sparkk8s_config.py").write_text("c.SparkK8s.env_allow.append('TZ')\n")
    assert load_settings().env_allow == ["LANG", "TZ"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("jupyter_sparkk8s_config.py", "c.SparkK8s.image = sites['a']\n", "NameError: name 'sites' is not defined"),
        ("jupyter_sparkk8s_config.py", "c.SparkK8s.image =\n", "SyntaxError: invalid syntax"),
        (
            "jupyter_sparkk8s_config.json",
            "{'SparkK8s': {}}",
            "JSONDecodeError: Expecting property name enclosed in double quotes",
        ),
    ],
)
def test_a_file_that_fails_is_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    file = tmp_path / "user" / name
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert str(caught.value).startswith(f"The configuration file {file} fails: {said}")


@pytest.mark.parametrize(
    ("trait", "value", "said"),
    [
        ("driver_memory", 4, "4 is wrong; right would be a text such as '4Gi'."),
        ("access", "vpn", "'vpn' is wrong; right would be one of 'auto', 'direct', 'port-forward'."),
        ("start_timeout_s", 0, "0 is wrong; right would be a number of at least 1."),
        ("volumes", [["gaia"]], "[['gaia']] is wrong; right would be a list of dicts."),
        ("image", None, "None is wrong; right would be a text."),
    ],
)
def test_a_value_of_the_wrong_type_is_told_with_its_trait(trait: str, value: object, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(server(**{trait: value}))
    assert str(caught.value) == f"c.SparkK8s.{trait} = {said}"


def test_a_name_that_is_no_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(server(drivr_memory="8Gi"))
    assert str(caught.value) == "c.SparkK8s.drivr_memory is no setting. Did you mean 'driver_memory'?"
    (tmp_path / "user/jupyter_sparkk8s_config.py").write_text("c.SparkK8s.quota = '8'\n")
    with pytest.raises(
        ConfigurationError, match=r"^c.SparkK8s.quota is no setting. The settings are: access, alone_timeout_s, "
    ):
        load_settings()


def test_a_class_that_nobody_loads(tmp_path: Path) -> None:
    (tmp_path / "user/jupyter_server_config.py").write_text("c.SparkK8S.image = 'x'\nc.SparkMagic.image = 'another package'\n")
    with pytest.raises(
        ConfigurationError, match=r"^The configuration sets c.SparkK8S, which is nothing. Did you mean c.SparkK8s\?"
    ):
        load_settings()


def test_a_value_of_the_command_line(tmp_path: Path) -> None:
    loaded = KVArgParseConfigLoader(["--SparkK8s.executor_instances=three"]).load_config()
    with pytest.raises(ConfigurationError) as caught:
        load_settings(Application(config=loaded))
    assert "c.SparkK8s.executor_instances = " in str(caught.value)
    assert "'three'" in str(caught.value)
    assert str(caught.value).endswith(" is wrong; right would be a whole number of at least 0.")


class TestUser:
    def test_jupyterhub_s(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("JUPYTERHUB_USER", "anna@site.org")
        assert username() == "anna@site.org"

    def test_the_operating_system_s(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("JUPYTERHUB_USER", "LOGNAME", "USER", "LNAME", "USERNAME"):
            monkeypatch.delenv(name, raising=False)
        assert username() == pwd.getpwuid(os.getuid()).pw_name

    @pytest.mark.skipif(os.getuid() != 0, reason="only root can take another user id")
    def test_a_user_id_without_a_name(self) -> None:
        """As in containers that run under a number of their own."""
        code = "import os; from jupyter_sparkk8s.config.identity import username; os.setuid(54321); print(username())"
        environ = {"PYTHONPATH": str(CHECKOUT)}
        done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == ("uid-54321\n", "")


class TestServerIdentity:
    def test_one_id_per_living_server_and_the_same_when_it_comes_back(self, tmp_path: Path) -> None:
        one, two, three = (ServerIdentity(tmp_path / "servers") for _ in range(3))
        first, second = one.acquire(), two.acquire()
        assert first != second
        assert one.acquire() == first
        one.release()
        assert three.acquire() == first
        two.release()
        three.release()

    def test_an_id_of_another_process_is_free_when_that_has_ended(self, tmp_path: Path) -> None:
        code = (
            "import sys, pathlib; from jupyter_sparkk8s.config.identity import ServerIdentity; "
            "identity = ServerIdentity(pathlib.Path(sys.argv[1])); print(identity.acquire(), flush=True); sys.stdin.read()"
        )
        environ = os.environ | {"PYTHONPATH": str(CHECKOUT)}
        command = [sys.executable, "-c", code, str(tmp_path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ) as other:
            assert other.stdout is not None
            theirs = other.stdout.readline().strip()
            ours = ServerIdentity(tmp_path)
            assert ours.acquire() != theirs
            other.kill()
        heir = ServerIdentity(tmp_path)
        assert heir.acquire() == theirs
        ours.release()
        heir.release()

    def test_it_knows_where_its_kernels_were_on_each_cluster(self, tmp_path: Path) -> None:
        one = ServerIdentity(tmp_path)
        one.acquire()
        for place in (("https://a", "astro"), ("https://a", "astro"), ("https://b", "bio")):
            one.note(*place)
        one.release()
        heir = ServerIdentity(tmp_path)
        heir.acquire()
        assert (heir.namespaces("https://a"), heir.namespaces("https://b"), heir.is_ours) == (["astro"], ["bio"], True)
        heir.release()

    def test_ids_that_nobody_uses_are_given_once_and_forgotten_where_all_is_swept(self, tmp_path: Path) -> None:
        gone, living, sweeper = (ServerIdentity(tmp_path) for _ in range(3))
        ids = [identity.acquire() for identity in (gone, living, sweeper)]
        gone.note("https://a", "astro")
        gone.note("https://b", "bio")
        gone.release()
        with sweeper.abandoned("https://a") as found:
            assert found == {ids[0]: ["astro"]}
            fourth = ServerIdentity(tmp_path)
            assert fourth.acquire() not in ids  # it is locked while it is swept
            fourth.release()
        assert (tmp_path / f"{ids[0]}.lock").exists()  # something of it is on the other cluster
        (tmp_path / f"{ids[0]}.lock").write_text("https://a astro\n")
        with sweeper.abandoned("https://a"):
            pass
        assert not (tmp_path / f"{ids[0]}.lock").exists()
        assert (tmp_path / f"{ids[1]}.lock").exists()
        living.release()
        sweeper.release()

    def test_an_administrator_s_id_is_ours_only_while_no_other_server_has_it(self, tmp_path: Path) -> None:
        first, second = (ServerIdentity(tmp_path, fixed="hub-7") for _ in range(2))
        assert (first.acquire(), first.is_ours) == ("hub-7", True)
        assert (second.acquire(), second.is_ours) == ("hub-7", False)
        first.release()

    def test_where_nothing_can_be_locked_the_id_is_new_and_nothing_is_swept(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        identity = ServerIdentity(tmp_path / "file" / "servers")
        assert identity.acquire()
        assert not identity.is_ours
        assert identity.namespaces("https://a") == []
