"""Columns put right: what the audit finds becomes a setting of the encoder, which then reads damaged as clean."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from whet.auditing.audit import run_checks
from whet.auditing.mends import mends_of
from whet.auditing.opening import open_inspection
from whet.data.encoders.table_features import TableFeatures
from whet.data.encoders.table_mends import mended
from whet.data.encoders.table_settings import TableSettings
from whet.data.kinds import Kind
from whet.errors import ConfigError, DataError
from whet.recipe import Recipe
from whet.remedies.features import features_of
from whet.remedies.remedy import remedies
from whet.state import State
from whet.tasks.task import task_for
from whet.training.gathering import gather_facts

NUM = 400


def clean(seed=0):
    rng = np.random.default_rng(seed)
    height, weight = rng.normal(170, 9, NUM).round(1), rng.normal(70, 11, NUM).round(1)
    frame = pd.DataFrame({"height": height, "weight": weight, "colour": rng.choice(["red", "blue"], NUM)})
    return frame.assign(answer=np.where(height + weight > 240, "yes", "no"))


def placeholders(frame):
    frame.loc[frame.index[::19], "weight"] = -999.0
    return frame


def units(frame):
    frame.loc[frame.index[::15], "height"] /= 100
    return frame


def decorated(frame):
    frame["weight"] = [f"{v} kg" if i % 2 else str(v) for i, v in enumerate(frame["weight"])]
    return frame


def written_units(frame):
    frame["height"] = [f"{v / 100:.3f} m" if i % 3 == 0 else f"{v} cm" for i, v in enumerate(frame["height"])]
    return frame


def words(frame):
    frame.loc[frame.index[::23], "colour"] = "unknown"
    return frame


def audited(frame, *checks):
    inspection = open_inspection(frame, target="answer", types={c: "text" for c in frame if is_odd(frame[c])})
    return inspection, mends_of(run_checks(inspection, only=checks).findings)


def is_odd(column):
    return column.dtype == object and any(ch.isdigit() for ch in str(column.iloc[0]))


def numbers(data, mends):
    return TableFeatures.fit(data, TableSettings(crosses=0, mends=mends), seed=0).apply(data)[0]


@pytest.mark.parametrize(
    ("damage", "check", "column"),
    [
        (units, "mixed_units", "height"),
        (written_units, "mixed_units", "height"),
        (decorated, "mixed_types", "weight"),
    ],
)
def test_a_damaged_table_is_read_as_the_clean_one(damage, check, column):
    inspection, mends = audited(damage(clean()), check)
    assert set(mends[check]) == {column}
    expected = numbers(open_inspection(clean(), target="answer").data, {})
    found = numbers(inspection.data, mends[check])
    assert np.allclose(found, expected, rtol=1e-6, atol=0.06 if damage is written_units else 1e-9)


def test_placeholders_count_as_missing():
    inspection, mends = audited(placeholders(clean()), "placeholder_values")
    read = mended(inspection.data, mends["placeholder_values"])
    assert np.isnan(read.columns["weight"].values).sum() == len(range(0, NUM, 19))
    assert (inspection.data.columns["weight"].values == -999).any()  # the examples themselves are left as they are


def test_words_for_missing_are_no_category():
    inspection, mends = audited(words(clean()), "placeholder_values")
    codes = mended(inspection.data, mends["placeholder_values"]).columns["colour"].codes
    assert (codes == -1).sum() == len(range(0, NUM, 23))


@pytest.mark.parametrize("architecture", ["tabm", "mlp", "boosted_trees", "columns_linear"])
def test_what_was_found_is_proposed_once_and_only_then(architecture):
    inspection, mends = audited(units(placeholders(clean())), "placeholder_values", "mixed_units")
    data, target = inspection.data, inspection.target
    facts = gather_facts(task_for(data.schema), target, "accuracy", data, seed=0)
    recipe, remedy = Recipe(architecture=architecture), remedies["columns_mended"]
    assert remedy.propose(recipe, facts) == []
    facts = replace(facts, mends=mends)
    (_, both), (first, changed), (_, other) = remedy.propose(recipe, facts)
    assert set(features_of(both, facts).mends) == {"weight", "height"}
    assert remedy.propose(both, facts) == []
    assert "'weight'" in first
    assert set(features_of(changed, facts).mends) == {"weight"}
    assert set(features_of(other, facts).mends) == {"height"}
    assert len(remedy.propose(changed, facts)) == 1
    assert Recipe.from_yaml(changed.to_yaml()) == changed


def test_a_column_that_may_give_the_target_away_can_be_left_out():
    frame = clean()
    frame["told"] = np.where(frame["answer"] == "yes", 1.0, 0.0) + np.random.default_rng(1).normal(0, 1e-3, NUM)
    inspection, mends = audited(frame, "target_leak")
    data = inspection.data
    facts = replace(gather_facts(task_for(data.schema), inspection.target, "accuracy", data, seed=0), mends=mends)
    ((words_, changed),) = remedies["columns_left_out"].propose(Recipe(architecture="boosted_trees"), facts)
    assert words_ == "without column 'told'"
    features = TableFeatures.fit(data, features_of(changed, facts), seed=0)
    assert "told" not in features.numbers


def test_mends_are_kept_with_the_encoder():
    inspection, mends = audited(units(clean()), "mixed_units")
    features = TableFeatures.fit(inspection.data, TableSettings(mends=mends["mixed_units"]), seed=0)
    state = features.state()
    again = TableFeatures.from_state(State(state.config, state.arrays))
    assert np.array_equal(again.apply(inspection.data)[0], features.apply(inspection.data)[0], equal_nan=True)


def test_wrong_mends_are_told():
    data = open_inspection(clean(), target="answer").data
    with pytest.raises(ConfigError, match=r"'weight'.*no mend 'droped'.*Known|Did you mean"):
        TableSettings(mends={"weight": {"droped": True}})
    with pytest.raises(ConfigError, match=r"no column 'wieght'. Did you mean 'weight'"):
        mended(data, {"wieght": {"left_out": True}})
    with pytest.raises(ConfigError, match=r"'colour': 'missing' does not fit a column of kind 'category'"):
        mended(data, {"colour": {"missing": [1.0]}})
    with pytest.raises(DataError, match="no feature column"):
        TableFeatures.fit(
            data, TableSettings(mends={n: {"left_out": True} for n in ("height", "weight", "colour")}), seed=0
        )


def test_nothing_to_mend_gives_the_same_object():
    data = open_inspection(clean(), target="answer").data
    assert mended(data, {}) is data
    assert all(c.kind is not Kind.TEXT for c in data.schema.features)
