"""Target encoding never lets a training row read its own answer."""

from dataclasses import replace

import numpy as np
import pytest
from test_encoder_table import arrays, table

from whet.data.columns import CategoryColumn, NumberColumn
from whet.data.dataset import Dataset
from whet.data.encoders.table import TableEncoder
from whet.data.encoders.table_folds import TrainingFolds
from whet.data.encoders.table_targets import TargetMeans
from whet.data.kinds import Kind, Modality
from whet.data.schema import Column, Schema
from whet.errors import DataError
from whet.models.estimators.boosted_trees import BoostedTrees
from whet.state import State
from whet.tasks.classes import ClassTarget


def shops(codes, target, *, other=None, fingerprint="f", groups=None):
    """Two category columns of many values; a number as noise."""
    n, labels = len(codes), tuple(f"s{i:03d}" for i in range(int(np.max(codes)) + 1))
    other = np.zeros(n, np.int32) if other is None else other
    features = (
        Column(name="shop", kind=Kind.CATEGORY, labels=labels),
        Column(name="day", kind=Kind.CATEGORY, labels=("a", "b", "c")),
        Column(name="noise", kind=Kind.NUMBER),
    )
    columns = {
        "shop": CategoryColumn(np.asarray(codes, np.int32), labels),
        "day": CategoryColumn(np.asarray(other, np.int32), ("a", "b", "c")),
        "noise": NumberColumn(np.random.default_rng(1).normal(size=n)),
    }
    is_number = np.asarray(target).dtype.kind == "f"
    schema = Schema(modality=Modality.TABLE, features=features, target="y", target_is_number=is_number)
    return Dataset(
        schema=schema,
        columns=columns,
        target=np.asarray(target) if is_number else np.asarray(target, object),
        rows=np.arange(n) * 3 + 5,
        groups=groups,
        fingerprint=fingerprint,
        origin="t",
    )


def chance(n=1200, values=400, seed=0):
    """A category of many values that says nothing about the answer."""
    rng = np.random.default_rng(seed)
    return shops(rng.integers(0, values, n), rng.choice(["no", "yes"], n))


def fit(data, **options):
    return TargetMeans.fit(data, ("shop", "day"), **({"smoothing": 1.0, "seed": 0} | options))


def correlation(values, data):
    return float(np.corrcoef(values, data.target == "yes")[0, 1])


def test_a_row_does_not_read_its_own_answer():
    data = chance()
    before = fit(data).apply(data)
    for row in (0, 17, 600):
        target = data.target.copy()
        target[row] = "yes" if target[row] == "no" else "no"
        after = fit(replace(data, target=target)).apply(data)
        assert np.array_equal(before[row], after[row])
        assert not np.array_equal(before, after)


def test_a_column_of_chance_tells_nothing_out_of_fold_while_a_leaky_twin_would():
    data = chance()
    means = fit(data)
    leaky = TargetMeans.from_state(State(means.state().config, means.state().arrays))  # every row read as a new one
    assert abs(correlation(means.apply(data)[:, 0], data)) < 0.15
    assert correlation(leaky.apply(data)[:, 0], data) > 0.45


def test_trees_do_not_learn_a_column_of_chance_by_heart_unless_it_leaks(monkeypatch):
    data = chance()

    def fit_trees(smoothing):
        settings = {"rounds": 30, "crosses": 0, "rare": 1000, "target_encoding": smoothing}
        options = {"valid": None, "seed": 0, "seconds": None, "num_threads": 1}
        return correlation(
            BoostedTrees.fit(data, ClassTarget.fit(data.target), settings, **options).scores(data)[:, 1], data
        )

    without, clean = fit_trees(0.0), fit_trees(1.0)
    monkeypatch.setattr(TrainingFolds, "of", lambda self, dataset: np.full(len(dataset), -1))
    assert fit_trees(1.0) > clean + 0.15
    assert clean < without + 0.15


def test_new_rows_read_the_smoothed_mean_of_all_training_rows():
    codes, target = np.array([0, 0, 0, 1, 1, 2]), np.array([1.0, 2.0, 3.0, 10.0, 20.0, 30.0])
    means = fit(shops(codes, target), smoothing=2.0)
    made = means.apply(shops([0, 1, 2, 3], np.zeros(4), fingerprint="g"))[:, 0]
    prior = target.mean()
    assert made == pytest.approx([(6 + 2 * prior) / 5, (30 + 2 * prior) / 4, (30 + 2 * prior) / 3, prior])


def test_training_rows_read_the_mean_of_the_other_folds():
    data = chance(200, values=4)
    made, folds = fit(data, smoothing=3.0).apply(data)[:, 0], TrainingFolds.fit(data, seed=0).of(data)
    answers, codes = (data.target == "yes").astype(float), data.columns["shop"].codes
    for row in range(200):
        others = folds != folds[row]
        same = others & (codes == codes[row])
        expected = (answers[same].sum() + 3.0 * answers[others].mean()) / (same.sum() + 3.0)
        assert made[row] == pytest.approx(expected)


def test_a_changed_value_of_a_training_row_is_read_from_the_other_folds_too():
    data = chance()
    means = fit(data)
    order = np.random.default_rng(0).permutation(len(data))
    shop = replace(data.columns["shop"], codes=data.columns["shop"].codes[order])
    mixed = replace(data, columns={**data.columns, "shop": shop})
    assert not np.array_equal(means.apply(mixed)[:, 0], means.apply(data)[:, 0])
    assert abs(correlation(means.apply(mixed)[:, 0], data)) < 0.15


def test_blocks_and_views_of_the_training_rows_read_the_same():
    data = chance()
    means = fit(data)
    index = np.array([900, 3, 3, 77])
    assert np.array_equal(means.apply(data.take(index)), means.apply(data)[index])


def test_rows_of_one_group_share_a_fold():
    groups = np.array([f"g{i // 4}" for i in range(200)], object)
    data = replace(chance(200), groups=groups)
    folds = TrainingFolds.fit(data, seed=0).of(data)
    assert all(len(set(folds[groups == g])) == 1 for g in np.unique(groups.astype(str)))
    assert set(np.bincount(folds)) == {40}


def test_rows_of_another_source_are_new_rows():
    data = chance()
    folds = TrainingFolds.fit(data, seed=0)
    assert (folds.of(replace(data, fingerprint="g")) == -1).all()
    assert (folds.of(replace(data, rows=data.rows + 1)) == -1).all()
    assert (folds.of(data) >= 0).all()


def test_more_than_two_classes_get_a_column_each_up_to_a_limit():
    rng = np.random.default_rng(0)
    for classes, columns in ((2, 1), (3, 3), (14, 10)):
        labels = np.array([f"c{i:02d}" for i in rng.integers(0, classes, 600)], object)
        data = shops(rng.integers(0, 30, 600), labels)
        made = TargetMeans.fit(data, ("shop",), smoothing=5.0, seed=0).apply(data)
        assert made.shape == (600, columns)
        assert columns == 10 or columns == 1 or np.allclose(made.sum(axis=1), 1.0)


def test_missing_values_have_a_mean_and_unknown_ones_the_prior():
    codes = np.array([-1, -1, 0, 0, 1, 1] * 20)
    target = np.where(codes == -1, 5.0, 0.0)
    means = TargetMeans.fit(shops(codes, target), ("shop",), smoothing=1e-6, seed=0)
    made = means.apply(shops([-1, -2, 0], np.zeros(3), fingerprint="g"))[:, 0]
    assert made == pytest.approx([5.0, target.mean(), 0.0], abs=1e-4)


def test_the_pair_that_matters_is_found_and_one_that_does_not_is_left_out():
    rng = np.random.default_rng(0)
    shop, day = rng.integers(0, 3, 1500), rng.integers(0, 3, 1500)
    together = np.where((shop + day) % 3 == 0, 1.0, 0.0) + 0.1 * rng.normal(size=1500)
    data = shops(shop, together, other=day)
    assert fit(data, num_pairs=2).columns == (("shop",), ("day",), ("shop", "day"))
    apart = shops(shop, rng.normal(size=1500), other=day)
    assert np.abs(fit(data, num_pairs=2).apply(data)[:, 2] - together).mean() < 0.15
    assert len(fit(apart, num_pairs=0)) == 2


@pytest.mark.parametrize("n", [1, 2, 4])
def test_a_handful_of_rows_is_encoded(n):
    data = shops(np.zeros(n, int), np.arange(n, dtype=float))
    made = fit(data).apply(data)
    assert np.isfinite(made).all()


def test_the_encoder_gives_training_rows_out_of_fold_values_and_a_restored_one_does_not():
    data = replace(chance(), fingerprint="here")
    encoder = TableEncoder.fit(data, {"target_encoding": 1.0, "crosses": 0, "rare": 1000}, seed=0)
    again = TableEncoder.from_state(encoder.state())
    own, restored = (arrays(e, data)["numbers"][:, 1] for e in (encoder, again))
    assert abs(correlation(own, data)) < 0.15
    assert correlation(restored, data) > 0.45
    new = replace(data, fingerprint="there")
    assert np.array_equal(arrays(encoder, new)["numbers"], arrays(again, new)["numbers"])


def test_saved_trees_score_new_rows_the_same():
    data, new = chance(), replace(chance(80, seed=5), fingerprint="there")
    settings = {"rounds": 10, "crosses": 0, "target_encoding": 5.0, "missing_indicators": "all"}
    options = {"valid": None, "seed": 0, "seconds": None, "num_threads": 1}
    model = BoostedTrees.fit(data, ClassTarget.fit(data.target), settings, **options)
    assert np.array_equal(BoostedTrees.from_state(model.state()).scores(new), model.scores(new))


def test_a_table_without_a_target_is_refused():
    with pytest.raises(DataError, match=r"target encoding needs.*target_encoding to 0"):
        TargetMeans.fit(replace(table(), target=None), ("shop",), smoothing=1.0, seed=0)
