"""Neighbours in the file: a walk is found, a shuffled or merely sorted file is not."""

import numpy as np
import pandas as pd
import pytest

from whet.auditing.checks.ordered_rows import OrderedRows
from whet.auditing.opening import open_inspection
from whet.errors import CannotJudgeError, ConfigError


def persons(seed=0, each=10):
    """60 persons with ten rows each, one after the other."""
    rng = np.random.default_rng(seed)
    person = np.repeat(rng.normal(size=(60, 4)), each, axis=0)
    x = person + 0.5 * rng.normal(size=(60 * each, 4))
    frame = pd.DataFrame(x, columns=list("abcd"))
    return frame.assign(label=np.where(x[:, 0] + rng.normal(size=len(x)) > 0, "yes", "no"))


def found(frame, check=None, **settings):
    return list((check or OrderedRows()).check(open_inspection(frame, target="label", **settings)))


def test_rows_of_one_person_on_end_are_found():
    (finding,) = found(persons())
    assert finding.level == "moderate"
    assert "--group" in finding.advice
    assert finding.examples


@pytest.mark.parametrize("seed", range(6))
def test_the_same_rows_shuffled_are_silent(seed):
    assert found(persons(seed).sample(frac=1, random_state=seed).reset_index(drop=True)) == []


def test_sorting_by_class_is_no_fault():
    shuffled = persons().sample(frac=1, random_state=0)
    assert found(shuffled.sort_values("label", kind="stable").reset_index(drop=True)) == []


def test_sorting_by_one_number_is_no_fault():
    assert found(persons().sort_values("a").reset_index(drop=True)) == []


def test_a_declared_group_settles_it():
    frame = persons().assign(person=np.repeat(np.arange(60), 10).astype(str))
    assert found(frame, group="person") == []


def test_few_rows_cannot_be_judged():
    with pytest.raises(CannotJudgeError, match="needs 200 rows"):
        found(persons().iloc[:100])


def test_the_bars_are_settings():
    assert found(persons(), OrderedRows(kinship=0.9, auc=0.99)) == []
    with pytest.raises(ConfigError, match="at least 19 shuffles"):
        OrderedRows(shuffles=5)
