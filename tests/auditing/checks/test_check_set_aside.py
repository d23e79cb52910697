"""What reading left out is counted, for both parts."""

import pytest
from planted_columns import sound_table

from whet.auditing.checks.set_aside import SetAside
from whet.auditing.opening import open_inspection


def without_targets(num, total=400):
    table = sound_table(total)
    table.loc[: num - 1, "label"] = None
    return table


def test_nothing_left_out_is_silent():
    assert list(SetAside().check(open_inspection(sound_table(), target="label"))) == []


@pytest.mark.parametrize(("num", "level"), [(1, "slight"), (4, "moderate"), (20, "severe")])
def test_missing_targets_are_counted_and_graded(num, level):
    (finding,) = SetAside().check(open_inspection(without_targets(num), target="label"))
    assert (finding.count, finding.total, finding.level) == (num, 400, level)
    assert finding.rows == tuple(range(num))
    assert "missing" in finding.statement


def test_malformed_lines_and_the_test_part_are_counted(tmp_path):
    for name in ("train", "test"):
        lines = sound_table(200).to_csv(index=False).splitlines()
        lines[7] += ",too,many"
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    inspection = open_inspection(tmp_path / "train.csv", target="label", test=tmp_path / "test.csv")
    findings = list(SetAside().check(inspection))
    assert [f.part for f in findings] == ["train", "test"]
    assert all(f.rows == (6,) and "cells" in f.statement for f in findings)


def test_the_share_from_which_it_is_severe_is_a_setting():
    (finding,) = SetAside(severe_share=0.5).check(open_inspection(without_targets(40), target="label"))
    assert finding.level == "moderate"
