import numpy as np
import pytest

from whet.errors import ConfigError, DataError
from whet.evaluation.bootstrap import resampled_scores
from whet.evaluation.intervals import gain_interval, score_interval, wilson
from whet.evaluation.metric import Metric, metrics


def binary(rng, n, skill=1.0):
    truth = (rng.random(n) < 0.5).astype(int)
    p = 1 / (1 + np.exp(-(skill * (2 * truth - 1) + rng.normal(size=n))))
    return truth, np.stack([1 - p, p], axis=1)


def test_wilson_equals_the_textbook_root():
    # the interval's ends are the shares p that solve (share - p)^2 = z^2 p (1 - p) / n
    low, high = wilson(0.37, 85)
    for p in (low, high):
        assert (0.37 - p) ** 2 == pytest.approx(1.959963985**2 * p * (1 - p) / 85)


@pytest.mark.parametrize("name", list(metrics))
def test_the_interval_holds_the_value_and_is_the_same_for_the_same_seed(name):
    rng = np.random.default_rng(0)
    metric = metrics[name]
    truth, scores = binary(rng, 200)
    if "number" in metric.kinds:
        truth = rng.normal(size=200)
        scores = (truth + rng.normal(size=200))[:, None]
    first = score_interval(metric, truth, scores, seed=3)
    assert first == score_interval(metric, truth, scores, seed=3)
    assert first.low <= first.value <= first.high
    assert first.value == pytest.approx(metric.compute(truth, scores))
    wider = score_interval(metric, truth, scores, seed=3, confidence=0.99)
    assert wider.high - wider.low > first.high - first.low


@pytest.mark.parametrize("name", ["accuracy", "roc_auc", "macro_f1"])
def test_a_95_percent_interval_covers_the_truth_in_about_95_percent_of_repeats(name):
    metric = metrics[name]
    rng = np.random.default_rng(7)
    target = metric.compute(*binary(rng, 400_000))
    hits = 0
    for repeat in range(120):
        _, low, high = score_interval(metric, *binary(rng, 150), seed=repeat)
        hits += low <= target <= high
    assert hits >= 0.95 * 120 - 2.5 * np.sqrt(120 * 0.95 * 0.05)


def test_clusters_of_copies_count_once():
    rng = np.random.default_rng(0)
    truth, scores = binary(rng, 100)
    single = score_interval(metrics["accuracy"], truth, scores, seed=0)
    copies, ids = np.repeat(np.arange(100), 9), np.repeat(np.arange(100), 9)
    naive = score_interval(metrics["accuracy"], truth[copies], scores[copies], seed=0)
    honest = score_interval(metrics["accuracy"], truth[copies], scores[copies], clusters=ids, seed=0)
    assert honest.high - honest.low == pytest.approx(single.high - single.low, rel=0.02)
    assert naive.high - naive.low < 0.4 * (single.high - single.low)
    boot = score_interval(metrics["macro_f1"], truth[copies], scores[copies], clusters=ids, seed=0)
    alone = score_interval(metrics["macro_f1"], truth, scores, seed=0)
    assert boot.high - boot.low == pytest.approx(alone.high - alone.low, rel=0.1)


@pytest.mark.parametrize("name", ["accuracy", "roc_auc", "log_loss", "rmse", "r2"])
def test_the_gain_is_oriented_and_turns_with_its_sides(name):
    metric = metrics[name]
    rng = np.random.default_rng(2)
    truth, good = binary(rng, 400, skill=2.0)
    bad = 0.5 * good + 0.5 * rng.permutation(good)
    if "number" in metric.kinds:
        truth = rng.normal(size=400)
        good, bad = (truth + 0.1 * rng.normal(size=400))[:, None], (truth + rng.normal(size=400))[:, None]
    gain, low, high = gain_interval(metric, truth, good, bad, seed=0)
    assert 0 < low < gain < high
    assert gain == pytest.approx(abs(metric.compute(truth, good) - metric.compute(truth, bad)))
    turned = gain_interval(metric, truth, bad, good, seed=0)
    assert (turned.value, turned.low, turned.high) == pytest.approx((-gain, -high, -low), rel=1e-3)
    assert gain_interval(metric, truth, good, good, seed=0) == (0.0, 0.0, 0.0)


def test_pairing_makes_the_gain_sharper_than_the_scores():
    rng = np.random.default_rng(0)
    truth, scores = binary(rng, 500)
    other = scores.copy()
    other[:10] = other[:10, ::-1]
    gain = gain_interval(metrics["accuracy"], truth, other, scores, seed=0)
    alone = score_interval(metrics["accuracy"], truth, scores, seed=0)
    assert gain.high - gain.low < 0.4 * (alone.high - alone.low)


def test_a_metric_without_an_additive_form_is_resampled_one_by_one_with_the_same_result():
    rng = np.random.default_rng(0)
    truth, scores = binary(rng, 60)
    plain = Metric(
        name="median_confidence",
        title="median confidence",
        higher_is_better=True,
        kinds=frozenset({"classes"}),
        compute=lambda y, s: metrics["macro_f1"].compute(y, s),
    )
    ids = np.arange(60) // 3
    args = {"clusters": ids, "num_resamples": 40}
    slow = resampled_scores(plain, truth, [scores], generator=np.random.default_rng(5), **args)
    fast = resampled_scores(metrics["macro_f1"], truth, [scores], generator=np.random.default_rng(5), **args)
    np.testing.assert_allclose(slow, fast, atol=1e-6)


def test_what_cannot_be_measured_is_an_error_with_advice():
    truth, scores = np.zeros(30, dtype=int), np.full((30, 2), 0.5)
    with pytest.raises(DataError, match=r"ROC-AUC is undefined .* at least two classes"):
        score_interval(metrics["roc_auc"], truth, scores, seed=0)
    with pytest.raises(DataError, match="no examples to score"):
        score_interval(metrics["accuracy"], truth[:0], scores[:0], seed=0)
    with pytest.raises(ConfigError, match="confidence must be in"):
        score_interval(metrics["accuracy"], truth, scores, seed=0, confidence=95)
