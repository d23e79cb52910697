"""Training and test from different sources."""

import numpy as np
import pandas as pd
import pytest
from light_quick import light_quick  # noqa: F401

from whet.auditing.checks.split_shift import SplitShift
from whet.auditing.leaks.two_sample import separation
from whet.auditing.opening import open_inspection
from whet.errors import CannotJudgeError

DEFAULT = SplitShift()


def table(num, seed, shift=0.0, share=0.5):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({f"x{i}": rng.normal(size=num) for i in range(4)})
    frame["kind"] = np.where(rng.random(num) < share, "yes", "no")
    frame["x1"] += frame["kind"] == "yes"
    frame["x2"] += shift
    return frame


def found(train, test, check=DEFAULT):
    return list(check.check(open_inspection(train, test=test, target="kind")))


def test_a_far_shift_is_severe_and_names_the_column():
    (finding,) = found(table(250, 1), table(250, 2, shift=3.0))
    assert finding.level == "severe"
    assert "'x2'" in finding.statement
    assert finding.cost is not None


def test_the_same_source_is_silent():
    assert found(table(250, 1), table(250, 2)) == []


def test_an_unlabelled_test_is_compared():
    (finding,) = found(table(250, 1), table(250, 2, shift=3.0).drop(columns="kind"))
    assert finding.level == "severe"
    assert finding.cost is None


def test_other_label_shares_are_told_apart_from_the_inputs():
    findings = found(table(400, 1), table(400, 2, share=0.8))
    assert [f.column for f in findings if f.column] == ["kind"]
    assert all(f.level != "severe" for f in findings)


def test_few_examples_cannot_be_judged_and_no_test_is_silent():
    with pytest.raises(CannotJudgeError, match="on each side"):
        found(table(20, 1), table(200, 2))
    assert list(SplitShift().check(open_inspection(table(100, 1), target="kind"))) == []


def test_the_line_can_be_moved():
    halves = table(250, 1), table(250, 2, shift=3.0)
    (finding,) = found(*halves, SplitShift(severe=1.1))
    assert finding.level == "moderate"


def test_the_interval_of_the_separation_holds_a_half_where_nothing_differs():
    rng = np.random.default_rng(0)
    is_second = np.arange(200) >= 100
    held = [separation(rng.normal(size=(200, 5)), is_second) for _ in range(3)]
    assert sum(i.low <= 0.5 <= i.high for i in held) >= 2
