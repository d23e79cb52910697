"""What a change of the training examples is worth: the same quick model, the same folds, the same held-out examples.

Held-out examples are never changed, so that a gain cannot come from an easier test; with wrong labels among them the
gain is understated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from whet.auditing.quick import fit_scores
from whet.data.dataset import Dataset
from whet.errors import CannotJudgeError
from whet.evaluation.intervals import gain_interval
from whet.finding import Cost

if TYPE_CHECKING:
    from whet.auditing.inspection import Inspection

__all__ = ["training_gain"]


def training_gain(inspection: Inspection, treat: Callable[[Dataset], Dataset]) -> Cost:
    """What the quick model gains when ``treat`` changes (a view of) the examples that it is trained on.

    Raises CannotJudgeError when the time left does not suffice for training the quick model once more.
    """
    quick = inspection.quick
    if inspection.stopwatch.left() < 1.2 * quick.seconds:
        raise CannotJudgeError(
            f"measuring the cost takes about {quick.seconds:.0f} s, and {inspection.stopwatch.left():.0f} s are left"
        )
    some = inspection.data.take(quick.positions)
    scores = fit_scores(inspection, some, quick.recipe, list(quick.parts), treat=treat)
    found = gain_interval(
        inspection.metric, quick.truth, scores, quick.scores, clusters=quick.clusters, seed=inspection.seed
    )
    return Cost(
        meaning="gain",
        value=found.value,
        low=found.low,
        high=found.high,
        how=f"{quick.title} trained with and without it, on the same {len(some):,} held-out examples",
    )
