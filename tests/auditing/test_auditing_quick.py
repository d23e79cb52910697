"""The quick model: everybody is predicted once, by a model that did not see them."""

import numpy as np
import pandas as pd
import pytest

from whet.auditing.checks.label_errors import LabelErrors
from whet.auditing.opening import open_inspection
from whet.auditing.quick import num_folds
from whet.errors import CannotJudgeError


def texts(num=240, wrong=0):
    rng = np.random.default_rng(0)
    words = {"sea": ["ship", "wave", "sail", "harbour", "tide"], "hill": ["goat", "rock", "summit", "snow", "cliff"]}
    kinds = rng.choice(list(words), num)
    lines = [" ".join(rng.choice([*words[k], "the", "of", "day"], 9)) for k in kinds]
    rows = rng.choice(num, wrong, replace=False)
    kinds[rows] = np.where(kinds[rows] == "sea", "hill", "sea")
    return pd.DataFrame({"text": lines, "kind": kinds}), rows


def test_each_example_is_held_out_once_and_copies_together():
    frame, _ = texts()
    frame = pd.concat([frame, frame.iloc[:20]], ignore_index=True)
    quick = open_inspection(frame, target="kind").quick
    assert np.allclose(quick.scores.sum(axis=1), 1)
    held = np.concatenate([lines for _, lines in quick.parts])
    assert np.array_equal(np.sort(held), np.arange(260))
    assert all(not np.isin(held, train).any() for train, held in quick.parts)
    for first, copy in zip(range(20), range(240, 260), strict=True):
        assert quick.clusters[first] == quick.clusters[copy]
        assert quick.fold[first] == quick.fold[copy]


def test_it_is_repeatable_and_good():
    first, second = (open_inspection(texts()[0], target="kind").quick for _ in range(2))
    assert np.array_equal(first.scores, second.scores)
    assert first.score.value > 0.95


def test_too_few_examples_and_no_target_cannot_be_judged():
    with pytest.raises(CannotJudgeError, match="needs 30 examples for a quick model; there are 20"):
        _ = open_inspection(texts(20)[0], target="kind").quick
    with pytest.raises(CannotJudgeError, match="no target"):
        _ = open_inspection(texts()[0].drop(columns="kind")).quick


def test_large_data_get_fewer_folds():
    data = open_inspection(texts()[0], target="kind").data
    assert num_folds(data, 60.0) == 5
    assert num_folds(data.take(np.arange(6_000) % 240), 60.0) == 3


@pytest.mark.parametrize(("seconds", "wanted"), [(1.0, 2), (20.0, 2), (25.0, 3), (200.0, 5)])
def test_pictures_are_folded_as_often_as_there_is_time(seconds, wanted):
    pixels = np.random.default_rng(0).integers(0, 255, (40, 8, 8), dtype=np.uint8)
    pictures = open_inspection((pixels, np.repeat(["a", "b"], 20).astype(object))).data
    assert num_folds(pictures, seconds) == wanted
    assert num_folds(pictures.take(np.arange(30_000) % 40), 200.0) == 2


def test_wrong_labels_of_texts_are_found():
    frame, wrong = texts(400, wrong=40)
    (finding,) = LabelErrors().check(open_inspection(frame, target="kind"))
    assert np.isin(wrong, finding.rows).mean() > 0.8
    assert np.isin(finding.rows, wrong).mean() > 0.8
    assert list(LabelErrors().check(open_inspection(texts(400)[0], target="kind"))) == []
