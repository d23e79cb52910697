"""The parts of the user's script, where a case has them."""

from __future__ import annotations

from whet.diagnosis.case import Case
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError

__all__ = ["setup_of"]


def setup_of(case: Case) -> Setup:
    """The user's own objects: look, and change copies only."""
    if case.setup is None:
        raise CannotJudgeError("a cure needs the model, its data, its loss and its optimiser")
    return case.setup
