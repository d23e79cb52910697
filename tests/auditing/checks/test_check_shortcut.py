"""Marks, tones and phrases that give the class away, in pictures, texts and series."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from quick_stand_in import told, with_told

from whet.auditing.checks.shortcut import Shortcut
from whet.auditing.opening import open_inspection
from whet.errors import CannotJudgeError, ConfigError


def judged(inspection, check=None):
    rng = np.random.default_rng(0)
    classes = inspection.target.num_outputs
    wrong = rng.random(len(inspection.data)) < 0.1
    return list((check or Shortcut()).check(with_told(inspection, told(inspection.truth, classes, wrong, rng))))


def pictures(num=600, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.choice(["cat", "dog", "owl"], num)
    waves = [np.cos(np.pi * k * (np.arange(24) + 0.5) / 24) for k in range(4)]
    basis = np.stack([np.outer(a, b) for a in waves for b in waves])  # smooth, as photographs are
    pixels = 125 + np.einsum("nkc,kyx->nyxc", rng.normal(0, 18, (num, 16, 3)), basis)
    return (pixels + rng.integers(-8, 8, pixels.shape)).clip(0, 255).astype(np.uint8), labels


@pytest.mark.parametrize("share", [1.0, 0.15])
def test_a_patch_in_the_corner_of_one_class_is_severe(share):
    pixels, labels = pictures()
    marked = np.flatnonzero(labels == "dog")[: int(share * (labels == "dog").sum())]
    pixels[marked, -4:, -4:] = (250, 240, 10)
    finding = judged(open_inspection((pixels, labels)))[0]
    assert finding.level == "severe"
    assert "bottom right corner" in finding.statement
    assert "'dog'" in finding.statement
    assert np.isin(list(finding.rows), marked).mean() > 0.9


def test_the_same_patch_on_all_classes_and_clean_pictures_are_silent():
    pixels, labels = pictures()
    assert judged(open_inspection((pixels, labels))) == []
    pixels[::5, -4:, -4:] = (250, 240, 10)
    assert judged(open_inspection((pixels, labels))) == []


def test_brightness_that_goes_with_the_class_is_moderate():
    pixels, labels = pictures()
    darker = {"cat": 0.3, "dog": 0.65, "owl": 1.0}
    factor = np.array([darker[label] for label in labels])
    found = judged(open_inspection(((pixels * factor[:, None, None, None]).astype(np.uint8), labels)))
    assert {f.level for f in found} == {"moderate"}
    assert any("light and colour alone" in f.statement for f in found)


def test_files_of_one_class_with_another_compression_are_found(tmp_path):
    pixels, labels = pictures(240)
    for i, (picture, label) in enumerate(zip(pixels, labels)):
        (tmp_path / label).mkdir(exist_ok=True)
        Image.fromarray(picture).save(tmp_path / label / f"{i}.jpg", quality=60 if label == "owl" else 92)
    found = judged(open_inspection(tmp_path))
    assert any("JPEG compression" in f.statement and f.level == "severe" for f in found)


def reviews(num=800, seed=0):
    rng = np.random.default_rng(seed)
    words = ["film", "plot", "actor", "scene", "music", "story", "light", "script", "cast", "role"]
    return [" ".join(rng.choice(words, rng.integers(8, 16))) for _ in range(num)], rng.choice(["bad", "good"], num)


def text_inspection(texts, labels):
    return open_inspection(pd.DataFrame({"t": texts, "label": labels}), target="label", types={"t": "text"})


@pytest.mark.parametrize("mark", ["#ad7", "sent from my phone"])
def test_a_mark_at_the_end_of_some_texts_of_one_class_is_severe(mark):
    texts, labels = reviews()
    marked = np.flatnonzero(labels == "bad")[:40]
    for i in marked:
        texts[i] += f" {mark}"
    finding = judged(text_inspection(texts, labels))[0]
    assert finding.level == "severe"
    assert sorted(finding.rows) == marked.tolist()


def test_a_mark_on_texts_of_all_classes_and_plain_texts_are_silent():
    texts, labels = reviews()
    assert judged(text_inspection(texts, labels)) == []
    assert judged(text_inspection([t + " #ad7" if i % 9 == 0 else t for i, t in enumerate(texts)], labels)) == []


def test_words_that_decide_some_texts_are_language():
    texts, labels = reviews()
    texts = [f"awful {t}" if label == "bad" and i % 4 == 0 else t for i, (t, label) in enumerate(zip(texts, labels))]
    assert judged(text_inspection(texts, labels)) == []


def test_length_that_tells_the_class_is_moderate():
    texts, labels = reviews()
    texts = [t if label == "bad" else f"{t} {t} {t}" for t, label in zip(texts, labels)]
    found = judged(text_inspection(texts, labels))
    assert [f.level for f in found] == ["moderate"]
    assert "words" in found[0].statement


def test_loudness_that_tells_the_class_is_found_in_series():
    rng = np.random.default_rng(0)
    labels = rng.choice(["a", "b"], 300)
    series = rng.normal(size=(300, 1, 60)).astype(np.float32)
    assert judged(open_inspection((series, labels))) == []
    series[labels == "a"] *= 3.0
    found = judged(open_inspection((series, labels)))
    assert any("loudness" in f.statement for f in found)


def test_tables_numbers_and_few_examples():
    frame = pd.DataFrame({"x": np.random.default_rng(0).normal(size=200), "label": ["a", "b"] * 100})
    assert list(Shortcut().check(open_inspection(frame, target="label"))) == []
    texts, labels = reviews(60)
    with pytest.raises(CannotJudgeError, match="needs 100 examples"):
        list(Shortcut().check(text_inspection(texts, labels)))
    with pytest.raises(ConfigError, match="purity"):
        Shortcut(purity=0.0)
