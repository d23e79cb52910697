import numpy as np
import pytest

from whet.evaluation.calibration import apply_temperature, fit_temperature, reliability
from whet.evaluation.metric import metrics
from whet.evaluation.multiplicity import holm
from whet.evaluation.slices import weak_slices
from whet.evaluation.thresholds import apply_class_weights, fit_class_weights_for_decision


def calibrated(seed=0, n=3000, k=3, scale=2.0):
    rng = np.random.default_rng(seed)
    logits = scale * rng.normal(size=(n, k))
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (probs.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return truth, probs


@pytest.mark.parametrize("planted", [0.5, 2.0, 3.0])
def test_a_planted_temperature_is_found_and_undone(planted):
    truth, probs = calibrated()
    spoilt = apply_temperature(probs, 1 / planted)
    found = fit_temperature(spoilt, truth)
    assert found == pytest.approx(planted, rel=0.08)
    ece = metrics["calibration_error"].compute
    assert ece(truth, apply_temperature(spoilt, found)) < 0.03 < ece(truth, spoilt)


def test_temperature_changes_no_answer_and_one_changes_nothing():
    _, probs = calibrated(n=200)
    warm = apply_temperature(probs, 1.7)
    np.testing.assert_array_equal(warm.argmax(1), probs.argmax(1))
    np.testing.assert_allclose(warm.sum(1), 1.0)
    assert apply_temperature(probs, 1.0) is probs


def test_a_few_right_answers_do_not_make_the_model_certain():
    assert fit_temperature(np.array([[0.7, 0.3]] * 3), np.zeros(3, dtype=int)) > 0.3


def test_the_reliability_curve_counts_all_examples_and_adds_up_to_the_calibration_error():
    truth, probs = calibrated()
    curve = reliability(probs, truth)
    assert curve.count.sum() == len(truth)
    gap = (curve.count * np.abs(curve.accuracy - curve.confidence)).sum() / len(truth)
    assert gap == pytest.approx(metrics["calibration_error"].compute(truth, probs))


@pytest.mark.parametrize("k", [2, 4])
def test_decision_weights_raise_balanced_accuracy_on_fresh_examples_of_unequal_classes(k):
    def draw(seed):
        rng = np.random.default_rng(seed)
        prior = np.array([1.0] + [0.08] * (k - 1))
        truth = rng.choice(k, size=2000, p=prior / prior.sum())
        logits = rng.normal(size=(2000, k)) + 1.5 * np.eye(k)[truth] + np.log(prior)
        return truth, np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)

    metric = metrics["balanced_accuracy"]
    truth, scores = draw(0)
    weights = fit_class_weights_for_decision(scores, truth, metric)
    assert weights.shape == (k,)
    assert weights.max() == 1.0
    fresh_truth, fresh = draw(1)
    gained = metric.compute(fresh_truth, apply_class_weights(fresh, weights)) - metric.compute(fresh_truth, fresh)
    assert gained > 0.1


def test_nothing_is_fitted_where_nothing_can_be_known():
    truth, probs = calibrated(n=3000)
    neutral = np.ones(3)
    few = fit_class_weights_for_decision(probs[:60], truth[:60], metrics["macro_f1"])
    ranked = fit_class_weights_for_decision(probs, truth, metrics["log_loss"])
    best_already = fit_class_weights_for_decision(probs[:400], truth[:400], metrics["accuracy"])
    np.testing.assert_array_equal(few, neutral)
    np.testing.assert_array_equal(ranked, neutral)
    scored = metrics["accuracy"].compute
    assert scored(truth[400:], probs[400:] * best_already) >= scored(truth[400:], probs[400:]) - 0.02
    np.testing.assert_array_equal(apply_class_weights(probs, neutral), probs)


def test_holm_equals_the_step_down_procedure_and_ignores_order():
    p = np.array([0.003, 0.2, 0.011, 0.04, 0.6])
    adjusted = holm(p)
    rejected = set()
    for step, i in enumerate(np.argsort(p)):
        if p[i] > 0.05 / (len(p) - step):
            break
        rejected.add(int(i))
    assert {int(i) for i in np.flatnonzero(adjusted <= 0.05)} == rejected
    order = [3, 0, 4, 1, 2]
    np.testing.assert_array_equal(holm(p[order]), adjusted[order])
    assert len(holm(np.array([]))) == 0


def test_a_planted_weak_slice_is_found_first_and_the_clean_twin_stays_silent():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 2000)
    region = rng.choice(["north", "south", "west"], size=2000)
    wrong = rng.random(2000) < 0.1
    clean = np.eye(2)[np.where(wrong, 1 - truth, truth)]
    assert min(s.p for s in weak_slices(truth, clean, labels=("a", "b"), slices={"region": region})) > 0.05
    wrong |= (region == "west") & (rng.random(2000) < 0.2)
    planted = np.eye(2)[np.where(wrong, 1 - truth, truth)]
    worst = weak_slices(truth, planted, labels=("a", "b"), slices={"region": region})[0]
    assert (worst.column, worst.value) == ("region", "west")
    assert worst.p < 0.001
    assert worst.gap == pytest.approx(worst.rest - worst.score)


def test_slices_of_a_number_compare_absolute_errors():
    rng = np.random.default_rng(0)
    truth, side = rng.normal(size=500), np.repeat([0, 1], 250)
    scores = (truth + rng.normal(size=500) * np.where(side, 3.0, 1.0))[:, None]
    worst = weak_slices(truth, scores, slices={"side": side})[0]
    assert (worst.value, worst.num_examples) == ("1", 250)
    assert worst.score > 2 * worst.rest
