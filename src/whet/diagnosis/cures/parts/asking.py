"""Whether a cure has something to change, asked without ever failing."""

from __future__ import annotations

from collections.abc import Callable

from whet.errors import CannotJudgeError
from whet.finding import Finding

__all__ = ["is_so", "need", "told"]


def is_so(question: Callable[[], bool]) -> bool:
    """The answer; no where it cannot be had: the question may run the user's code, which may raise anything."""
    try:
        return question()
    except Exception:  # of whatever kind the user's code raises
        return False


def told(finding: Finding | None, *keys: str) -> float | None:
    """The first of these numbers that the finding's evidence has."""
    for key in keys:
        value = finding.evidence.get(key) if finding is not None else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    return None


def need(condition: bool, reason: str) -> None:
    """Refuse to apply a cure where there is nothing to change."""
    if not condition:
        raise CannotJudgeError(reason)
