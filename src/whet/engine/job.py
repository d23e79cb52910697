"""One training to be done somewhere: a recipe, the examples, and a name for what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from whet.data.dataset import Dataset
from whet.errors import TrainingFailedError
from whet.recipe import Recipe
from whet.training.fitted import Training
from whet.training.pruned import Pruned

__all__ = ["Job", "OnDone", "Outcome", "Result"]

Result = Training | TrainingFailedError
Outcome = Result | Pruned  # of a job whose learning curve is followed: it may be given up
OnDone = Callable[[int, Result], None]  # (place among the jobs, what came out)


@dataclass(frozen=True, kw_only=True)
class Job:
    """The recipe says how long it may take (``recipe.length``).

    Nothing here is tied to a process: data are named by their rows and opened from disk where the job runs.
    """

    name: str  # of its checkpoint, a file name; the same job of a resumed run has the same
    recipe: Recipe
    data: Dataset
    train: np.ndarray  # (n,) positions in ``data``
    valid: np.ndarray | None = None  # (m,) positions in ``data``; None: nothing is scored
    num_threads: int | None = None  # None: the engine says
    group: str = ""  # jobs of one group stand or fall together: once one has failed, the others are not begun
