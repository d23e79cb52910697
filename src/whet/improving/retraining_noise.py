"""How far a second training of what is handed over would land from the first, by the seeds that this run repeated.

Seeds are repeated of the default recipe, often in trainings of seconds, where scores scatter by points; what is handed
over was trained for longer and scatters less. The errors of all trainings are taken to scatter in proportion to the
error, so a relative noise is pooled over every recipe with several seeds and applied to each member's own error. Simple
models are trained again without chance. Members are independent, and each moves the result by its share of the weight.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace

from whet.evaluation.metric import Metric
from whet.improving.trials import Trial, Weighted
from whet.ledger.noise import NoiseFloor

__all__ = ["retraining_std"]


def retraining_std(
    metric: Metric, pool: Sequence[Trial], members: Sequence[Weighted], *, again: Collection[str]
) -> float:
    """In the metric's unit, of ``members`` whose keys ``again`` names; the others keep their weights or go on.

    0 where no recipe of ``pool`` was trained with two seeds, or none of these members is a network.
    """
    by_recipe: dict[tuple[str, str], list[float]] = defaultdict(list)
    for trial in pool:
        if trial.curve:
            by_recipe[trial.arena, replace(trial.recipe, seed=0).digest()].append(_error(metric, trial))
    floor = NoiseFloor.of([error / _mean(errors) for error in errors] for errors in by_recipe.values() if _mean(errors))
    total = sum(abs(m.weight) for m in members) or 1.0
    moved = [m.weight / total * _error(metric, m.trial) for m in members if m.trial.curve and m.trial.key in again]
    return (floor.std or 0.0) * math.hypot(*moved)


def _error(metric: Metric, trial: Trial) -> float:
    """What is missing to a perfect score; of shares as if one more example were wrong and one right."""
    if not metric.higher_is_better:
        return trial.score
    num = len(trial.scores)
    return ((1.0 - trial.score) * num + 1.0) / (num + 2.0)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
