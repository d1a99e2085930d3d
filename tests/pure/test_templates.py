"""Names put into settings: valid where they land, never the same for two users, and never read as anything but a name."""

from __future__ import annotations

import itertools
import re
import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_sparkk8s.config.templates import expand, expand_all, expand_known, expand_value, path_segment, slug
from jupyter_sparkk8s.errors import ConfigurationError

from .hostile import EXAMPLES, names
from .specs import KERNEL

if TYPE_CHECKING:
    from collections.abc import Callable

# RFC 1123 as Kubernetes has it (IsDNS1123Label); ours begin with a letter too, which RFC 1035 and some resources want.
DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
# Kubernetes' IsValidLabelValue.
LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ESCAPES = [slug, path_segment]
NAMES = {"username": "anna", "kernel_id": "k-1", "server": "s-1"}


@given(name=names, limit=st.integers(24, 63))
def test_a_slug_is_a_dns_label_and_a_label_value(name: str, limit: int) -> None:
    made = slug(name, limit)
    assert DNS_LABEL.fullmatch(made)
    assert LABEL_VALUE.fullmatch(made)
    assert len(made) <= limit


@given(name=names)
def test_a_path_segment_stays_one_segment(name: str) -> None:
    made = path_segment(name)
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]*", made)  # so: not empty, "." or "..", not hidden, no separator
    assert len(made) <= 64


@pytest.mark.parametrize("escape", ESCAPES)
def test_hostile_names_never_meet(escape: Callable[[str], str]) -> None:
    made = [escape(name) for name in EXAMPLES]
    assert len(set(made)) == len(EXAMPLES)


@pytest.mark.parametrize("escape", ESCAPES)
@given(one=names, other=names)
def test_two_names_never_meet(escape: Callable[[str], str], one: str, other: str) -> None:
    assert (escape(one) == escape(other)) == (one == other)


@pytest.mark.parametrize("escape", ESCAPES)
@given(name=names)
def test_nobody_can_take_the_escaped_form_of_another(escape: Callable[[str], str], name: str) -> None:
    """Who knows the rule may choose a name that looks escaped already."""
    made = escape(name)
    if made != name:
        assert escape(made) != made


def test_every_short_name_has_a_slug_of_its_own() -> None:
    """All names of up to four characters from an alphabet that holds each kind."""
    every = ["".join(letters) for size in range(5) for letters in itertools.product("aA0-. ", repeat=size)]
    assert len({slug(name) for name in every}) == len(every)
    assert len({path_segment(name) for name in every}) == len(every)


@pytest.mark.parametrize(
    ("name", "label", "path"),
    [
        ("anna", "anna", "anna"),
        ("anna-b2", "anna-b2", "anna-b2"),
        ("Anna", "anna--bf4fccd616251b67", "Anna"),
        ("anna@site.org", "anna-site-or--f50c1ef248352fb5", "anna@site.org"),
        ("a.b_C-9", "a-b-c-9--a369bc17c7b8a3ca", "a.b_C-9"),
        ("x" * 30, "x" * 30, "x" * 30),
        ("x" * 31, f"{'x' * 12}--0f46e4b0802fee6f", "x" * 31),
        ("x" * 64, f"{'x' * 12}--7ce100971f64e700", "x" * 64),
        ("x" * 65, f"{'x' * 12}--9537c5fdf120482f", f"{'x' * 42}--ef17a53066ed8500"),
        ("..", "x--5ec1f7e700f37c3d", "x--ef9ba28d7b5c1738"),
    ],
)
def test_known_names(name: str, label: str, path: str) -> None:
    """What users' folders and claims are called must not change from one version to the next; hashes by sha256sum."""
    assert slug(name) == label
    assert path_segment(name) == path


@given(name=names)
def test_a_value_is_data(name: str) -> None:
    """No variable in a value is expanded again, and the text around it stays."""
    values = NAMES | {"username": name}
    assert expand_known("<{username}|{kernel_id}>", values) == f"<{name}|k-1>"
    assert expand("<{username}|{kernel_id}>", values, slug, trait="t") == f"<{slug(name)}|k-1>"


@pytest.mark.parametrize(("known", "made"), [(KERNEL, KERNEL), ("hub-7", "hub-7"), ("Hub 7", slug("Hub 7"))])
def test_ids_are_those_of_the_labels(known: str, made: str) -> None:
    assert expand("{kernel_id}", NAMES | {"kernel_id": known}, slug, trait="labels") == made
    assert expand("{username}", NAMES | {"username": KERNEL}, slug, trait="labels") == slug(KERNEL) != KERNEL


@given(
    name=names, before=st.sampled_from(["", "/home/", "a/b-", "s3a://", "x=y&"]), after=st.sampled_from(["", "/work", "/../x"])
)
def test_a_name_in_a_path_is_one_segment_and_that_of_the_volumes(name: str, before: str, after: str) -> None:
    """In a variable or a property; without a slash around it, it stays as it is."""
    made = expand_value(before + "{username}" + after, NAMES | {"username": name})
    assert made == before + (path_segment(name) if "/" in before + after else name) + after


@given(variable=st.text(string.ascii_letters + string.digits + "_", max_size=12))
def test_unknown_variables(variable: str) -> None:
    text = "a{" + variable + "}b"
    if variable in NAMES or not WORD.fullmatch(variable):
        expand(text, NAMES, slug, trait="namespace")
        return
    assert expand_known(text, NAMES) == text
    with pytest.raises(ConfigurationError) as caught:
        expand(text, NAMES, slug, trait="namespace")
    assert str(caught.value) == (
        f"c.SparkK8s.namespace holds {{{variable}}} in {text!r}; the variables are {{username}}, {{kernel_id}}, {{server}}."
    )


@pytest.mark.parametrize("text", ["", "plain", "{}", "{ username }", "{username", "username}", "{user name}", "{1}", "{a.b}"])
def test_what_is_no_variable_stays(text: str) -> None:
    assert expand(text, NAMES, slug, trait="namespace") == text
    assert expand_known(text, NAMES) == text


def test_a_json_value_is_expanded_by_place_and_copied() -> None:
    value = {
        "name": "home",
        "mountPath": "/home/{username}",
        "subPath": "{username}",
        "readOnly": {"driver": False},
        "csi": {
            "driver": "cephfs.csi.ceph.com",
            "volumeAttributes": {"rootPath": "/volumes/{username}", "fsName": "{username}", "staticVolume": "true"},
        },
        "numbers": [1, 2.5, None, True, "{server}"],
    }
    expanded = expand_all(value, NAMES | {"username": "Anna/.."}, trait="volumes")
    path, label = path_segment("Anna/.."), slug("Anna/..")
    assert expanded == {
        "name": "home",
        "mountPath": f"/home/{path}",
        "subPath": path,
        "readOnly": {"driver": False},
        "csi": {
            "driver": "cephfs.csi.ceph.com",
            "volumeAttributes": {"rootPath": f"/volumes/{path}", "fsName": label, "staticVolume": "true"},
        },
        "numbers": [1, 2.5, None, True, "s-1"],
    }
    assert path != label
    expanded["csi"]["volumeAttributes"]["fsName"] = "changed"
    expanded["numbers"].append("changed")
    assert value["csi"]["volumeAttributes"]["fsName"] == "{username}"  # type: ignore[index]
    assert len(value["numbers"]) == 5
