"""Copies with different labels are found in texts and tables; agreeing copies are not."""

import numpy as np
import pandas as pd
import pytest

from whet.auditing.checks.label_conflicts import LabelConflicts
from whet.auditing.opening import open_inspection


def texts(num=200, seed=0):
    rng = np.random.default_rng(seed)
    words = [f"word{i}" for i in range(400)]
    lines = [" ".join(rng.choice(words, 12)) for _ in range(num)]
    return pd.DataFrame({"text": lines, "kind": rng.choice(["sea", "hill"], num)})


def rows(num=200, seed=0):
    rng = np.random.default_rng(seed)
    values = {f"n{i}": rng.normal(size=num) for i in range(12)}
    return pd.DataFrame({**values, "kind": rng.choice(["sea", "hill"], num)})


def contradicted(frame, count):
    twins = frame.iloc[:count].copy()
    twins["kind"] = np.where(twins["kind"] == "sea", "hill", "sea")
    return pd.concat([frame, twins], ignore_index=True)


def found(frame, check=None):
    return list((check or LabelConflicts()).check(open_inspection(frame, target="kind")))


@pytest.mark.parametrize("make", [texts, rows])
@pytest.mark.parametrize("count", [2, 10])
def test_contradicting_copies_are_found(make, count):
    (finding,) = found(contradicted(make(), count))
    assert set(finding.rows) == {*range(count), *range(200, 200 + count)}
    assert finding.level == "moderate"
    (edit,) = finding.edits
    assert not edit.certain
    assert "its copy row" in finding.examples[0].what


def test_agreeing_copies_and_clean_data_are_silent():
    assert found(texts()) == []
    assert found(pd.concat([texts(), texts().iloc[:20]], ignore_index=True)) == []


def test_a_majority_of_copies_settles_the_label():
    frame = texts()
    many = pd.concat([frame, frame.iloc[[0, 0]], contradicted(frame, 1).iloc[[200]]], ignore_index=True)
    (finding,) = found(many)
    assert finding.edits[0].rows == (202,)


def test_rows_with_little_in_them_are_no_copies():
    rng = np.random.default_rng(0)
    coarse = {"x": rng.integers(0, 3, 200), "y": rng.integers(0, 3, 200), "kind": rng.choice(["sea", "hill"], 200)}
    assert found(pd.DataFrame(coarse)) == []


def test_a_share_makes_it_severe():
    assert found(contradicted(texts(), 20))[0].level == "severe"
    assert found(contradicted(texts(), 20), LabelConflicts(severe=0.5))[0].level == "moderate"
