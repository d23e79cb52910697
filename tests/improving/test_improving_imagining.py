"""Invented rows join the known ones with the teacher's answers, and nothing else about the data changes."""

from dataclasses import replace

import numpy as np
import pandas as pd

from whet.data.load import load
from whet.improving.imagining import num_imagined, with_imagined
from whet.tasks.classes import ClassTarget


def told(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "b": rng.normal(size=60)})
    frame["answer"] = np.where(frame["a"] > 0, "yes", "no")
    frame.to_csv(tmp_path / "table.csv", index=False)
    data = load(tmp_path / "table.csv", target="answer")
    return replace(data, taught=answer(data))


def answer(data):
    chance = 1 / (1 + np.exp(-3 * data.columns["a"].values))
    return np.stack([1 - chance, chance], axis=1)


def test_known_rows_are_kept_and_invented_ones_carry_the_answers_of_the_teacher(tmp_path):
    known = told(tmp_path)
    both = with_imagined(known, ClassTarget(("no", "yes")), answer)
    assert len(both) == len(known) + num_imagined(len(known), known.schema.modality)
    assert np.array_equal(both.columns["a"].values[:60], known.columns["a"].values)
    assert np.array_equal(both.target[:60], known.target)
    assert np.array_equal(both.taught, answer(both))
    invented = both.take(np.arange(60, len(both)))
    assert np.array_equal(invented.target == "yes", answer(invented)[:, 1] > 0.5)


def test_the_result_is_data_of_its_own(tmp_path):
    """Nothing that is remembered of a source row may be taken for that of an invented one."""
    known = told(tmp_path)
    both = with_imagined(known, ClassTarget(("no", "yes")), answer)
    assert both.fingerprint != known.fingerprint
    assert len(set(both.rows.tolist())) == len(both)
    assert both.derived is not known.derived
    assert with_imagined(known, ClassTarget(("no", "yes")), answer).fingerprint == both.fingerprint
    assert with_imagined(known.take(np.arange(50)), ClassTarget(("no", "yes")), answer).fingerprint != both.fingerprint
