"""Invented rows stay among the known ones, repeat exactly, and copy where nothing may move."""

import numpy as np
import pandas as pd
import pytest

from whet.data.load import load
from whet.ensembling.recombining import recombined


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 2, 80)
    frame = pd.DataFrame(
        {
            "height": rng.normal(size=80) + 10 * kind,
            "rooms": rng.integers(1, 6, 80) + 20 * kind,
            "colour": np.array(["red", "blue"])[kind],
            "remark": [f"a long remark about example number {i}, as people write them" for i in range(80)],
            "gap": np.where(rng.random(80) < 0.3, np.nan, rng.normal(size=80)),
            "answer": np.array(["yes", "no"])[kind],
        }
    )
    path = tmp_path_factory.mktemp("recombined") / "table.csv"
    frame.to_csv(path, index=False)
    return load(path, target="answer", types={"remark": "text"})


def test_every_row_begins_equally_many_and_no_answer_is_invented(table):
    invented = recombined(table, 3 * len(table), seed=0)
    assert np.bincount(invented.rows).tolist() == [3] * len(table)
    assert invented.target is None
    assert invented.taught is None


def test_values_move_between_alike_rows_alone(table):
    """Two distant groups of rows: no invented row mixes them, and none leaves the range by much."""
    invented = recombined(table, 400, seed=0)
    height = invented.columns["height"].values
    blue = invented.columns["colour"].codes == invented.columns["colour"].labels.index("blue")
    assert np.array_equal(height > 5, blue)
    known = table.columns["height"].values
    assert known.min() - 3 < height.min() < height.max() < known.max() + 3


def test_some_values_move_and_some_stay(table):
    invented = recombined(table, 800, seed=0)
    stayed = invented.columns["height"].values == table.columns["height"].values[invented.rows]
    assert 0.4 < stayed.mean() < 0.6
    texts = np.array(invented.columns["remark"].texts())
    assert 0.4 < (texts == np.array(table.columns["remark"].texts())[invented.rows]).mean() < 0.6
    assert set(texts) <= set(table.columns["remark"].texts())


def test_whole_numbers_stay_whole_and_gaps_occur_as_often(table):
    invented = recombined(table, 800, seed=0)
    rooms = invented.columns["rooms"].values
    assert np.array_equal(rooms, np.rint(rooms))
    assert len(set(rooms) - set(table.columns["rooms"].values)) < len(set(rooms)) / 2
    gaps = [np.isnan(d.columns["gap"].values).mean() for d in (table, invented)]
    assert gaps[1] == pytest.approx(gaps[0], abs=0.1)


def test_a_seed_repeats_and_another_differs(table):
    first, again, other = (recombined(table, 100, seed=seed).columns["height"].values for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_without_swaps_the_rows_are_copies(table):
    copies = recombined(table, 80, seed=0, swap=0.0)
    for name, column in copies.columns.items():
        if hasattr(column, "values"):
            assert np.array_equal(column.values, table.columns[name].values[copies.rows], equal_nan=True)


def test_two_rows_and_equal_rows_are_enough(table):
    assert len(recombined(table.take(np.array([0, 1])), 9, seed=0)) == 9
    same = recombined(table.take(np.zeros(12, dtype=np.int64)), 20, seed=0)
    assert len(set(same.columns["height"].values)) == 1
