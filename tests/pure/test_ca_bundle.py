"""Certificate authorities that pods are to trust: read from a file, and given to Java in a form that every version reads."""

from __future__ import annotations

import hashlib
import re
import ssl
import struct
from pathlib import Path

import certifi
import pytest

from jupyter_sparkk8s.config.ca_bundle import read_ca_bundle
from jupyter_sparkk8s.errors import ConfigurationError
from jupyter_sparkk8s.spark.truststore import truststore

BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
PUBLIC = Path(certifi.where())


def some(count: int) -> str:
    """So many certificates that are real."""
    return "".join(found + "\n" for found in re.findall(f"{BEGIN}[^-]+{END}", PUBLIC.read_text())[:count])


def test_only_certificates_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "site.pem"
    key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    file.write_text("# the site's\n" + some(2) + key)
    taken = read_ca_bundle(str(file))
    assert taken.count("BEGIN CERTIFICATE") == taken.count("END CERTIFICATE") == 2
    assert "PRIVATE" not in taken
    assert "#" not in taken
    assert read_ca_bundle("") == ""


def test_a_file_that_was_renewed_is_read_again_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "site.pem"
    file.write_text(some(1))
    assert read_ca_bundle(str(file)) == some(1)
    file.write_text(some(2))
    assert read_ca_bundle(str(file)) == some(2)
    monkeypatch.setattr(Path, "read_text", lambda *_args, **_kwargs: pytest.fail("each launch asks"))
    read_ca_bundle(str(file))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            None,
            "can't be read on this server: No such file or directory. Name a PEM file with the certificate authorities that ",
        ),
        ("", "holds no certificate. Right would be a PEM file: '-----BEGIN CERTIFICATE-----' and so on."),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds a certificate that can't be read: "),
        ("large", "holds "),
    ],
)
def test_a_file_that_can_t_be_right(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "site.pem"
    if text is not None:
        file.write_text(PUBLIC.read_text() * 3 if text == "large" else text)
    with pytest.raises(ConfigurationError) as caught:
        read_ca_bundle(str(file))
    assert str(caught.value).startswith(f"c.SparkK8s.ca_bundle = {str(file)!r} {said}")


def test_java_s_form_holds_the_same_certificates() -> None:
    """Read back by its description (JavaKeyStore.java): magic, version, count, entries, and a digest over all."""
    pem = some(3)
    made = truststore(pem)
    magic, version, count = struct.unpack_from(">III", made)
    assert (magic, version, count) == (0xFEEDFEED, 2, 3)
    at, found, aliases = 12, [], set()
    for _ in range(count):
        (tag, length) = struct.unpack_from(">IH", made, at)
        assert tag == 2
        aliases.add(made[at + 6 : at + 6 + length])
        at += 6 + length + 8
        (length,) = struct.unpack_from(">H", made, at)
        assert made[at + 2 : at + 2 + length] == b"X.509"
        at += 2 + length
        (length,) = struct.unpack_from(">I", made, at)
        found.append(made[at + 4 : at + 4 + length])
        at += 4 + length
    assert len(aliases) == 3
    assert found == [ssl.PEM_cert_to_DER_cert(BEGIN + part) for part in pem.split(BEGIN)[1:]]
    assert made[at:] == hashlib.sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + made[:at]).digest()
