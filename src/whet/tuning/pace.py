"""How fast the recipe of a tuning trains here: what a training costs before its first epoch, and per epoch."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np

from whet.data.dataset import Dataset
from whet.engine.job import Job
from whet.errors import TrainingFailedError
from whet.improving.prepare import Prepared
from whet.improving.trials import Trials
from whet.recipe import Length, Recipe
from whet.training.fitted import Training

__all__ = ["Pace", "measure"]

LEAST_S, MOST_S, SHARE = 0.3, 6.0, 0.03  # of the measured training, and of the budget


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Seconds on the training part."""

    fixed_s: float  # encoding, building, the first step, scoring
    epoch_s: float
    num_examples: int  # of the training part

    def needed_s(self, epochs: float, num_examples: int) -> float:
        """What so many epochs over so many examples take; a fifth more, since sizes and rates are searched as well.

        >>> Pace(fixed_s=1.0, epoch_s=2.0, num_examples=100).needed_s(10, 50)
        13.0
        """
        return self.fixed_s + 1.2 * epochs * self.epoch_s * num_examples / max(1, self.num_examples)

    def to_dict(self) -> dict[str, float]:
        """JSON-ready."""
        return asdict(self)


def measure(recipe: Recipe, prepared: Prepared, trials: Trials, *, budget_s: float) -> Pace:
    """Of the recipe on the training part; where it cannot be trained, a guess."""
    data = prepared.data.take(prepared.train)
    try:
        return measured(recipe, data, trials, wanted_s=min(MOST_S, max(LEAST_S, SHARE * budget_s)), name="pace")
    except TrainingFailedError:  # the start will say what is wrong
        return Pace(fixed_s=0.1, epoch_s=SHARE * budget_s, num_examples=len(data))


def measured(recipe: Recipe, data: Dataset, trials: Trials, *, wanted_s: float, name: str) -> Pace:
    """From two moments of training that are thrown away: the first of a process loads libraries and says nothing.

    With several workers all of them train at once, as they will, and the slowest counts.

    Raises:
        TrainingFailedError: the recipe cannot be trained.
    """

    def train(seconds: float, moment: str) -> list[Training]:
        limited = replace(recipe, length=Length(seconds=round(seconds, 3), epochs=recipe.length.epochs))
        return _side_by_side(limited, data, trials, f"{name}-{moment}")

    train(0.01, "warming")  # one step
    fixed = max(training.seconds for training in train(0.02, "fixed"))
    paces = [_from(training, fixed, len(data)) for training in train(fixed + wanted_s, "long")]
    return max(paces, key=lambda pace: (pace.epoch_s, pace.fixed_s))


def _side_by_side(recipe: Recipe, data: Dataset, trials: Trials, name: str) -> list[Training]:
    if trials.engine.num_workers == 1:
        return [trials.refit(recipe, data, name=name)]
    rows, count = np.arange(len(data)), trials.engine.num_workers
    results = trials.engine.run([Job(name=f"{name}-{n}", recipe=recipe, data=data, train=rows) for n in range(count)])
    for result in results:
        if isinstance(result, TrainingFailedError):
            raise result
    return [result for result in results if isinstance(result, Training)]


def _from(training: Training, fixed_s: float, num_examples: int) -> Pace:
    if not training.curve:  # an estimator has no epochs
        return Pace(fixed_s=training.seconds, epoch_s=0.0, num_examples=num_examples)
    rest = max(0.01, training.seconds - fixed_s)
    return Pace(fixed_s=fixed_s, epoch_s=rest / max(1e-3, training.epochs), num_examples=num_examples)
