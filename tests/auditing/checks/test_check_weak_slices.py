"""A group in which the model errs is found and named; errors at random are not."""

import numpy as np
import pandas as pd
import pytest
from quick_stand_in import told, with_told

from whet.auditing.checks.weak_slices import WeakSlices
from whet.auditing.opening import open_inspection
from whet.errors import CannotJudgeError, ConfigError


def people(num=4_000, seed=0, rate=0.45):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 80, num).astype(float),
            "work": rng.choice(["Private", "State", "Self"], num),
            "income": rng.choice(["high", "low"], num),
        }
    )
    weak = (frame["age"] < 30) & (frame["work"] == "Private")
    wrong = rng.random(num) < np.where(weak, rate, 0.1)
    inspection = open_inspection(frame, target="income")
    return with_told(inspection, told(inspection.truth, 2, wrong, rng)), weak.to_numpy()


def test_a_planted_group_is_named_in_the_words_of_its_columns():
    inspection, weak = people()
    finding = next(iter(WeakSlices().check(inspection)))
    assert "work is 'Private'" in finding.statement
    assert "age <=" in finding.statement
    assert finding.level == "moderate"
    assert weak[list(finding.rows)].mean() > 0.8
    assert "the model said" in finding.examples[0].what


@pytest.mark.parametrize("seed", range(4))
def test_errors_at_random_are_silent(seed):
    inspection, _ = people(seed=seed, rate=0.1)
    assert list(WeakSlices().check(inspection)) == []


def test_a_number_needs_half_as_large_an_error_again():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=1_500), "y": rng.normal(size=1_500)})
    inspection = open_inspection(frame, target="y")
    noise = rng.normal(size=1_500) * np.where(frame["a"] > 1, 3.0, 1.0)
    found = list(WeakSlices().check(with_told(inspection, (inspection.truth + noise)[:, None])))
    assert "a >" in found[0].statement
    even = with_told(inspection, (inspection.truth + rng.normal(size=1_500))[:, None])
    assert list(WeakSlices().check(even)) == []


def test_a_group_of_texts_is_told_by_its_words():
    rng = np.random.default_rng(0)
    topics = [["cat", "dog", "horse", "cow"], ["steel", "iron", "copper", "zinc"], ["rain", "snow", "wind", "hail"]]
    topic = rng.integers(0, 3, 900)
    texts = [" ".join(["we", "saw", *rng.choice(topics[t], 5), "today"]) for t in topic]
    frame = pd.DataFrame({"text": texts, "label": rng.choice(["a", "b"], 900)})
    inspection = open_inspection(frame, target="label", types={"text": "text"})
    wrong = rng.random(900) < np.where(topic == 1, 0.6, 0.05)
    found = list(WeakSlices().check(with_told(inspection, told(inspection.truth, 2, wrong, rng))))
    assert any(word in found[0].statement for word in topics[1])


def test_few_examples_cannot_be_judged():
    inspection, _ = people(num=200)
    with pytest.raises(CannotJudgeError, match="needs 400 examples"):
        list(WeakSlices().check(inspection))


def test_settings_are_checked_and_obeyed():
    inspection, _ = people()
    assert list(WeakSlices(gap=0.6).check(inspection)) == []
    with pytest.raises(ConfigError, match="fewest of at least 20"):
        WeakSlices(fewest=5)
