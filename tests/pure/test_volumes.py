"""Volumes: written once in Kubernetes' words; each thing that Kubernetes would refuse, or silently drop, is told first."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes.client.models.v1_volume import V1Volume

from jupyter_sparkk8s.config.volumes import _SOURCES, parse_volumes
from jupyter_sparkk8s.errors import ConfigurationError
from jupyter_sparkk8s.models.driver import Volume

CLAIM = {"persistentVolumeClaim": {"claimName": "gaia-dr2-volume-claim"}}
GAIA = {"name": "gaia-dr2", "mountPath": "/gaia-dr2", **CLAIM}
DNS_LABEL = "1 to 63 lower-case letters, digits and '-', first and last no '-'"
OURS = ", where the pod has files of its own. Choose another mountPath, e.g. '/gaia-dr2'."
WHERE = "c.SparkK8s.volumes[0] (gaia-dr2)"


def test_the_design_s_example() -> None:
    home = {"name": "home", "mountPath": "/home/anna", "subPath": "anna", "persistentVolumeClaim": {"claimName": "homes"}}
    assert parse_volumes([GAIA | {"readOnly": {"driver": False, "executor": True}}, home]) == (
        Volume("gaia-dr2", CLAIM, {"mountPath": "/gaia-dr2"}, {"driver": False, "executor": True}),
        Volume(
            "home",
            {"persistentVolumeClaim": {"claimName": "homes"}},
            {"mountPath": "/home/anna", "subPath": "anna"},
            {"driver": False, "executor": False},
        ),
    )


@pytest.mark.parametrize(
    ("read_only", "roles"),
    [
        (True, {"driver": True, "executor": True}),
        (False, {"driver": False, "executor": False}),
        ({"executor": True}, {"driver": False, "executor": True}),
        ({}, {"driver": False, "executor": False}),
    ],
)
def test_read_only(read_only: object, roles: dict[str, bool]) -> None:
    assert parse_volumes([GAIA | {"readOnly": read_only}])[0].read_only == roles


def test_one_source_may_be_mounted_twice_and_paths_lose_their_ornaments() -> None:
    one, two = parse_volumes([GAIA | {"mountPath": "/a//b/./"}, GAIA | {"mountPath": "/c", "subPath": "dr2"}])
    assert one.source == two.source == CLAIM
    assert (one.mount, two.mount) == ({"mountPath": "/a/b"}, {"mountPath": "/c", "subPath": "dr2"})


@pytest.mark.parametrize(
    "path", ["/dev/shm", "/home/spark", "/home/anna", "/tmp", "/opt/sparkk8s-data", "/usr/share/x", "/Straße ü"]
)
def test_places_that_may_be_mounted(path: str) -> None:
    assert parse_volumes([GAIA | {"mountPath": path}])[0].mount == {"mountPath": path}


def _without(key: str) -> dict[str, Any]:
    return {name: value for name, value in GAIA.items() if name != key}


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (_without("name"), "c.SparkK8s.volumes[0] (without a name) needs a name, e.g. 'gaia-dr2'."),
        (GAIA | {"name": ""}, "c.SparkK8s.volumes[0] () needs a name, e.g. 'gaia-dr2'."),
        (GAIA | {"name": 5}, "c.SparkK8s.volumes[0] (5) needs a name, e.g. 'gaia-dr2'."),
        (
            GAIA | {"name": "Gaia_DR2"},
            f"c.SparkK8s.volumes[0] gives 'Gaia_DR2', which Kubernetes does not take; right would be: {DNS_LABEL}.",
        ),
        (
            GAIA | {"name": "sparkk8s-home"},
            "c.SparkK8s.volumes[0] (sparkk8s-home): names that begin with 'sparkk8s-' are taken. Choose another.",
        ),
        (_without("mountPath"), f"{WHERE} needs an absolute mountPath, e.g. '/gaia-dr2', not None."),
        (GAIA | {"mountPath": "gaia"}, f"{WHERE} needs an absolute mountPath, e.g. '/gaia-dr2', not 'gaia'."),
        (GAIA | {"mountPath": "/a/../b"}, f"{WHERE} needs an absolute mountPath, e.g. '/gaia-dr2', not '/a/../b'."),
        (GAIA | {"mountPath": "/a:b"}, f"{WHERE} needs an absolute mountPath, e.g. '/gaia-dr2', not '/a:b'."),
        (GAIA | {"mountPath": 7}, f"{WHERE} needs an absolute mountPath, e.g. '/gaia-dr2', not 7."),
        (
            GAIA | {"mountPath": "/"},
            f"{WHERE}: nothing can be mounted on '/'{OURS}",
        ),
        (
            GAIA | {"mountPath": "//opt/sparkk8s/x"},
            f"{WHERE}: nothing can be mounted on '//opt/sparkk8s/x'{OURS}",
        ),
        (
            GAIA | {"mountPath": "/etc/passwd"},
            f"{WHERE}: nothing can be mounted on '/etc/passwd'{OURS}",
        ),
        *(
            (
                GAIA | {"mountPath": path},
                f"{WHERE}: nothing can be mounted on {path!r}{OURS}",
            )
            for path in ("/etc", "/opt/", "/home", "/usr", "/usr/lib", "/bin", "/dev", "/proc/x", "/var/run", "/run/secrets/x")
        ),
        (
            GAIA | {"mountPath": "/home/spark/", "readOnly": {"executor": True}},
            f"{WHERE}: /home/spark/ is where programs write; it can't be readOnly.",
        ),
        (
            GAIA | {"subpath": "dr2"},
            f"{WHERE} has 'subpath', which is no field of a volume. Did you mean 'subPath'?",
        ),
        (
            GAIA | {"readonly": True},
            f"{WHERE} has 'readonly', which is no field of a volume. Did you mean 'readOnly'?",
        ),
        (
            GAIA | {"persistentVolumeClaim": {"claimname": "x"}},
            (f"{WHERE}: persistentVolumeClaim needs claimName, a text; it is {{'claimname': 'x'}}. Did you mean 'claimName'?"),
        ),
        (
            _without("persistentVolumeClaim") | {"hostPath": "/x"},
            f"{WHERE}: hostPath is an object such as {{'path': '…'}}, not '/x'.",
        ),
        (
            GAIA | {"persistentVolumeClaim": {"claimName": "Gaia"}},
            (
                "c.SparkK8s.volumes[0] (gaia-dr2).claimName gives 'Gaia', which Kubernetes does not take; right would be: "
                "lower-case letters, digits, '-' and '.', first and last a letter or digit."
            ),
        ),
        (GAIA | {"subPath": "/dr2"}, f"{WHERE}: subPath is a path inside the volume, e.g. 'stars/dr2', not '/dr2'."),
        (GAIA | {"subPath": "a/.."}, f"{WHERE}: subPath is a path inside the volume, e.g. 'stars/dr2', not 'a/..'."),
        (
            _without("persistentVolumeClaim"),
            f"{WHERE} needs exactly one source, such as persistentVolumeClaim; it has none.",
        ),
        (
            GAIA | {"emptyDir": {}},
            f"{WHERE} needs exactly one source, such as persistentVolumeClaim; it has persistentVolumeClaim, emptyDir.",
        ),
        (
            _without("persistentVolumeClaim") | {"persistentVolumeClaim": "gaia"},
            f"{WHERE}: persistentVolumeClaim is an object such as {{'claimName': '…'}}, not 'gaia'.",
        ),
        (GAIA | {"readOnly": "no"}, f"{WHERE}: readOnly is True, False or a dict with 'driver' and 'executor', not 'no'."),
        (
            GAIA | {"readOnly": {"executors": True}},
            f"{WHERE}: readOnly is True, False or a dict with 'driver' and 'executor', not {{'executors': True}}.",
        ),
        (
            GAIA | {"readOnly": {"driver": 1}},
            f"{WHERE}: readOnly is True, False or a dict with 'driver' and 'executor', not {{'driver': 1}}.",
        ),
    ],
)
def test_what_can_t_be_right(item: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_volumes([item])
    assert str(caught.value) == text


def test_a_source_that_kubernetes_would_drop() -> None:
    """Kubernetes drops an unknown field and makes a volume without a source an empty directory: data written there is lost."""
    with pytest.raises(ConfigurationError) as caught:
        parse_volumes([_without("persistentVolumeClaim") | {"persistentVolumeClaims": {"claimName": "gaia"}}])
    assert str(caught.value).startswith(
        f"{WHERE}: Kubernetes knows no source 'persistentVolumeClaims'; it knows awsElasticBlockStore, azureDisk, "
    )
    assert str(caught.value).endswith(" Did you mean 'persistentVolumeClaim'?")


def test_the_sources_are_kubernetes_own() -> None:
    """Those of the client's own model; what was removed from Kubernetes is not offered."""
    removed = {"flocker", "gitRepo", "glusterfs", "photonPersistentDisk", "quobyte", "scaleIO", "storageos"}
    fields = {field.serialization_alias or name for name, field in V1Volume.model_fields.items()} - {"name"}
    assert set(_SOURCES) == fields - removed


@pytest.mark.parametrize("second", ["/gaia-dr2", "/gaia-dr2/", "//gaia-dr2"])
def test_one_place_for_two_volumes(second: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_volumes([GAIA, GAIA | {"name": "other", "mountPath": second}])
    assert str(caught.value) == "c.SparkK8s.volumes mounts /gaia-dr2 twice. Give each volume its own mountPath."


def test_one_name_for_two_sources() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_volumes([GAIA, {"name": "gaia-dr2", "mountPath": "/other", "emptyDir": {}}])
    assert str(caught.value) == "c.SparkK8s.volumes gives 'gaia-dr2' two sources. Give each volume a name of its own."
