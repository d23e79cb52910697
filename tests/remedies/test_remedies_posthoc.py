import numpy as np
import pytest

import whet.evaluation.metrics
import whet.remedies  # noqa: F401
from whet.evaluation.blend import Blend
from whet.evaluation.metric import metrics
from whet.remedies.posthoc import posthoc
from whet.rng import make_numpy_generator


def overconfident(n=600, k=3, factor=6.0):
    rng = make_numpy_generator(0, "overconfident")
    truth = rng.choice(k, size=n, p=[0.8, 0.15, 0.05])
    logits = rng.normal(size=(n, k)) + 1.2 * np.eye(k)[truth]
    powers = np.exp(factor * logits)
    return powers / powers.sum(axis=1, keepdims=True), truth


def test_temperature_scaling_mends_overconfidence_and_changes_no_answer():
    scores, truth = overconfident()
    blend = posthoc["temperature_scaling"].fit(Blend(weights=(1.0,)), scores, truth, metrics["accuracy"])
    assert blend.temperature > 2
    after = blend.combine([scores])
    assert metrics["log_loss"].compute(truth, after) < metrics["log_loss"].compute(truth, scores)
    assert np.array_equal(after.argmax(axis=1), scores.argmax(axis=1))


def test_a_handful_of_examples_is_not_calibrated_on():
    scores, truth = overconfident(20)
    assert posthoc["temperature_scaling"].fit(Blend(weights=(1.0,)), scores, truth, metrics["accuracy"]) is None


def test_decision_thresholds_raise_macro_f1_and_are_not_used_for_accuracy():
    scores, truth = overconfident(factor=1.0)
    remedy = posthoc["decision_thresholds"]
    assert remedy.fit(Blend(weights=(1.0,)), scores, truth, metrics["accuracy"]) is None
    blend = remedy.fit(Blend(weights=(1.0,)), scores, truth, metrics["macro_f1"])
    before = metrics["macro_f1"].compute(truth, scores)
    assert metrics["macro_f1"].compute(truth, blend.decide(scores)) >= before


@pytest.mark.parametrize("name", sorted(posthoc))
def test_numbers_are_left_alone(name):
    assert posthoc[name].fit(Blend(weights=(1.0,)), np.zeros((300, 1)), np.zeros(300), metrics["rmse"]) is None


def test_neutral_settings_change_nothing_bit_for_bit():
    scores, _ = overconfident(50)
    assert np.array_equal(Blend(weights=(1.0,), member_temperatures=(1.0,)).combine([scores]), scores)
    assert Blend.from_dict(Blend(weights=(0.5, 0.5), temperature=2.0).to_dict()) == Blend(
        weights=(0.5, 0.5), temperature=2.0
    )
