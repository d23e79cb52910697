"""Long tails are told, ordinary ones are not."""

import numpy as np
from planted_columns import found, rows_of, sound_table, with_values

from whet.auditing.checks.skewed_columns import SkewedColumns


def test_a_sound_table_is_silent_also_with_outliers():
    assert found(SkewedColumns(), sound_table()) == []
    assert found(SkewedColumns(), with_values(sound_table(), "income", rows_of(1000, 0.05), lambda v: v + "000")) == []


def test_a_long_tail_is_slight_and_the_ratio_is_a_setting():
    table = sound_table().assign(sales=np.random.default_rng(0).lognormal(3, 2, 1000).round(3))
    (finding,) = found(SkewedColumns(), table)
    assert (finding.column, finding.level) == ("sales", "slight")
    assert found(SkewedColumns(ratio=100.0), table) == []
