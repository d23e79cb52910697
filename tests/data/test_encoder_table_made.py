"""Columns that settings add to a table: what they hold, that they are found again, and that they are learnt cleanly."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from safetensors.numpy import load, save
from test_encoder_table import arrays, table, text_column

from whet.data.encoders.table import TableEncoder
from whet.data.encoders.table_dates import CALENDAR_PARTS, calendar_numbers, date_numbers
from whet.data.encoders.table_features import TableFeatures
from whet.data.encoders.table_missing import MissingValues
from whet.data.encoders.table_pairs import PRODUCT, RATIO, Pairs
from whet.data.encoders.table_pilot import Pilot
from whet.data.encoders.table_settings import TableSettings
from whet.data.encoders.table_texts import TextNumbers
from whet.errors import ConfigError
from whet.state import State

EVERY = {
    "ratios": 3,
    "date_parts": "calendar",
    "missing_indicators": "all",
    "target_encoding": 5.0,
    "text_ngrams": 2,
    "crosses": 0,
}


def holed(n=300, seed=0):
    """``table`` with some texts, dates and categories left empty."""
    data = table(n, seed)
    rng = np.random.default_rng([seed, 9])
    texts = ["" if rng.random() < 0.2 else text for text in data.columns["note"].texts()]
    when = np.where(rng.random(n) < 0.1, np.nan, data.columns["when"].values)
    columns = {**data.columns, "note": text_column(texts), "when": replace(data.columns["when"], values=when)}
    return replace(data, columns=columns)


def states(encoder):
    state = encoder.state()
    return {"config": json.dumps(dict(state.config)), **{k: a.tobytes() for k, a in state.arrays.items()}}


@pytest.mark.parametrize("name", [*EVERY, "every"])
def test_a_setting_adds_columns_without_nan_and_moves_no_other(name):
    data = holed()
    chosen = EVERY if name == "every" else {name: EVERY[name], "crosses": 0}
    plain, more = (TableFeatures.fit(data, TableSettings(**s), seed=0) for s in ({"crosses": 0}, chosen))
    before, after = plain.apply(data)[0], more.apply(data)[0]
    assert after.shape[1] == more.num_numbers
    assert np.array_equal(after[:, : before.shape[1]], before, equal_nan=True)
    assert name == "crosses" or after.shape[1] > before.shape[1]
    encoder = TableEncoder.fit(data, chosen, seed=0)
    assert np.isfinite(arrays(encoder, data)["numbers"]).all()
    assert arrays(encoder, data)["numbers"].shape[1] == encoder.spec.num_numbers


def test_a_saved_encoder_with_every_setting_is_equal_bit_for_bit_on_new_rows():
    data, new = holed(), replace(holed(60, seed=4), fingerprint="another")
    encoder = TableEncoder.fit(data, {**EVERY, "target_pairs": 2}, seed=0)
    state = encoder.state()
    packed = load(save({k: np.ascontiguousarray(v) for k, v in state.arrays.items()}))
    again = TableEncoder.from_state(State(json.loads(json.dumps(state.config)), packed))
    assert again.spec == encoder.spec
    assert np.array_equal(arrays(again, new)["numbers"], arrays(encoder, new)["numbers"])


def test_a_state_from_before_made_columns_is_read_as_without_them():
    data, new = holed(), replace(holed(60, seed=4), fingerprint="another")
    encoder = TableEncoder.fit(data, {}, seed=0)
    state = encoder.state()
    config = json.loads(json.dumps(state.config))
    del config["features"]["made"]
    for name in ("ratios", "date_parts", "missing_indicators", "target_encoding", "target_pairs", "text_ngrams"):
        del config["settings"][name]
    old = State(config, {k: a for k, a in state.arrays.items() if "/made/" not in k})
    assert np.array_equal(arrays(TableEncoder.from_state(old), new)["numbers"], arrays(encoder, new)["numbers"])


def test_nothing_fitted_depends_on_rows_that_are_not_handed_over():
    whole, rows = holed(400), np.arange(300)
    changed = holed(400, seed=7)
    # The first 300 rows of one and the last 100 of the other, then with other answers.
    spliced = replace(
        whole,
        columns={
            name: text_column([*c.texts()[:300], *changed.columns[name].texts()[300:]])
            if name == "note"
            else type(c)(
                np.concatenate([_first(c)[:300], _first(changed.columns[name])[300:]]),
                *([c.labels] if name == "shop" else []),
            )
            for name, c in whole.columns.items()
        },
        target=np.concatenate([whole.target[:300], -5.0 * changed.target[300:]]),
    )
    settings = {**EVERY, "crosses": 4, "target_pairs": 1}
    one, two = (TableEncoder.fit(d.take(rows), settings, seed=0) for d in (whole, spliced))
    assert states(one) == states(two)
    assert np.array_equal(arrays(one, whole.take(rows))["numbers"], arrays(two, spliced.take(rows))["numbers"])


def _first(column):
    return column.values if hasattr(column, "values") else column.codes


def test_calendar_parts_agree_with_the_standard_library():
    rng = np.random.default_rng(0)
    seconds = np.array([*rng.uniform(-3e9, 4e9, 200), 951_782_400.0, 0.0, np.nan])  # a leap day, the epoch, a hole
    parts = calendar_numbers(seconds)
    assert parts.shape == (203, len(CALENDAR_PARTS))
    assert np.isnan(parts[-1]).all()
    for value, row in zip(seconds[:-1], parts, strict=False):
        d = datetime.fromtimestamp(int(np.floor(value)), UTC)
        assert row[:5].tolist() == [d.month, d.day, d.weekday(), d.hour, float(d.weekday() >= 5)]


def test_cycles_close_without_a_jump():
    last, first = (float(np.datetime64(t, "s").astype(float)) for t in ("2023-01-31T23:59", "2023-02-01T00:00"))
    middle = float(np.datetime64("2023-02-15", "s").astype(float))
    at_end, at_start, between = calendar_numbers(np.array([last, first, middle]))[:, 5:]
    assert np.linalg.norm(at_end - at_start) < 0.25 < np.linalg.norm(at_start - between)
    over_midnight = date_numbers(np.array([86_399.0, 86_400.0]))[:, 6:]
    assert np.abs(np.diff(over_midnight, axis=0)).max() < 1e-3


@pytest.mark.parametrize(("operation", "answer"), [(PRODUCT, lambda a, b: a * b), (RATIO, lambda a, b: a / b)])
def test_a_planted_product_or_ratio_is_the_first_choice(operation, answer):
    numbers = np.random.default_rng(0).uniform(0.5, 2, (1500, 4))
    pilot = Pilot(numbers, np.zeros((1500, 0)), answer(numbers[:, 1], numbers[:, 3]), seed=0)
    pairs = Pairs.choose(pilot, count=1)
    assert sorted(pairs.columns[0].tolist()) == [1, 3]  # a ratio and its inverse tell a tree the same
    assert pairs.operations.tolist() == [operation]
    first, second = numbers[:, pairs.columns[0]].T
    assert np.allclose(pairs.apply(numbers)[:, 0], answer(first, second))


def test_pairs_of_huge_missing_and_zero_values_are_missing():
    pairs = Pairs(np.array([[0, 1], [0, 1], [0, 1]]), np.array([0, 1, 2]))
    made = pairs.apply(np.array([[1e300, 1e300], [np.nan, 1.0], [2.0, 0.0]]))
    assert np.isnan(made).tolist() == [[True, False, False], [True] * 3, [False, False, True]]


def test_too_few_rows_or_columns_make_no_pairs():
    few = TableFeatures.fit(holed(150), TableSettings(ratios=5, crosses=0), seed=0)
    assert len(few.made) == 0
    data = table()
    unread = text_column([f"w{i}" for i in range(len(data))])  # no word occurs twice, so no number is made of it
    note = tuple(c for c in data.schema.features if c.name == "note")
    alone = replace(data, columns={"note": unread}, schema=replace(data.schema, features=note))
    features = TableFeatures.fit(alone, TableSettings(ratios=5, crosses=5), seed=0)
    assert features.num_numbers == 0


def test_missing_values_are_marked_and_counted():
    data = holed()
    marks = MissingValues.fit(data)
    assert (set(marks.columns), set(marks.flagged)) == ({"age", "when", "note", "shop"}, {"note", "shop"})
    made = marks.apply(data)
    assert np.array_equal(made[:, list(marks.flagged).index("shop")] == 1, data.columns["shop"].codes == -1)
    assert np.array_equal(
        made[:, list(marks.flagged).index("note")] == 1, [t == "" for t in data.columns["note"].texts()]
    )
    holes = np.isnan(data.columns["age"].values).astype(int) + np.isnan(data.columns["when"].values)
    assert np.array_equal(made[:, -1] - made[:, :-1].sum(axis=1), holes)


def test_a_table_without_holes_gets_no_marks():
    data = table()
    full = data.schema.features[0]
    assert len(MissingValues.fit(replace(data, schema=replace(data.schema, features=(full,))))) == 0


def test_pairs_and_pieces_tell_texts_apart_that_words_cannot():
    order = ["red car green tea", "green car red tea"] * 30  # the same words
    pairs = TextNumbers.fit(order, num_components=2, seed=0, analysis="pairs").apply(order[:2])
    words = TextNumbers.fit(order, num_components=2, seed=0).apply(order[:2])
    assert np.allclose(words[0], words[1])
    assert not np.allclose(pairs[0], pairs[1])
    codes = [f"item{i}abc" if i % 2 else f"item{i}xyz" for i in range(60)]
    pieces = TextNumbers.fit(codes, num_components=3, seed=0, analysis="pieces")
    unseen = pieces.apply(["item777abc", "item888abc", "item999xyz"])
    assert np.linalg.norm(unseen[0] - unseen[1]) < 0.5 * np.linalg.norm(unseen[0] - unseen[2])


def test_wrong_settings_are_reported():
    with pytest.raises(ConfigError, match=r"date_parts must be one of cycles, calendar; got 'moon'.*ratios|ratios"):
        TableEncoder.fit(table(), {"date_parts": "moon", "ratios": -1}, seed=0)
    with pytest.raises(ConfigError, match=r"target_pairs must be 0 while target_encoding is 0; got 3"):
        TableEncoder.fit(table(), {"target_pairs": 3}, seed=0)
