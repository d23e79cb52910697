"""Raised out of a training that whoever follows its learning curve no longer wants to see finished."""

from __future__ import annotations

__all__ = ["Pruned"]


class Pruned(BaseException):  # not an Exception: it is no failure, and must not be recorded as a crash
    """The curve gave no hope: nothing is scored and nothing is kept."""
