"""Outcomes that tests of rules about outcomes look at: numbers made up, or small networks trained in ordinary loops."""

import numpy as np
from small_setups import found, loader, make  # noqa: F401

from whet.diagnosis.case import Case
from whet.diagnosis.outcome import Outcome
from whet.diagnosis.probes.training import training
from whet.rng import make_numpy_generator
from whet.training.fitted import CurvePoint


def healthy_outcome():
    """Two classes, 90 % right, honest probabilities, a curve that has levelled off."""
    rng = make_numpy_generator(0, "healthy")
    truth = np.repeat([0, 1], 500)
    right = rng.random(1000) < 0.9
    chosen = np.where(right, truth, 1 - truth)
    scores = np.full((1000, 2), 0.1)
    scores[np.arange(1000), chosen] = 0.9
    curve = tuple(
        CurvePoint(epoch=e, seconds=e, lr=1e-3, train_loss=0.3 + 0.7 / (1 + e), valid_loss=0.3 + 0.7 / (1 + 4 * e))
        for e in range(1, 21)
    )
    return Outcome(
        kind="classes",
        metric="accuracy",
        higher_is_better=True,
        truth=truth,
        scores=scores,
        valid_score=0.9,
        train_score=0.93,
        baseline_score=0.85,
        labels=("no", "yes"),
        class_counts=(500, 500),
        curve=curve,
        epochs=20,
    )


def graded(num=1000, classes=4, sharpness=3.0, seed=0):
    """(truth, scores): honest probabilities of all degrees, from sure to undecided."""
    rng = make_numpy_generator(seed, "graded")
    logits = sharpness * rng.normal(size=(num, classes))
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (scores.cumsum(axis=1) > rng.random((num, 1))).argmax(axis=1)
    return truth, scores


def of_scores(truth, scores, **more):
    """An outcome of classes."""
    accuracy = float((scores.argmax(axis=1) == truth).mean())
    return Outcome(
        kind="classes",
        metric="accuracy",
        higher_is_better=True,
        truth=truth,
        scores=scores,
        valid_score=accuracy,
        labels=tuple(f"class {k}" for k in range(scores.shape[1])),
        class_counts=tuple(np.bincount(truth, minlength=scores.shape[1]).tolist()),
        **more,
    )


def trained(net, train, valid, *, epochs, **more):
    """A case whose copy was trained in an ordinary loop for as long as its author meant, and examined."""
    case = make(net, train, valid, epochs=epochs, **more)
    case.outcome = case.ask(training).outcome
    return case


def only_outcome(outcome):
    return Case(outcome=outcome)
