from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from whet.errors import DataError
from whet.evaluation.additive import sums_of
from whet.evaluation.choice import choose_metric
from whet.evaluation.curves import confusion_matrix, roc_points
from whet.evaluation.metric import Metric, metrics


def classes(seed=0, n=300, k=4, skill=1.5):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    logits = rng.normal(size=(n, k))
    logits[np.arange(n), truth] += skill
    powers = np.exp(logits)
    return truth, powers / powers.sum(axis=1, keepdims=True)


def numbers(seed=0, n=300):
    rng = np.random.default_rng(seed)
    truth = 50 + 10 * rng.normal(size=n)
    return truth, (truth + 4 * rng.normal(size=n))[:, None]


def example(metric: Metric, seed=0, k=4):
    return classes(seed, k=k) if "classes" in metric.kinds else numbers(seed)


REFERENCES = {
    "accuracy": lambda y, s: sk.accuracy_score(y, s.argmax(1)),
    "balanced_accuracy": lambda y, s: sk.balanced_accuracy_score(y, s.argmax(1)),
    "macro_precision": lambda y, s: sk.precision_score(y, s.argmax(1), average="macro"),
    "macro_recall": lambda y, s: sk.recall_score(y, s.argmax(1), average="macro"),
    "macro_f1": lambda y, s: sk.f1_score(y, s.argmax(1), average="macro"),
    "roc_auc": lambda y, s: sk.roc_auc_score(y, s, multi_class="ovr", average="macro"),
    "log_loss": lambda y, s: sk.log_loss(y, s),
    "mse": lambda y, s: sk.mean_squared_error(y, s[:, 0]),
    "rmse": lambda y, s: sk.root_mean_squared_error(y, s[:, 0]),
    "mae": lambda y, s: sk.mean_absolute_error(y, s[:, 0]),
    "r2": lambda y, s: sk.r2_score(y, s[:, 0]),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_equals_scikit_learn_when_every_class_is_present(name):
    metric = metrics[name]
    truth, scores = example(metric)
    assert metric.compute(truth, scores) == pytest.approx(REFERENCES[name](truth, scores), abs=1e-12)


def test_binary_roc_auc_is_that_of_the_second_class():
    truth, scores = classes(k=2)
    assert metrics["roc_auc"].compute(truth, scores) == pytest.approx(sk.roc_auc_score(truth, scores[:, 1]))


def test_calibration_error_equals_the_textbook_loop():
    truth, scores = classes()
    confidence, right = scores.max(1), scores.argmax(1) == truth
    edges, total = np.linspace(0, 1, 16), 0.0
    for low, high in pairwise(edges):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert metrics["calibration_error"].compute(truth, scores) == pytest.approx(total)


@pytest.mark.parametrize("name", list(metrics))
def test_every_metric_keeps_its_contract(name):
    metric = metrics[name]
    truth, scores = example(metric)
    assert metric.name == name
    assert metric.unit in ("fraction", "target", "nats")
    value = metric.compute(truth, scores)
    order = np.random.default_rng(1).permutation(len(truth))
    assert metric.compute(truth[order], scores[order]) == pytest.approx(value, abs=1e-12)
    if metric.per_example is not None:
        assert metric.per_example(truth, scores).mean() == pytest.approx(value, abs=1e-12)
    perfect = np.eye(4)[truth] if "classes" in metric.kinds else truth[:, None]
    assert (metric.compute(truth, perfect) - value) * (1 if metric.higher_is_better else -1) >= 0


@pytest.mark.parametrize("name", list(metrics))
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_additive_form_equals_the_metric_on_any_resample(name, seed):
    metric = metrics[name]
    truth, scores = example(metric, seed)
    rows = np.random.default_rng(seed).integers(0, len(truth), len(truth))
    weights = np.bincount(rows, minlength=len(truth)).astype(float)
    form = sums_of(metric, truth, scores)
    resampled = form.finish(form.features.T @ weights[:, None])[0]
    assert resampled == pytest.approx(metric.compute(truth[rows], scores[rows]), rel=1e-6)


@pytest.mark.parametrize("name", [n for n, m in metrics.items() if "classes" in m.kinds])
def test_a_truth_of_a_single_class_gives_a_value_or_nan_and_never_a_warning(name):
    _, scores = classes(n=20)
    truth = np.full(20, 2)
    value = metrics[name].compute(truth, scores)
    assert np.isnan(value) if name == "roc_auc" else np.isfinite(value)


def test_roc_auc_skips_the_classes_that_do_not_occur():
    truth, scores = classes(k=4)
    kept = truth != 3
    areas = [sk.roc_auc_score(truth[kept] == k, scores[kept, k]) for k in range(3)]
    assert metrics["roc_auc"].compute(truth[kept], scores[kept]) == pytest.approx(np.mean(areas))


@pytest.mark.parametrize(
    ("kind", "counts", "name"),
    [
        ("number", (), "rmse"),
        ("classes", (24720, 7841), "accuracy"),  # adult: 24 % positive
        ("classes", (81, 19), "roc_auc"),
        ("classes", (80, 20), "accuracy"),
        ("classes", (1000, 1000, 30), "macro_f1"),
        ("classes", (1000, 1000, 80), "accuracy"),
        ("classes", (10,), "accuracy"),
    ],
)
def test_the_metric_is_chosen_from_the_class_sizes(kind, counts, name):
    chosen, why = choose_metric(kind, counts)
    assert chosen == name
    assert why


def test_the_confusion_matrix_counts_every_example_once():
    truth, scores = classes()
    matrix = confusion_matrix(truth, scores)
    assert matrix.sum() == len(truth)
    assert matrix.trace() == (scores.argmax(1) == truth).sum()


def test_the_roc_curve_encloses_the_area_and_refuses_a_single_class():
    truth, scores = classes(k=2)
    x, y = roc_points(truth, scores)
    assert np.trapezoid(y, x) == pytest.approx(metrics["roc_auc"].compute(truth, scores))
    with pytest.raises(DataError, match="class 1 needs examples inside and outside"):
        roc_points(np.zeros(5, dtype=int), scores[:5])
