"""What is handed over: trials with weights, and what is made of their scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from whet.evaluation.blend import Blend
from whet.improving.trials import Trial, Weighted

__all__ = ["Handover", "alone", "pooled"]


@dataclass(frozen=True, kw_only=True)
class Handover:
    """Members, and the blend whose weights and temperatures are theirs."""

    members: tuple[Weighted, ...]
    blend: Blend
    scores: np.ndarray  # (N, K) on the arena's examples, after the blend


def pooled(members: Sequence[Weighted], learnt: Blend) -> Handover:
    """The members with their own weights and temperatures, pooled as ``learnt`` says."""
    blend = replace(
        learnt,
        weights=tuple(m.weight for m in members),
        member_temperatures=tuple(m.temperature for m in members),
    )
    return Handover(members=tuple(members), blend=blend, scores=blend.combine([m.trial.scores for m in members]))


def alone(trial: Trial) -> Handover:
    """A single trial as it is."""
    return pooled([Weighted(trial=trial)], Blend(weights=(1.0,)))
