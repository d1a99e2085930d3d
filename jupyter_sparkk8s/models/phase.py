"""How far a start is, as people are told while they wait. Leaves out how a backend knows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Phase(str, Enum):
    """The steps of a start, in their order; a backend leaves out those that it doesn't have."""

    CREATED = "created"
    QUEUED = "queued"
    SCHEDULED = "scheduled"
    PULLING = "pulling"
    MOUNTING = "mounting"
    STARTING_PYTHON = "starting-python"
    STARTING_SPARK = "starting-spark"


@dataclass(frozen=True)
class StartPhase:
    """One step. ``node`` is where the pod is, once that is known. What may heal is told here and is no error: ``waits`` says in
    words what is waited for, ``said`` holds the system's own words; both are empty where all goes well.
    """

    phase: Phase
    said: str = ""
    node: str = ""
    waits: str = ""
