"""Rare classes: named, counted, never severe."""

import numpy as np
import pandas as pd
import pytest

from whet.auditing.checks.class_imbalance import ClassImbalance
from whet.auditing.opening import open_inspection
from whet.errors import ConfigError


def found(sizes, check=None):
    labels = np.repeat(list(sizes), list(sizes.values()))
    frame = pd.DataFrame({"x": np.random.default_rng(0).normal(size=len(labels)), "label": labels})
    return list((check or ClassImbalance()).check(open_inspection(frame, target="label"))), frame


def test_all_rare_classes_are_named_the_rarest_first():
    (finding,), frame = found({"big": 900, "small": 60, "tiny": 30})
    assert "'tiny' 30, 'small' 60" in finding.statement
    assert finding.count == 90
    assert set(finding.rows) == set(np.flatnonzero(frame["label"] != "big").tolist())
    assert finding.level == "moderate"
    assert "'tiny' next" in finding.advice


def test_classes_of_similar_size_are_silent():
    assert found({"a": 500, "b": 200})[0] == []


def test_a_rare_class_with_plenty_is_a_slight_matter():
    assert found({"a": 20_000, "b": 1_500})[0][0].level == "slight"


def test_even_a_thousandfold_ratio_is_not_severe():
    assert found({"a": 9_000, "b": 3})[0][0].level == "moderate"


def test_the_ratio_is_a_setting():
    assert found({"a": 500, "b": 200}, ClassImbalance(ratio=2.0))[0]
    with pytest.raises(ConfigError, match="ratio must be above 1"):
        ClassImbalance(ratio=1.0)


def test_a_number_has_no_classes():
    frame = pd.DataFrame({"x": np.random.default_rng(1).normal(size=50), "y": np.random.default_rng(0).normal(size=50)})
    assert list(ClassImbalance().check(open_inspection(frame, target="y"))) == []
