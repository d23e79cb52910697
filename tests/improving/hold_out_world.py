"""Trials of tiny data with one fixed validation part, for the tests of this room."""

import numpy as np

import whet.evaluation.metrics  # noqa: F401
from whet.evaluation.metric import metrics
from whet.improving.arena import Arena
from whet.improving.trials import Trials
from whet.testing.examples import target_of
from whet.training.fitted import FitSetting


def trials_of(data, folder):
    """Scored by accuracy, on one thread, kept under ``folder``."""
    return Trials(
        folder / "trials",
        data,
        target_of(data),
        measure=metrics["accuracy"].compute,
        setting=FitSetting(num_threads=1),
        checkpoints=folder / "checkpoints",
        seed=0,
    )


def arena_of(data, num_train):
    """The first ``num_train`` examples are trained on, the others are scored."""
    train, valid = np.arange(num_train), np.arange(num_train, len(data))
    return Arena(
        name="hold-out",
        parts_of=lambda repeat: [(train, valid)],
        num_parts=1,
        evaluated=valid,
        truth=target_of(data).encode(data.target[valid]),
        clusters=np.arange(len(valid)),
        num_train=num_train,
    )
