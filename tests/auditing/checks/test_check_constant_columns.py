"""Constant, nearly constant and empty columns."""

import numpy as np
from planted_columns import found, sound_table

from whet.auditing.checks.constant_columns import ConstantColumns


def test_a_sound_table_is_silent():
    assert found(ConstantColumns(), sound_table()) == []


def test_constant_and_empty_columns_are_told_and_dropped():
    findings = found(ConstantColumns(), sound_table().assign(source="web", note=None))
    assert sorted(f.column for f in findings) == ["note", "source"]
    assert all(f.edits[0].action == "drop_column" and f.edits[0].certain and f.level == "slight" for f in findings)


def test_a_nearly_constant_column_waits_for_a_person():
    flag = np.array(["no"] * 1999 + ["yes"])
    (finding,) = found(ConstantColumns(), sound_table(2000).assign(flag=flag))
    assert finding.column == "flag"
    assert not finding.edits[0].certain
    assert found(ConstantColumns(share=0.9999), sound_table(2000).assign(flag=flag)) == []
