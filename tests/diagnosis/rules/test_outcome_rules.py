"""Each rule about outcomes finds its fault with the number, and healthy and odd but fine twins stay silent."""

from dataclasses import replace

import numpy as np
import pytest
from outcomes_made import graded, healthy_outcome, of_scores, only_outcome

import whet.diagnosis
import whet.evaluation.metrics  # noqa: F401
from whet.diagnosis.rule import rules
from whet.rng import make_numpy_generator
from whet.training.fitted import CurvePoint

AFTER = [name for name, rule in rules.items() if rule.stage == "after"]


def curve(train=lambda e: 0.5, valid=lambda e: 0.5, score=None):
    return tuple(
        CurvePoint(
            epoch=e,
            seconds=e,
            lr=1e-3,
            train_loss=train(e),
            valid_loss=valid(e),
            valid_score=None if score is None else score(e),
        )
        for e in range(1, 21)
    )


def sharpened(scores):
    return (scores > 0.5) * 0.998 + 0.001


def rare(num_rare=40, recall=0.05, classes=2, num=1000):
    """The first class is rare and hit so often; the others are right."""
    truth = np.concatenate([np.zeros(num_rare, np.int64), 1 + np.arange(num - num_rare) % (classes - 1)])
    said = truth.copy()
    said[: num_rare - round(recall * num_rare)] = 1
    scores = np.full((num, classes), 0.05 / classes)
    scores[np.arange(num), said] += 0.95
    return replace(
        of_scores(truth, scores), class_counts=(num_rare, *[(num - num_rare) // (classes - 1)] * (classes - 1))
    )


def noisy(share=0.15, classes=4, seed=0, num=1000):
    """Well known classes with wrong labels; probabilities as a network that has learnt the noise gives them."""
    rng = make_numpy_generator(seed, "noisy")
    clean = rng.integers(classes, size=num)
    truth = np.where(rng.random(num) < share, rng.integers(classes, size=num), clean)
    scores = np.full((num, classes), share / classes)
    scores[np.arange(num), clean] += 1 - share
    scores += 0.02 * rng.random((num, classes))
    return of_scores(truth, scores / scores.sum(axis=1, keepdims=True))


def confused(num=1200, classes=6, share=0.5):
    truth = np.arange(num) % classes
    said = truth.copy()
    rng = make_numpy_generator(0, "confused")
    first = (truth < 2) & (rng.random(num) < share)
    said[first] = 1 - truth[first]
    scores = np.full((num, classes), 0.1 / classes)
    scores[np.arange(num), said] += 0.9
    return of_scores(truth, scores)


def weak(num=1200):
    """Honest probabilities of 0.9 elsewhere; predictions of class 0 are right in 40 %."""
    rng = make_numpy_generator(0, "weak")
    said = np.arange(num) % 4
    right = rng.random(num) < np.where(said == 0, 0.4, 0.9)
    truth = np.where(right, said, (said + 1 + rng.integers(3, size=num)) % 4)
    scores = np.full((num, 4), 0.1 / 4)
    scores[np.arange(num), said] += 0.9
    return of_scores(truth, scores)


H = healthy_outcome()
PLANTED = {
    "overfitting": [
        replace(H, train_score=1.0, valid_score=0.75),
        replace(H, train_score=0.97, valid_score=0.9, curve=curve(valid=lambda e: 0.3 + 0.02 * abs(e - 8))),
    ],
    "underfitting": [replace(H, train_score=0.7, valid_score=0.695), replace(H, train_score=0.55, valid_score=0.56)],
    "stopped_early": [
        replace(H, curve=curve(valid=lambda e: 2.0 - 0.09 * e)),
        replace(H, curve=curve(valid=lambda e: 1.0 / e**0.5 + 0.002 * (-1) ** e)),
    ],
    "imbalance": [rare(), rare(classes=5, recall=0.1, num_rare=15)],
    "overconfidence": [replace(H, scores=sharpened(H.scores))],
    "curve_oscillation": [replace(H, curve=curve(train=lambda e: 1.0 + 0.5 * (-1) ** e))],
    "below_baseline": [replace(H, baseline_score=0.95)],
    "label_noise": [noisy(), noisy(0.3, classes=10), noisy(0.2, classes=2, seed=3)],
    "confused_classes": [confused(), confused(classes=20, num=2000, share=0.8)],
    "weak_slice": [weak()],
    "seed_variance": [replace(H, seed_std=0.04)],
}
NEEDS_SETUP = {"split_mismatch", "shortcut", "more_data"}


def ask(name, outcome):
    return list(rules[name].check(only_outcome(outcome)))


def test_every_rule_about_outcomes_has_a_planted_fault():
    assert {*PLANTED, *NEEDS_SETUP} == set(AFTER)


@pytest.mark.parametrize(("name", "outcome"), [(n, o) for n, found in sorted(PLANTED.items()) for o in found])
def test_the_planted_fault_is_found_and_said_in_words(name, outcome):
    (finding,) = ask(name, outcome)
    assert finding.symptom == name
    assert 0 < finding.severity <= 1
    assert 0 < finding.confidence <= 1
    assert finding.statement.endswith(".")
    assert finding.advice
    assert finding.source
    assert {"rule", "value", "threshold"} <= set(finding.evidence)
    if finding.plot is not None:
        assert all(np.isfinite(line.y).all() and len(line.x) == len(line.y) for line in finding.plot.lines)


@pytest.mark.parametrize("name", AFTER)
def test_the_healthy_twin_stays_silent(name):
    assert ask(name, H) == []


@pytest.mark.parametrize("name", AFTER)
def test_missing_evidence_is_no_finding(name):
    assert list(rules[name].check(only_outcome(None))) == []
    assert ask(name, replace(H, curve=(), train_score=None, baseline_score=None)) == []


@pytest.mark.parametrize("name", AFTER)
@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("sharpness", [0.5, 1.5, 4.0])
def test_a_task_that_is_hard_by_nature_stays_silent(name, classes, sharpness):
    for seed in range(4):
        truth, scores = graded(num=800, classes=classes, sharpness=sharpness, seed=seed)
        outcome = of_scores(truth, scores)
        outcome = replace(outcome, train_score=outcome.valid_score, baseline_score=outcome.valid_score)
        assert [f for f in ask(name, outcome) if f.level != "slight"] == []


@pytest.mark.parametrize("name", ["underfitting", "stopped_early", "below_baseline", "imbalance", "overconfidence"])
def test_a_training_cut_by_the_clock_says_nothing_about_its_end(name):
    for outcome in PLANTED[name]:
        assert ask(name, replace(outcome, is_final=False)) == []


def test_a_wide_gap_is_severe_only_where_better_was_in_reach():
    wide = replace(H, train_score=1.0, valid_score=0.6, baseline_score=0.6, curve=())
    was_better = replace(wide, curve=curve(valid=lambda e: 0.3 + 0.1 * e, score=lambda e: 0.9 - 0.015 * e))
    assert [f.level for f in ask("overfitting", wide)] == ["moderate"]
    assert [f.level for f in ask("overfitting", was_better)] == ["severe"]
    assert [f.level for f in ask("overfitting", replace(wide, baseline_score=0.85))] == ["severe"]


def test_a_network_that_knows_its_few_examples_by_heart_and_generalises_is_no_overfitting():
    few = slice(480, 520)
    tiny = replace(H, truth=H.truth[few], scores=H.scores[few], train_score=1.0, valid_score=0.9)
    assert ask("overfitting", tiny) == []


def test_rare_classes_that_are_recognised_and_hard_classes_of_usual_size_are_no_imbalance():
    assert ask("imbalance", rare(recall=0.6)) == []
    assert ask("imbalance", replace(rare(recall=0.05), class_counts=(500, 500))) == []


def test_probabilities_of_few_examples_are_not_called_overconfident_for_their_noise():
    flagged = 0
    for seed in range(40):
        truth, scores = graded(num=120, classes=4, sharpness=3.0, seed=seed)
        flagged += len(ask("overconfidence", of_scores(truth, scores)))
    assert flagged <= 1


def test_one_confident_class_among_many_is_found_through_the_training_labels_alone():
    _, scores = graded(num=600, classes=4, sharpness=6.0, seed=1)
    clean = of_scores(scores.argmax(axis=1), scores)
    dirty = noisy(0.25, seed=5)
    (finding,) = ask("label_noise", replace(clean, train_truth=dirty.truth, train_scores=dirty.scores))
    assert finding.where == "training labels"
    assert 0.1 < finding.evidence["value"] < 0.3
    assert finding.level == "moderate"


def test_a_model_that_knows_little_is_not_told_of_label_noise():
    rng = make_numpy_generator(0, "ignorant")
    scores = rng.dirichlet(np.ones(4), size=800)
    assert ask("label_noise", of_scores(rng.integers(4, size=800), scores)) == []
    same = np.tile([0.7, 0.1, 0.1, 0.1], (800, 1))
    assert ask("label_noise", of_scores(rng.choice(4, size=800, p=[0.7, 0.1, 0.1, 0.1]), same)) == []


def test_mistakes_spread_over_all_pairs_are_no_confusion_of_two():
    for seed in range(5):
        truth, scores = graded(num=1500, classes=5, sharpness=2.0, seed=seed)
        assert ask("confused_classes", of_scores(truth, scores)) == []


def test_numbers_are_judged_by_their_own_scale():
    rng = make_numpy_generator(0, "numbers")
    truth = 1e6 + 2e5 * rng.normal(size=500)
    close = truth + 4e4 * rng.normal(size=500)
    fine = replace(
        H,
        kind="numbers",
        metric="rmse",
        higher_is_better=False,
        truth=truth,
        scores=close[:, None],
        valid_score=4e4,
        train_score=3.8e4,
        baseline_score=6e4,
        class_counts=(),
        labels=(),
    )
    assert [name for name in AFTER if any(f.level != "slight" for f in ask(name, fine))] == []
    assert ask("overfitting", replace(fine, train_score=1e3, valid_score=1e5))
    assert ask("below_baseline", replace(fine, baseline_score=2e4))
