"""Occlusion finds the one part that a model's rule reads, in every modality, and no other."""

import numpy as np
import pytest

from whet.data.columns import TextColumn
from whet.data.kinds import Modality
from whet.explaining import explain
from whet.explaining.without import cut
from whet.testing.examples import tiny


def sure(is_first):
    """(N,) bool -> (N, 3) probabilities."""
    return np.where(np.asarray(is_first)[:, None], [0.8, 0.1, 0.1], [0.1, 0.6, 0.3])


STRENGTH = np.log(0.8 / 0.2) - np.log(0.1 / 0.9)


def test_words(knowing):
    data = tiny(Modality.TEXT)
    model = knowing(data, lambda d: sure(["awful" in text for text in d.columns["text"].texts()]))
    (found,) = explain(model, data, rows=[0])
    assert found.method == "occlusion"
    assert found.prediction == "high" or found.prediction in model.labels
    weights = {text.strip(): weight for text, weight in found.words}
    assert weights.pop("awful") == pytest.approx(STRENGTH, rel=1e-4)
    assert set(weights.values()) == {0.0}


def test_a_word_that_speaks_against_the_prediction_is_negative(knowing):
    data = tiny(Modality.TEXT)

    def rule(d):
        return np.array([[0.4, 0.35, 0.25] if "awful" in t else [0.9, 0.05, 0.05] for t in d.columns["text"].texts()])

    (found,) = explain(knowing(data, rule), data, rows=[0])
    assert min(found.words, key=lambda word: word[1])[0].strip() == "awful"


def test_a_long_text_is_cut_into_stretches_whose_weights_add_up(knowing):
    data = tiny(Modality.TEXT)
    text = " ".join(["ship"] * 250 + ["awful"] + ["ship"] * 49)
    flat = np.frombuffer(text.encode(), np.uint8)
    column = TextColumn(flat, np.array([0, len(flat)]), np.zeros(len(data), np.int64))
    from dataclasses import replace

    long = replace(data, columns={"text": column})
    seen = []

    def rule(d):
        seen.append(len(d))
        return sure(["awful" in t for t in d.columns["text"].texts()])

    (found,) = explain(knowing(long, rule), long, rows=[0])
    assert len(found.words) == 300
    assert sum(weight for _, weight in found.words) == pytest.approx(STRENGTH, rel=1e-3)
    assert max(seen) <= 96


def test_an_empty_text_has_no_words(knowing):
    data = tiny(Modality.TEXT)
    from dataclasses import replace

    empty = TextColumn(np.zeros(0, np.uint8), np.zeros(2, np.int64), np.zeros(len(data), np.int64))
    (found,) = explain(knowing(data, lambda d: sure([True] * len(d))), replace(data, columns={"text": empty}), rows=[0])
    assert found.words == ()


def test_patches(knowing):
    data = tiny(Modality.IMAGE)

    def rule(d):
        pixels = d.columns["image"].gather(np.arange(len(d))).astype(float)
        return sure(pixels[:, 4:6, 4:6].mean(axis=(1, 2, 3)) > 200)  # inside of the lying bar

    (found,) = explain(knowing(data, rule), data, rows=[0], method="occlusion")
    heat = np.array(found.heat)
    assert heat.shape == (12, 12)
    assert np.argwhere(heat > 0.1).tolist() == [[4, 4], [4, 5], [5, 4], [5, 5]]
    assert found.picture.startswith("data:image/png;base64,")


def test_steps(knowing):
    data = tiny(Modality.SERIES)
    data.columns["series"].values[0, 0, 20] = 50.0

    def rule(d):
        return sure(d.columns["series"].gather(np.arange(len(d)))[:, 0, 20] > 40)

    (found,) = explain(knowing(data, rule), data, rows=[0])
    assert np.flatnonzero(found.steps).tolist() == [20, 21]  # stretches of two steps
    assert sum(found.steps) == pytest.approx(STRENGTH, rel=1e-4)
    assert len(found.series) == 40


def test_columns(knowing):
    data = tiny(Modality.TABLE)
    model = knowing(data, lambda d: sure(d.columns["size"].values == data.columns["size"].values[5]))
    (found,) = explain(model, data, rows=[5])
    names = [name for name, _, _ in found.columns]
    weights = [weight for _, _, weight in found.columns]
    assert names == ["size", "noise", "colour"]
    assert weights[0] == pytest.approx(STRENGTH, rel=1e-4)  # no other row holds that value
    assert weights[1:] == pytest.approx([0.0, 0.0], abs=1e-12)


def test_numbers_are_explained_in_their_own_unit(knowing):
    data = tiny(Modality.TABLE, "number")
    model = knowing(data, lambda d: 3.0 * d.columns["size"].values[:, None] + 7.0)
    (found,) = explain(model, data, rows=[2])
    others = np.mean([w for _, _, w in explain(model, data, rows=[2], seed=0)[0].columns[:1]])
    assert found.unit == "target"
    assert found.probability is None
    assert found.columns[0][2] == pytest.approx(others)
    assert found.columns[0][2] > 0  # its size is larger than that of others
    assert found.columns[1][2] == 0.0


def test_variants_share_nothing_with_the_data_that_they_were_made_from(knowing):
    data = tiny(Modality.TABLE)
    seen = []

    def rule(d):
        seen.append(d)
        return sure([True] * len(d))

    explain(knowing(data, rule), data, rows=[0])
    changed = [d for d in seen if len(d) > 1]
    assert changed
    assert all(d.fingerprint != data.fingerprint and d.derived is not data.derived for d in changed)
    assert all(len(set(d.rows.tolist())) == len(d) for d in changed)


def test_stretches_cover_everything_once():
    for size in range(30):
        covered = [i for start, end in cut(size, most=7) for i in range(start, end)]
        assert covered == list(range(size))
        assert len(cut(size, most=7)) <= 7
