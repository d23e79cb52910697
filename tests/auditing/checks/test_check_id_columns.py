"""Columns that name the example."""

import uuid

import numpy as np
import pandas as pd
import pytest

from whet.auditing.checks.id_columns import IdColumns
from whet.auditing.opening import open_inspection

DEFAULT = IdColumns()


def frame(**more):
    rng = np.random.default_rng(0)
    return pd.DataFrame({"a": rng.normal(size=120), "b": rng.normal(size=120), **more, "y": ["p", "q"] * 60})


def found(source, check=DEFAULT, **options):
    return list(check.check(open_inspection(source, target="y", **options)))


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ([f"user{i}@example.org" for i in range(120)], "e-mail"),
        ([str(uuid.UUID(int=i * 7919)) for i in range(120)], "UUID"),
        ([f"{i * 104729:032x}" for i in range(120)], "hash"),
        ([f"+49 30 555{i:04d}" for i in range(120)], "phone"),
        (list(range(120)), "counts the rows"),
    ],
)
def test_values_that_name_the_example_are_told(values, word):
    (finding,) = found(frame(extra=values))
    assert finding.column == "extra"
    assert finding.level == "slight"
    assert word in finding.statement


def test_a_count_with_gaps_that_feeds_the_model_is_told_with_a_change():
    steps = np.cumsum(np.random.default_rng(0).integers(1, 4, 120))
    (finding,) = found(frame(number=steps))
    assert "feeds the model" in finding.statement
    assert finding.edits[0].action == "drop_column"


def test_measurements_are_silent():
    rng = np.random.default_rng(0)
    assert found(frame(age=rng.integers(18, 90, 120), price=np.sort(rng.normal(size=120)))) == []


def test_the_severity_can_be_set():
    (finding,) = found(frame(number=list(range(5, 365, 3))), IdColumns(used=0.5))
    assert finding.level == "moderate"
