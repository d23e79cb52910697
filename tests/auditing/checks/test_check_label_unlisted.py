"""Labels of the test part that training does not know, and classes with a single example."""

import numpy as np
import pandas as pd

from whet.auditing.checks.label_unlisted import LabelUnlisted
from whet.auditing.opening import open_inspection


def frame(labels, seed=0):
    return pd.DataFrame({"x": np.random.default_rng(seed).normal(size=len(labels)), "kind": labels})


def found(train, test=None, check=None):
    inspection = open_inspection(frame(train), target="kind", test=None if test is None else frame(test, 1))
    return list((check or LabelUnlisted()).check(inspection))


def test_an_unknown_label_in_the_test_is_severe():
    (finding,) = found(["cat"] * 30 + ["dog"] * 30, ["cat"] * 8 + ["hors", "dogg", "dogg"])
    assert finding.level == "severe"
    assert finding.part == "test"
    assert finding.rows == (8, 9, 10)
    assert "'dogg' (2), 'hors' (1)" in finding.statement
    assert "Did you mean 'dog'?" in finding.advice


def test_known_labels_are_silent():
    assert found(["cat"] * 30 + ["dog"] * 30, ["cat"] * 8 + ["dog"] * 3) == []


def test_a_single_example_of_a_class_is_moderate():
    (finding,) = found(["cat"] * 30 + ["dog"] * 30 + ["newt"])
    assert finding.level == "moderate"
    assert finding.rows == (60,)


def test_a_variant_of_another_class_is_left_to_the_check_of_spellings():
    assert found(["cat"] * 30 + ["dog"] * 30 + ["Dog "]) == []


def test_how_few_are_too_few_is_a_setting():
    train = ["cat"] * 30 + ["dog"] * 30 + ["newt"] * 3
    assert found(train) == []
    assert found(train, check=LabelUnlisted(fewest=5))[0].count == 3


def test_a_test_part_without_labels_and_a_number_are_silent():
    train = frame(["cat"] * 30 + ["dog"] * 30)
    bare = open_inspection(train, target="kind", test=frame(["?"] * 9).drop(columns="kind"))
    assert list(LabelUnlisted().check(bare)) == []
    number = open_inspection(train.assign(kind=train["x"] * 2), target="kind")
    assert list(LabelUnlisted().check(number)) == []
