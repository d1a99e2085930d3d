"""Kubernetes' words put into ours; pure. What it does not know it passes on raw, never hides.
Leaves out waiting and asking: it is given objects.
"""

from __future__ import annotations

from .connection import unreachable
from .exits import exit_cause
from .refusals import refusal, refusal_cause
from .seen import Seen, Trouble
from .starts import start_trouble

__all__ = ["Seen", "Trouble", "exit_cause", "refusal", "refusal_cause", "start_trouble", "unreachable"]
