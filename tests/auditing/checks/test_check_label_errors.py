"""Wrong labels: planted ones are found with their rows, clean and merely difficult data are left alone."""

import numpy as np
import pandas as pd
import pytest
from light_quick import light_quick  # noqa: F401  (a fixture)

from whet.auditing.checks.label_errors import LabelErrors
from whet.auditing.opening import open_inspection
from whet.errors import CannotJudgeError, ConfigError


def clear(num=900, seed=0, overlap=0.0):
    """Three classes that a model tells apart, but for ``overlap``."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, num)
    places = np.array([[0, 0], [4, 0], [0, 4]])[codes] + (0.6 + overlap) * rng.normal(size=(num, 2))
    kind = np.array(["ash", "birch", "cedar"], dtype=object)[codes]
    return pd.DataFrame({"a": places[:, 0], "b": places[:, 1], "c": rng.normal(size=num), "kind": kind})


def flipped(frame, share, seed=1):
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(len(frame), int(share * len(frame)), replace=False))
    names = sorted(frame["kind"].unique())
    frame = frame.copy()
    frame.loc[rows, "kind"] = [names[(names.index(v) + int(rng.integers(1, 3))) % 3] for v in frame.loc[rows, "kind"]]
    return frame, rows


def found(frame, check=None, **options):
    return list((check or LabelErrors()).check(open_inspection(frame, target="kind", **options)))


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_planted_errors_are_found(share):
    frame, rows = flipped(clear(), share)
    (finding,) = found(frame)
    assert np.isin(rows, finding.rows).mean() >= 0.75
    assert np.isin(finding.rows, rows).mean() >= 0.8
    assert finding.level in ("slight", "moderate")
    assert finding.column == "kind"
    assert 0.7 <= finding.confidence <= 1
    assert finding.count == len(finding.rows)
    assert finding.total == len(frame)


def test_the_right_label_is_suggested_for_review():
    clean = clear()
    frame, rows = flipped(clean, 0.05)
    (finding,) = found(frame)
    (edit,) = finding.edits
    assert not edit.certain
    assert list(edit.rows) == sorted(edit.rows)
    suggested = dict(zip(edit.rows, edit.values, strict=True))
    both = [row for row in rows.tolist() if row in suggested]
    assert np.mean([suggested[row] == clean["kind"][row] for row in both]) > 0.9
    assert finding.examples[0].what.startswith("labelled '")
    assert ", looks like '" in finding.examples[0].what


def test_clean_data_are_silent():
    assert found(clear()) == []


@pytest.mark.parametrize("overlap", [1.0, 2.5])
def test_classes_that_overlap_are_silent(overlap):
    assert found(clear(overlap=overlap)) == []


def test_many_wrong_labels_are_severe_and_cost_something():
    frame, _ = flipped(clear(), 0.25)
    (finding,) = found(frame)
    assert finding.level == "severe"
    assert finding.cost is not None
    assert "without the labels that look wrong" in finding.cost.how


def test_few_wrong_labels_cost_no_training():
    (finding,) = found(flipped(clear(), 0.01)[0])
    assert finding.cost is None
    assert "too few" in finding.cost_unknown


def test_settings_change_the_outcome():
    frame, _ = flipped(clear(overlap=0.5), 0.08)
    (wide,), (narrow,) = found(frame, LabelErrors(precision=0.75)), found(frame, LabelErrors(precision=0.98))
    assert narrow.count < wide.count
    assert found(frame, LabelErrors(least=0.5)) == []
    with pytest.raises(ConfigError, match=r"LabelErrors\.precision must be a number from 0.5 to 1; got 2"):
        LabelErrors(precision=2)


def test_a_number_is_silent_and_too_few_examples_cannot_be_judged():
    assert found(clear().assign(kind=lambda f: f["a"] + 0.1)) == []
    with pytest.raises(CannotJudgeError, match="needs 30 examples"):
        found(clear(20))
