import json
import time

import numpy as np
import pytest
from safetensors.numpy import load, save

from whet.data.columns import CategoryColumn, NumberColumn
from whet.data.dataset import Dataset
from whet.data.kinds import Kind, Modality
from whet.data.schema import Column, Schema
from whet.errors import ConfigError, LabelError
from whet.models.estimators.boosted_trees import BoostedTrees
from whet.models.estimators.columns_linear import ColumnsLinear
from whet.models.estimators.majority import Majority
from whet.state import State
from whet.tasks.classes import ClassTarget
from whet.tasks.number import NumberTarget

QUICK = {"rounds": 40, "learning_rate": 0.2, "crosses": 0}
SETTINGS = {Majority: {}, ColumnsLinear: {}, BoostedTrees: QUICK}
EVERY = list(SETTINGS)


def table(kind, n=400, seed=0):
    """Two numbers (one with holes) and a category decide the target; ``kind``: number, or how many classes."""
    rng = np.random.default_rng(seed)
    a, b, c = rng.normal(size=n), rng.normal(size=n), rng.integers(0, 3, n).astype(np.int32)
    value = 2 * a + c + 0.1 * rng.normal(size=n)
    b[rng.random(n) < 0.2] = np.nan
    target = 1000 + 50 * value if kind == "number" else np.array(list("xyz"[:kind]), object)[_split(value, kind)]
    names = {"a": Kind.NUMBER, "b": Kind.NUMBER, "c": Kind.CATEGORY}
    schema = Schema(
        modality=Modality.TABLE,
        features=tuple(Column(name=k, kind=v) for k, v in names.items()),
        target="y",
        target_is_number=kind == "number",
    )
    columns = {"a": NumberColumn(a), "b": NumberColumn(b), "c": CategoryColumn(c, ("p", "q", "r"))}
    return Dataset(schema=schema, columns=columns, target=target, rows=np.arange(n), fingerprint="f", origin="t")


def _split(value, kind):
    return np.digitize(value, [-1.0, 1.0, 3.0][: kind - 1])


def target_of(data):
    return (NumberTarget if data.schema.target_is_number else ClassTarget).fit(data.target)


def fit(cls, data, settings=None, *, valid=None, seed=0, seconds=None, num_threads=1):
    chosen = SETTINGS[cls] if settings is None else settings
    return cls.fit(data, target_of(data), chosen, valid=valid, seed=seed, seconds=seconds, num_threads=num_threads)


def error(model, data):
    return float(np.sqrt(np.mean((model.scores(data)[:, 0] - data.target) ** 2)))


@pytest.mark.parametrize("kind", [2, 3, "number"])
@pytest.mark.parametrize("cls", EVERY)
def test_scores_have_the_declared_form(cls, kind):
    data = table(kind)
    scores = fit(cls, data).scores(data)
    assert scores.dtype == np.float64
    assert scores.shape == (400, 1 if kind == "number" else kind)
    assert np.isfinite(scores).all()
    if kind != "number":
        assert scores.sum(axis=1) == pytest.approx(1.0)
        assert (scores >= 0).all()


@pytest.mark.parametrize("kind", [2, 3, "number"])
@pytest.mark.parametrize("cls", EVERY)
def test_a_saved_estimator_scores_equal_bit_for_bit(cls, kind):
    model, other = fit(cls, table(kind)), table(kind, n=90, seed=5)
    state = model.state()
    arrays = load(save({k: np.ascontiguousarray(v) for k, v in state.arrays.items()}))
    again = cls.from_state(State(json.loads(json.dumps(state.config)), arrays))
    assert np.array_equal(model.scores(other), again.scores(other))


@pytest.mark.parametrize("cls", EVERY)
def test_a_row_is_scored_the_same_whatever_its_companions(cls):
    data = table(3)
    model = fit(cls, data)
    assert np.array_equal(model.scores(data)[7], model.scores(data.take(np.array([7])))[0])
    assert model.scores(data.take(np.array([], np.int64))).shape == (0, 3)


@pytest.mark.parametrize("cls", EVERY)
def test_the_same_seed_gives_the_same_scores(cls):
    data = table(2)
    assert np.array_equal(fit(cls, data, seed=4).scores(data), fit(cls, data, seed=4).scores(data))


@pytest.mark.parametrize("cls", EVERY)
def test_unknown_settings_are_named(cls):
    with pytest.raises(ConfigError, match="lerning_rate"):
        fit(cls, table(2), {"lerning_rate": 1})


@pytest.mark.parametrize("cls", [ColumnsLinear, BoostedTrees])
def test_what_columns_tell_is_learnt(cls):
    fresh = table("number", seed=9)
    assert error(fit(cls, table("number")), fresh) < 0.5 * error(fit(Majority, table("number")), fresh)


def test_majority_predicts_frequencies_and_the_mean():
    data = table(2)
    share = np.mean(data.target == "x")
    assert fit(Majority, data).scores(data)[0] == pytest.approx([share, 1 - share])
    numbers = table("number")
    assert fit(Majority, numbers).scores(numbers)[3, 0] == pytest.approx(numbers.target.mean())


@pytest.mark.parametrize("cls", EVERY)
def test_a_class_without_training_examples_is_never_the_answer(cls):
    data = table(3)
    target = target_of(data)
    for kept in (("x", "z"), ("y",)):
        some = data.take(np.flatnonzero(np.isin(data.target.astype(str), kept)))
        model = cls.fit(some, target, SETTINGS[cls], valid=None, seed=0, seconds=None, num_threads=1)
        assert set(target.decode(model.scores(data))) <= set(kept)


def test_validation_rows_stop_the_trees_and_are_never_fitted():
    data = table("number")
    train, valid = data.take(np.arange(300)), data.take(np.arange(300, 400))
    shuffled = data.take(np.arange(300, 400))
    shuffled.target[:] = np.random.default_rng(0).permutation(shuffled.target)
    settings = {**QUICK, "rounds": 300, "patience": 20}
    good, lost = fit(BoostedTrees, train, settings, valid=valid), fit(BoostedTrees, train, settings, valid=shuffled)
    assert good.models[0].text.count("Tree=") > lost.models[0].text.count("Tree=")


def test_bags_average_models_that_differ_and_one_bag_is_the_plain_model():
    data = table("number")
    two = fit(BoostedTrees, data, {**QUICK, "bags": 2})
    assert len(two.models) == 2
    assert two.models[0].text != two.models[1].text


def test_a_time_limit_is_respected_and_still_gives_a_model():
    data = table("number")
    begin = time.monotonic()
    model = fit(BoostedTrees, data, {"rounds": 1_000_000, "patience": 1_000_000, "bags": 3}, seconds=0.5)
    assert time.monotonic() - begin < 5.0
    assert error(model, data) < error(fit(Majority, data), data)


def test_very_few_rows_are_enough():
    data = table("number", n=12)
    assert fit(BoostedTrees, data).scores(data).shape == (12, 1)


def test_a_target_with_one_class_is_refused_with_what_to_do():
    data = table(2)
    with pytest.raises(LabelError, match=r"at least 2 classes; the target has \['x'\]. Check the target column"):
        fit(BoostedTrees, data.take(np.flatnonzero(data.target == "x")))


def test_trees_are_silent(capfd):
    fit(BoostedTrees, table(3, n=30))
    assert capfd.readouterr() == ("", "")
