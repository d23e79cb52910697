"""Exact copies: found with their rows, silent without, and never certain where a twin may be chance."""

import numpy as np
import pandas as pd
import pytest

from whet.auditing.checks.exact_duplicates import ExactDuplicates
from whet.auditing.opening import open_inspection

GENERATOR_SEED = 3

DEFAULT = ExactDuplicates()


def table(num=400, copies=(), flip=()):
    rng = np.random.default_rng(GENERATOR_SEED)
    frame = pd.DataFrame({f"x{i}": rng.normal(size=num) for i in range(4)})
    frame["kind"] = np.where(frame["x0"] > 0, "yes", "no")
    extra = frame.iloc[list(copies)].copy()
    extra["kind"] = [{"yes": "no", "no": "yes"}[k] if i in flip else k for i, k in zip(copies, extra["kind"])]
    return pd.concat([frame, extra], ignore_index=True)


def found(source, check=DEFAULT, **options):
    return list(check.check(open_inspection(source, **options)))


def pictures(num=60, copies=()):
    rng = np.random.default_rng(GENERATOR_SEED)
    shapes = rng.integers(0, 255, (num, 16, 16, 3)).astype(np.uint8)
    return np.concatenate([shapes, shapes[list(copies)]])


def test_copies_of_rows_are_found_where_they_stand():
    (finding,) = found(table(copies=(7, 30, 99, 5)), target="kind")
    assert finding.rows == (400, 401, 402, 403)
    assert finding.count == 4
    assert finding.level == "slight" if 4 / 404 < 0.01 else "moderate"
    assert {(e.row, e.partner) for e in finding.examples} == {(400, 7), (401, 30), (402, 99), (403, 5)}


def test_the_clean_twin_is_silent():
    assert found(table(), target="kind") == []


def test_few_columns_wait_for_a_person_and_pictures_do_not():
    (rows,) = found(table(copies=(7,)), target="kind")
    (shots,) = found((pictures(copies=(3,)), np.array(["a", "b"] * 30 + ["b"], dtype=object)), target=None)
    assert not rows.edits[0].certain
    assert shots.edits[0].certain
    assert shots.edits[0].rows == (60,)


def test_copies_with_another_target_are_told_but_not_dropped():
    (finding,) = found(table(copies=(7, 30), flip=(30,)), target="kind")
    assert finding.rows == (400,)
    assert "1 further copies" in finding.statement


@pytest.mark.parametrize(("share", "level"), [(0.001, "moderate"), (0.5, "slight")])
def test_the_share_that_matters_can_be_set(share, level):
    (finding,) = found(table(copies=(7, 30)), ExactDuplicates(moderate_share=share), target="kind")
    assert finding.level == level


def test_rows_that_repeat_by_nature_are_no_copies():
    frame = pd.DataFrame({"sex": ["m", "f"] * 100, "old": ["yes", "no", "no", "yes"] * 50, "y": ["p", "q"] * 100})
    assert found(frame, target="y") == []
