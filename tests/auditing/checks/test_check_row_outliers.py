"""Examples unlike all others, in tables and texts."""

import numpy as np
import pandas as pd
import pytest

from whet.auditing.checks.row_outliers import RowOutliers
from whet.auditing.opening import open_inspection
from whet.errors import CannotJudgeError


def flat_table(num=600, seed=0):
    """Six numbers that follow from two."""
    draws = np.random.default_rng(seed)
    values = draws.normal(size=(num, 2)) @ draws.normal(size=(2, 6)) + 0.02 * draws.normal(size=(num, 6))
    return pd.DataFrame(values, columns=list("abcdef")).assign(label=np.where(values[:, 0] > 0, "yes", "no"))


def test_a_sound_table_is_silent():
    assert list(RowOutliers().check(open_inspection(flat_table(), target="label"))) == []


def test_rows_whose_values_do_not_go_together_are_found():
    table, rows = flat_table(), [10, 200, 390, 550]
    table.loc[rows, list("abcdef")] = 40 * np.array([[1, -1, 1, -1, 1, -1]]) * np.array([[1.0], [0.9], [-1.1], [1.2]])
    (finding,) = RowOutliers().check(open_inspection(table, target="label"))
    assert set(rows) <= set(finding.rows)
    assert len(finding.rows) <= 8
    assert finding.level != "severe"


def test_few_examples_cannot_be_judged():
    with pytest.raises(CannotJudgeError, match="needs 100 examples; there are 50"):
        list(RowOutliers().check(open_inspection(flat_table(50), target="label")))
