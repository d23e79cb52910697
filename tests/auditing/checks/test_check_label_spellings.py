"""Labels written in several ways: case, space, accents and slips are told; words that merely resemble are not."""

import numpy as np
import pandas as pd
import pytest

from whet.auditing.checks.label_spellings import LabelSpellings
from whet.auditing.opening import open_inspection


def found(counts, check=None):
    labels = np.repeat(np.array(list(counts), dtype=object), list(counts.values()))
    frame = pd.DataFrame({"x": np.random.default_rng(0).normal(size=len(labels)), "kind": labels})
    inspection = open_inspection(frame, target="kind", task="classification")
    return list((check or LabelSpellings()).check(inspection))


def test_case_and_space_are_certain():
    (finding,) = found({"cat": 100, "Cat ": 4, "dog": 90})
    assert set(finding.rows) == {100, 101, 102, 103}
    (edit,) = finding.edits
    assert edit.certain
    assert set(edit.values) == {"cat"}
    assert edit.column == "kind"
    assert finding.level == "moderate"


@pytest.mark.parametrize(("right", "slip"), [("horse", "hrose"), ("airplane", "airplene"), ("Zürich", "Zurich")])
def test_slips_and_accents_wait_for_a_person(right, slip):
    (finding,) = found({right: 100, slip: 2, "dog": 90})
    assert set(finding.rows) == {100, 101}
    assert [e.certain for e in finding.edits] == [False]
    assert f"meant '{right}'" in finding.examples[0].what


@pytest.mark.parametrize(
    "counts",
    [
        {"cat": 100, "car": 3, "dog": 90},
        {"male": 100, "female": 4},
        {"1": 100, "2": 50, "11": 2, "12": 2},
        {"A": 60, "a": 60, "b": 50},
        {"horse": 100, "house": 60},  # both frequent
        {"class 1": 100, "class 2": 2},
        {"none": 50, "other": 40},
        {"inside": 200, "outside": 5},
    ],
)
def test_what_merely_resembles_is_silent(counts):
    assert found(counts) == []


def test_many_under_a_variant_are_severe():
    (finding,) = found({"yes": 100, "Yes": 60, "no": 90})
    assert finding.level == "severe"


def test_labels_that_mean_no_label():
    (finding,) = found({"cat": 100, "N/A": 5, "dog": 90})
    assert finding.title == "labels that mean no label"
    assert finding.count == 5
    assert not finding.edits[0].certain
    (doubtful,) = found({"cat": 100, "unknown": 30, "dog": 90})
    assert doubtful.level == "slight"


def test_the_ratio_is_a_setting_and_numbers_are_silent():
    counts = {"horse": 30, "hrose": 3, "dog": 90}
    assert found(counts) == []
    assert found(counts, LabelSpellings(ratio=5))
    values = np.random.default_rng(0).normal(size=(2, 40))
    frame = pd.DataFrame({"x": values[0], "kind": values[1]})
    assert list(LabelSpellings().check(open_inspection(frame, target="kind"))) == []
