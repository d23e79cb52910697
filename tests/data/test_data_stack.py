"""Two decoded sources of one schema, one after the other."""

import numpy as np
import pandas as pd
import pytest

from whet.auditing.opening import open_inspection
from whet.data.stack import stacked


def both(first, second, **settings):
    inspection = open_inspection(first, test=second, **settings)
    return inspection.data, inspection.test.data


def test_a_table_keeps_its_values_and_order():
    frame = pd.DataFrame({"a": [1.5, 2.5, None, 4.5], "c": ["x", "y", "x", "y"], "y": ["p", "q", "p", "q"]})
    data, test = both(frame, frame.iloc[::-1].reset_index(drop=True), target="y")
    whole = stacked(data, test)
    assert len(whole) == 8
    np.testing.assert_array_equal(whole.columns["a"].values[:4], whole.columns["a"].values[4:][::-1])
    np.testing.assert_array_equal(whole.columns["c"].codes[:4], whole.columns["c"].codes[4:][::-1])
    assert whole.target is None


def test_texts_of_both_halves_read_as_before():
    lines = [f"text number {i} of the first half" for i in range(6)]
    more = [f"another text {i} of the second half" for i in range(4)]
    data, test = both(
        pd.DataFrame({"text": lines, "y": ["p", "q"] * 3}),
        pd.DataFrame({"text": more, "y": ["p", "q"] * 2}),
        target="y",
        types={"text": "text"},
    )
    subset = data.take(np.array([5, 0, 3]))
    assert stacked(subset, test).columns["text"].texts() == [lines[5], lines[0], lines[3], *more]


@pytest.mark.parametrize("length", [20, 30])
def test_series_are_padded_to_the_longest(length):
    rng = np.random.default_rng(0)
    data, test = both(
        (rng.normal(size=(6, 1, 25)).cumsum(axis=2), ["p", "q"] * 3),
        (rng.normal(size=(4, 1, length)).cumsum(axis=2), ["p", "q"] * 2),
    )
    (column,) = stacked(data, test).columns.values()
    (first,), (second,) = data.columns.values(), test.columns.values()
    longest = max(25, length)
    assert column.values.shape == (10, 1, longest)
    np.testing.assert_array_equal(column.gather(np.arange(6))[:, :, :25], first.gather(np.arange(6)))
    np.testing.assert_array_equal(column.gather(np.arange(6, 10))[:, :, :length], second.gather(np.arange(4)))


def test_pictures_of_views_are_gathered():
    pixels = np.random.default_rng(0).integers(0, 255, (10, 8, 8), dtype=np.uint8)
    data, test = both((pixels[:6], ["p", "q"] * 3), (pixels[6:], ["p", "q"] * 2))
    (column,) = stacked(data.take(np.array([2, 0])), test).columns.values()
    np.testing.assert_array_equal(column.gather(np.arange(6))[..., 0], pixels[[2, 0, 6, 7, 8, 9]])
