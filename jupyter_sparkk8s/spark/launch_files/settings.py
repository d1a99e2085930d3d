"""Which settings a running Spark still takes, which need a new context or a new JVM, and which a notebook can't choose.
Leaves out what becomes of them.
"""

from __future__ import annotations

import os
import re
import sys
import time
from typing import Any, NamedTuple

# Where the driver runs is not the notebook's to choose; guides for a single machine set all of these.
PLACE = ("spark.master", "spark.submit.deployMode", "spark.driver.host", "spark.driver.bindAddress")
MEMORY = "spark.driver.memory"
# Read when a JVM starts, and never again.
_JVM = re.compile(
    r"spark\.(jars\b.*|submit\.pyFiles|driver\.(memory|userClassPathFirst|extraClassPath|extraLibraryPath|\w+JavaOptions))$"
)
# Read when a context starts, whatever their last words are: Spark itself has no list of these.
_START = re.compile(r"spark\.(hadoop|executorEnv|kubernetes|driver|executor|dynamicAllocation|submit|jars|files|archives)\b")
_WRITTEN_S = 60.0
_CGROUP = "/sys/fs/cgroup"
_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")  # version 2, then 1
_UNITS = {"b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


class Late(NamedTuple):
    """A setting that what runs does not take any more: its name, the value asked for, and the one in force."""

    name: str
    asked: str
    in_force: str | None

    @property
    def needs_jvm(self) -> bool:
        """Whether a new context would not take it either."""
        return bool(_JVM.match(self.name))


def late_settings(conf: Any, runtime: Any, asked: dict[str, Any]) -> list[Late]:
    """Those of ``asked`` that a running context can't take and that differ from its ``conf``. ``runtime`` is the ``conf`` of a
    session, where there is one.
    """
    found = []
    for name, value in asked.items():
        if name != "spark.app.name" and name not in PLACE:
            entry = _entry(name)
            if _JVM.match(name) or _START.match(name) or (entry is not None and not _is_modifiable(name, runtime)):
                found += _late(conf, entry, name, str(value))
    return found


def late_for_jvm(conf: Any, asked: dict[str, Any]) -> list[Late]:
    """Those of ``asked`` that a JVM without a context can't take and that differ from its defaults, a SparkConf."""
    pairs = [(name, value) for name, value in asked.items() if _JVM.match(name)]
    return [late for name, value in pairs for late in _late(conf, _entry(name), name, str(value))]


def _entry(name: str) -> Any:
    """What Spark knows of a setting; None for one that it does not know."""
    return sys.modules["pyspark"].SparkContext._jvm.org.apache.spark.internal.config.ConfigEntry.findEntry(name)


def _is_modifiable(name: str, runtime: Any) -> bool:
    return bool(name.startswith("spark.sql.") if runtime is None else runtime.isModifiable(name))


def _late(conf: Any, entry: Any, name: str, value: str) -> list[Late]:
    in_force = conf.get(name)
    if in_force is None and entry is not None and "<" not in entry.defaultValueString():
        in_force = entry.defaultValueString()
    return [] if _same(entry, value, in_force or "") else [Late(name, value, in_force)]


def _same(entry: Any, one: str, other: str) -> bool:
    """Whether two texts mean the same to Spark: ``1g`` is ``1024m``."""
    if one == other or entry is None:
        return one == other
    try:
        return str(entry.valueConverter().apply(one)) == str(entry.valueConverter().apply(other))
    except Exception:  # a value that Spark refuses, or one that Py4J can't bring over
        return False


def left_out(asked: dict[str, Any]) -> dict[str, str]:
    """Why a notebook's Spark can't do what some settings say, by their names."""
    fixed, reasons = defaults(), {}
    for name in PLACE:
        if name in asked and name in fixed and str(asked[name]) != fixed[name]:
            reasons[name] = f"in this notebook Spark runs with {name}={fixed[name]}."
    limit = memory_limit()
    if MEMORY in asked and limit and _size(str(asked[MEMORY])) > limit:
        reasons[MEMORY] = (
            f"this driver may use {limit >> 20} MiB in all. Ask your administrator for a profile with a larger driver."
        )
    return reasons


def await_defaults(_: Any = None) -> None:
    """Return when the pod's first process has written them, which it does when the kernel is up."""
    until = time.monotonic() + _WRITTEN_S
    while not os.path.exists(_path()) and time.monotonic() < until:
        time.sleep(0.005)


def _path() -> str:
    return os.path.join(os.environ["SPARK_CONF_DIR"], "spark-defaults.conf")


def defaults() -> dict[str, str]:
    """What the notebook's Spark starts with."""
    try:
        with open(_path(), encoding="utf-8") as file:
            pairs = [line.rstrip("\n").split(" ", 1) for line in file if " " in line]
    except (KeyError, OSError):
        return {}
    return {key: value.replace("\\", "") for key, value in pairs}


def memory_limit(folder: str = _CGROUP) -> int | None:
    """Bytes that this container may use; None where nothing limits them."""
    for name in _LIMITS:
        try:
            with open(os.path.join(folder, name)) as file:
                text = file.read().strip()
        except OSError:
            continue
        if text.isdigit() and int(text) < 1 << 50:  # an unlimited cgroup of version 1 says a number near 2**63
            return int(text)
    return None


def _size(text: str) -> int:
    """Bytes of a size as Java's options and Spark write it; 0 where it is none. Without a unit they are MiB."""
    match = re.match(r"(\d+)([bkmgt]?)b?$", text.strip().lower())
    return int(match[1]) * _UNITS[match[2] or "m"] if match else 0
