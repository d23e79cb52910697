"""How much each searched field mattered: the share of the scores' variance that it explains.

Source: Hutter, Hoos & Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance", ICML 2014, fANOVA
    as in Optuna. Differs: a field that was inactive in a trial counts there as standing in the middle of its range, so
    that fields with conditions are rated too.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from whet.rng import stream_seed
from whet.search.optuna_words import distribution_of, quiet, stored
from whet.search.space import Space
from whet.search.tried import Tried

__all__ = ["LEAST", "importance"]

LEAST = 8  # full trainings below which nothing is said


def importance(space: Space, tried: Sequence[Tried], *, seed: int) -> dict[str, float]:
    """Shares by field, the largest first, which sum to 1; empty where there are too few full trainings.

    They say what mattered within the ranges that were searched, not what would matter beyond them.
    """
    full = [t for t in tried if t.state == "complete" and t.fidelity == 1.0 and t.duplicate_of is None]
    if len(full) < LEAST or len({t.score for t in full}) < 2:
        return {}
    import optuna

    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # experimental or degenerate: the figures are labelled as rough
        study = optuna.create_study()
        for each in full:
            study.add_trial(_trial(space, each))
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=stream_seed(seed, "importance") % 2**31)
        shares = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {name: round(float(share), 4) for name, share in shares.items()}


def _trial(space: Space, tried: Tried) -> Any:
    import optuna

    values = {name: tried.values.get(name, d.draw(0.5)) for name, d in space.dimensions.items()}
    return optuna.create_trial(
        value=tried.score,
        params={name: stored(space.dimensions[name], value) for name, value in values.items()},
        distributions={name: distribution_of(d) for name, d in space.dimensions.items()},
    )
