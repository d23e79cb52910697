"""Apply treatments to training examples, one after the other."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import fields, replace
from typing import Any

import whet.auditing.treatments  # noqa: F401  (registers them)
from whet.auditing.treatment import Ground, TreatmentStep, treatments
from whet.data.dataset import Dataset
from whet.errors import ConfigError, did_you_mean
from whet.recipe import Treatment
from whet.tasks.target import Target

__all__ = ["treat"]


def treat(
    data: Dataset,
    steps: Sequence[Treatment],
    *,
    target: Target,
    metric: str,
    seed: int,
    memory: MutableMapping[str, Any] | None = None,
    seconds: float = 60.0,
) -> Dataset:
    """Training examples as the recipe's ``treatments`` leave them; the same view where none changes anything.

    Args:
        memory: kept by the caller between calls, so that seeds and remedies on the same examples pay once.
        seconds: that judging labels may take in each step.
    Raises:
        ConfigError: a treatment or one of its settings is not known.
    """
    ground = Ground(target=target, metric=metric, seed=seed, seconds=seconds, memory={} if memory is None else memory)
    for step in steps:
        data = _configured(step.name, treatments[step.name], step.settings).treat(data, ground)
    return data


def _configured(name: str, step: Any, settings: Mapping[str, Any]) -> TreatmentStep:
    names = [f.name for f in fields(step)]
    for key in settings:
        if key not in names:
            raise ConfigError(f"treatment {name!r} has no setting {key!r}. {did_you_mean(key, names)}")
    configured: TreatmentStep = replace(step, **settings)
    return configured
