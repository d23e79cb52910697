"""Columns that give the target away."""

import numpy as np
import pandas as pd
import pytest
from light_quick import light_quick  # noqa: F401
from sklearn.datasets import load_iris

from whet.auditing.checks.target_leak import TargetLeak
from whet.auditing.columns.single_column import skill_of
from whet.auditing.opening import open_inspection
from whet.errors import CannotJudgeError

DEFAULT = TargetLeak()


def table(num=300, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({f"x{i}": rng.normal(size=num) for i in range(5)})
    frame["size"] = frame["x0"] + frame["x1"] + rng.normal(size=num)
    frame["kind"] = np.where(frame["size"] > 0, "yes", "no")
    return frame


def found(frame, target="kind", check=DEFAULT, **options):
    return list(check.check(open_inspection(frame, target=target, **options)))


def test_a_column_made_from_the_label_is_severe_and_its_flattery_measured():
    frame = table().drop(columns="size").assign(code=lambda f: np.where(f["kind"] == "yes", 7.0, 3.0))
    (finding,) = found(frame)
    assert (finding.column, finding.level) == ("code", "severe")
    assert finding.cost is not None
    assert finding.cost.meaning == "flattery"
    assert finding.cost.low > 0.05
    assert not finding.edits[0].certain


def test_a_number_in_other_units_is_severe():
    frame = table().drop(columns="kind").assign(grams=lambda f: 1000 * f["size"] + 5)
    (finding,) = found(frame, target="size")
    assert (finding.column, finding.level) == ("grams", "severe")


def test_the_clean_twins_are_silent():
    assert found(table().drop(columns="size")) == []
    assert found(table().drop(columns="kind"), target="size") == []


def test_honestly_strong_columns_are_silent():
    iris = load_iris(as_frame=True).frame
    iris["target"] = iris["target"].map({0: "setosa", 1: "versicolor", 2: "virginica"})
    assert found(iris, target="target") == []


def test_an_easy_question_is_no_leak():
    rng = np.random.default_rng(0)
    centre = np.repeat([0.0, 10.0], 100)
    frame = pd.DataFrame({f"x{i}": centre + rng.normal(size=200) for i in range(4)})
    assert found(frame.assign(kind=np.repeat(["a", "b"], 100))) == []


def test_gaps_that_tell_the_target_are_told():
    frame = table().drop(columns="size")
    rng = np.random.default_rng(1)
    frame["reason"] = np.where(frame["kind"] == "yes", rng.normal(size=len(frame)), np.nan)
    (finding,) = found(frame)
    assert finding.column == "reason"
    assert "whether a value is there" in finding.statement


def test_texts_that_spell_their_label_are_severe_and_others_silent():
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(50)]
    labels = ["sports" if i % 2 else "politics" for i in range(100)]
    texts = [" ".join(rng.choice(words, 8)) for _ in labels]
    spelt = [f"[{label}] {text}" for label, text in zip(labels, texts, strict=True)]
    (finding,) = found(pd.DataFrame({"text": spelt, "y": labels}), target="y", types={"text": "text"})
    assert (finding.column, finding.level) == ("text", "severe")
    assert found(pd.DataFrame({"text": texts, "y": labels}), target="y", types={"text": "text"}) == []


def test_the_line_can_be_moved():
    frame = table().drop(columns="size").assign(code=lambda f: np.where(f["kind"] == "yes", 7.0, 3.0))
    frame.loc[:29, "code"] = 7.0
    assert all(f.level != "severe" for f in found(frame))
    assert any(f.level == "severe" for f in found(frame, check=TargetLeak(certain=0.8)))


def test_few_examples_cannot_be_judged_and_no_target_is_silent():
    with pytest.raises(CannotJudgeError, match="needs 50"):
        found(table(30).drop(columns="size"))
    assert found(table(), target=None) == []


def test_skill_is_one_for_the_target_itself_and_near_none_for_noise():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 400)
    assert skill_of(truth, truth, is_classes=True, as_category=True, seed=0) == 1.0
    assert skill_of(rng.normal(size=400), truth, is_classes=True, as_category=False, seed=0) < 0.2
