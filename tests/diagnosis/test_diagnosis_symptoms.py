"""Each symptom is found where it was planted, and the healthy twin stays silent."""

from dataclasses import replace

import numpy as np
import pytest

import whet.diagnosis
import whet.evaluation.metrics  # noqa: F401
from whet.data.kinds import Modality
from whet.diagnosis.finding import Evidence, symptoms
from whet.recipe import Recipe
from whet.rng import make_numpy_generator
from whet.tasks.classes import ClassTarget
from whet.tasks.facts import Facts
from whet.training.fitted import CurvePoint


def healthy():
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
    facts = Facts(
        modality=Modality.TABLE,
        target=ClassTarget(("no", "yes")),
        metric="accuracy",
        num_train=1000,
        class_counts=(500, 500),
    )
    return Evidence(
        facts=facts,
        recipe=Recipe(architecture="mlp"),
        curve=curve,
        truth=truth,
        scores=scores,
        valid_score=0.9,
        train_score=0.93,
        baseline_score=0.85,
        higher_is_better=True,
        epochs=20,
    )


def falling(evidence):
    return tuple(replace(p, valid_loss=2.0 - 0.09 * p.epoch) for p in evidence.curve)


def jumping(evidence):
    return tuple(replace(p, train_loss=1.0 + 0.5 * (-1) ** i) for i, p in enumerate(evidence.curve))


def certain(evidence):
    return (evidence.scores > 0.5) * 0.998 + 0.001


PLANTED = {
    "overfitting": lambda e: replace(e, train_score=1.0, valid_score=0.75),
    "underfitting": lambda e: replace(e, train_score=0.7, valid_score=0.695),
    "stopped_early": lambda e: replace(e, curve=falling(e)),
    "imbalance": lambda e: replace(e, facts=replace(e.facts, class_counts=(950, 50))),
    "overconfidence": lambda e: replace(e, scores=certain(e)),
    "oscillation": lambda e: replace(e, curve=jumping(e)),
    "below_baseline": lambda e: replace(e, baseline_score=0.95),
}


def test_every_symptom_has_a_planted_fault():
    assert set(PLANTED) == set(symptoms)


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_the_planted_fault_is_found_and_said_in_words(name):
    finding = symptoms[name](PLANTED[name](healthy()))
    assert finding is not None
    assert finding.symptom == name
    assert 0 < finding.severity <= 1
    assert finding.statement.endswith(".")
    assert {"rule", "value", "threshold"} <= set(finding.evidence)


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_the_healthy_twin_stays_silent(name):
    assert symptoms[name](healthy()) is None


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_missing_evidence_is_no_finding(name):
    bare = replace(healthy(), curve=(), train_score=None, baseline_score=None)
    assert symptoms[name](bare) is None
