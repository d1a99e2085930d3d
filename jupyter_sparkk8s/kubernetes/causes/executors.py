"""Causes of a pod that is an executor's: what is said of a driver's names other settings; pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...errors import Cause

_OTHERS = re.compile(r"\bdriver_(?=pod_extra\b|memory\b|service_account\b)")
# What a notebook may choose, and the settings are only the beginning of.
_SIZE = "what the pod asks for"
_SIZES = "what an executor asks for (spark.executor.memory, spark.kubernetes.executor.request.cores)"


def of_executor(cause: Cause) -> Cause:
    """With the settings of executors in its next step."""
    return replace(cause, next_step=_OTHERS.sub("executor_", cause.next_step).replace(_SIZE, _SIZES))
