"""Adds data files to a finished wheel: a new archive with the same name and a right RECORD.

Pure file handling; what is to be added is the caller's business.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def add_data_files(wheel: Path, data_files: Mapping[str, Sequence[str]]) -> None:
    """Add files below the wheel's data directory, so that pip puts them below the environment's prefix.

    `data_files` has the form of setuptools' data-files: directory below the prefix → glob patterns below the current
    directory. Source: the wheel's file format, "Binary distribution format" of the Python packaging guide.
    """
    name, version = wheel.name.split("-")[:2]
    record_name = f"{name}-{version}.dist-info/RECORD"
    added = {f"{name}-{version}.data/data/{target}": source for target, source in _expand(data_files)}
    with zipfile.ZipFile(wheel) as archive:
        old = {entry: archive.read(entry) for entry in archive.namelist() if entry != record_name}
        record = archive.read(record_name).decode()
    contents = {target: source.read_bytes() for target, source in added.items()}
    finished = wheel.with_suffix(".part")
    with zipfile.ZipFile(finished, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in {**old, **contents}.items():
            archive.writestr(entry, content)
        archive.writestr(record_name, _extend_record(record, contents))
    finished.replace(wheel)


def _expand(data_files: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Path]]:
    for directory, patterns in data_files.items():
        for pattern in patterns:
            for source in sorted(Path().glob(pattern)):
                if source.is_file():
                    yield f"{directory}/{source.name}", source


def _extend_record(record: str, contents: Mapping[str, bytes]) -> str:
    # The RECORD lists itself last and without a hash.
    rows = list(csv.reader(record.splitlines()))
    for target, content in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.insert(-1, [target, f"sha256={digest}", str(len(content))])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
