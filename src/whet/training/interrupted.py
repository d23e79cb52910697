"""Raised out of a training when the user wants to stop; the checkpoint has been written."""

from __future__ import annotations

__all__ = ["Interrupted"]


class Interrupted(BaseException):  # not an Exception: `except Exception` around a trial must not swallow it
    """The run was asked to stop."""
