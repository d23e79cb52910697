"""Counts of classes and of rows per column."""

import numpy as np
import pandas as pd
import pytest

from whet.auditing.check import checks
from whet.auditing.checks.few_examples import FewExamples
from whet.auditing.opening import open_inspection
from whet.errors import ConfigError


def table(sizes, seed=0, columns=2):
    rng = np.random.default_rng(seed)
    labels = np.repeat(list(sizes), list(sizes.values()))
    frame = pd.DataFrame(rng.normal(size=(len(labels), columns))).add_prefix("x")
    return frame.assign(label=labels).sample(frac=1, random_state=0).reset_index(drop=True)


def found(frame, check=None, **settings):
    return list((check or checks["few_examples"]).check(open_inspection(frame, target="label", **settings)))


def test_a_class_with_few_examples_is_named_with_its_rows():
    frame = table({"common": 100, "rare": 7, "scarce": 3})
    (finding,) = found(frame)
    assert "'scarce' (3), 'rare' (7)" in finding.statement
    assert sorted(finding.rows) == np.flatnonzero(frame["label"] != "common").tolist()
    assert finding.level == "moderate"
    assert "'scarce' first" in finding.advice


def test_enough_examples_are_silent():
    assert found(table({"a": 60, "b": 30})) == []


def test_more_columns_than_rows_are_told():
    (finding,) = found(table({"a": 30, "b": 30}, columns=80))
    assert "60 rows for 80 columns" in finding.statement
    assert finding.severity >= 0.5


def test_settings_change_the_outcome():
    assert found(table({"a": 60, "b": 30}), FewExamples(per_class=40))
    assert not found(table({"a": 60, "b": 3}), FewExamples(per_class=2))


def test_without_a_target_nothing_is_said():
    assert list(checks["few_examples"].check(open_inspection(pd.DataFrame({"a": np.arange(9.0)})))) == []


def test_a_bad_setting_is_refused():
    with pytest.raises(ConfigError, match="per_class must be at least 1"):
        FewExamples(per_class=0)
