"""Test examples that are in training too."""

import numpy as np
import pandas as pd
from light_quick import light_quick  # noqa: F401

from whet.auditing.checks.split_duplicates import SplitDuplicates
from whet.auditing.opening import open_inspection

DEFAULT = SplitDuplicates()


def table(num, seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({f"x{i}": rng.normal(size=num) for i in range(5)})
    frame["kind"] = np.where(frame["x0"] + rng.normal(size=num) > 0, "yes", "no")
    return frame


def halves(copied):
    train, test = table(300, 1), table(200, 2)
    if copied:
        test.iloc[:copied] = train.iloc[50 : 50 + copied].to_numpy()
    return train, test.infer_objects()


def found(copied, check=DEFAULT):
    train, test = halves(copied)
    return list(check.check(open_inspection(train, test=test, target="kind")))


def test_one_percent_of_copies_is_severe_and_names_both_rows():
    (finding,) = found(2)
    assert finding.level == "severe"
    assert finding.part == "test"
    assert finding.rows == (0, 1)
    assert [(e.row, e.partner, e.part, e.partner_part) for e in finding.examples] == [
        (0, 50, "test", "train"),
        (1, 51, "test", "train"),
    ]
    assert finding.edits[0].rows == (50, 51)


def test_what_the_copies_flatter_by_is_measured():
    (finding,) = found(40)
    assert finding.cost is not None
    assert finding.cost.meaning == "flattery"
    assert finding.cost.low <= finding.cost.value <= finding.cost.high


def test_a_single_twin_in_a_large_test_is_slight():
    (finding,) = found(1)
    assert finding.level == "slight"


def test_the_bounds_can_be_set():
    (finding,) = found(2, SplitDuplicates(severe_share=0.5, severe_count=100))
    assert finding.level == "moderate"


def test_the_clean_twin_and_a_source_without_test_are_silent():
    assert found(0) == []
    assert list(SplitDuplicates().check(open_inspection(table(100, 1), target="kind"))) == []


def test_an_unlabelled_test_is_compared_but_not_scored():
    train, test = halves(10)
    inspection = open_inspection(train, test=test.drop(columns="kind"), target="kind")
    (finding,) = SplitDuplicates().check(inspection)
    assert finding.count == 10
    assert finding.cost is None
    assert "target" in finding.cost_unknown


def test_near_copies_of_texts_across_the_split_are_found():
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(200)]
    texts = [" ".join(rng.choice(words, 25)) for _ in range(160)]
    train = pd.DataFrame({"text": texts[:100], "y": ["p", "q"] * 50})
    test = pd.DataFrame({"text": [*texts[100:], texts[3] + " too"], "y": ["p", "q"] * 30 + ["q"]})
    (finding,) = SplitDuplicates().check(open_inspection(train, test=test, target="y", types={"text": "text"}))
    assert finding.rows == (60,)
