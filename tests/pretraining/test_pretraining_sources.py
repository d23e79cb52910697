"""What is read as what: text columns, labels, several sources as one."""

import numpy as np
import pandas as pd
import pytest

from whet.data.kinds import Modality
from whet.data.texts import joined_texts
from whet.errors import ConfigError, DataError
from whet.pretraining.reading import Columns, read_all
from whet.pretraining.stacking import stacked

WORDS = np.array(["ship", "tea", "road", "lamp", "green", "seven", "often", "walk", "river", "stone", "cloud", "paper"])


def texts(count, seed=0):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, 9)) + f" {i}" for i in range(count)]


def read(*sources, **columns):
    return stacked(read_all(sources, Columns(**columns), cache=None))


def test_a_table_with_one_text_column_and_no_target_is_read_as_texts():
    frame = pd.DataFrame({"stars": np.arange(60) % 5, "said": texts(60), "colour": ["red", "blue"] * 30})
    dataset = read(frame)
    assert dataset.schema.modality is Modality.TEXT
    assert dataset.target is None
    assert joined_texts(dataset) == frame["said"].tolist()


def test_a_table_without_texts_needs_a_target():
    frame = pd.DataFrame({"a": np.arange(60) % 7 / 3, "b": np.arange(60) % 5 / 7})
    with pytest.raises(DataError, match=r"--target.*--text"):
        read(frame)
    assert read(frame, target="b").target is not None


def test_which_of_two_text_columns_must_be_said():
    frame = pd.DataFrame({"question": texts(60), "answer": texts(60, seed=1)})
    with pytest.raises(DataError, match=r"--text \(text columns: 'question', 'answer'\)"):
        read(frame)
    assert joined_texts(read(frame, text="answer")) == frame["answer"].tolist()


def test_the_text_column_must_exist_and_be_no_target():
    frame = pd.DataFrame({"said": texts(60), "mood": ["good", "bad"] * 30})
    with pytest.raises(DataError, match=r"no text column 'sayd'. Did you mean 'said'"):
        read(frame, text="sayd")
    with pytest.raises(ConfigError, match="both the text and the target"):
        read(frame, text="said", target="said")


def test_labels_come_with_a_target():
    frame = pd.DataFrame({"said": texts(60), "mood": ["good", "bad"] * 30})
    dataset = read(frame, text="said", target="mood")
    assert dataset.schema.modality is Modality.TEXT
    assert set(dataset.target) == {"good", "bad"}


def test_texts_of_several_sources_are_joined_whatever_their_columns_are_called():
    one, two = pd.DataFrame({"said": texts(60)}), pd.DataFrame({"label": [0, 1] * 25, "text": texts(50, seed=1)})
    dataset = read(one, two)
    assert joined_texts(dataset) == one["said"].tolist() + two["text"].tolist()
    assert len(dataset.take(np.array([0, 109]))) == 2
    assert dataset.fingerprint not in (read(one).fingerprint, read(two).fingerprint)


def test_series_of_several_sources_are_padded_to_the_longest():
    rng = np.random.default_rng(0)
    parts = [rng.normal(size=(10, 2, length)).astype(np.float32).cumsum(axis=2) for length in (40, 30)]
    dataset = read(*parts, task="series_classification")
    assert dataset.schema.modality is Modality.SERIES
    (column,) = dataset.columns.values()
    assert column.values.shape == (20, 2, 40)
    assert np.isnan(column.values[10:, :, 30:]).all()
    np.testing.assert_array_equal(column.values[10:, :, :30], parts[1])


def test_pictures_of_several_sources_follow_each_other_with_their_labels():
    pictures = np.random.default_rng(0).integers(0, 255, (24, 8, 8, 3), dtype=np.uint8)
    labels = np.array(["a", "b"] * 12)
    dataset = read((pictures[:12], labels[:12]), (pictures[12:], labels[12:]))
    (column,) = dataset.columns.values()
    np.testing.assert_array_equal(column.gather(np.arange(24)), pictures)
    assert dataset.target.tolist() == labels.tolist()
    assert read(pictures).target is None


def test_sources_of_two_kinds_are_refused():
    frame = pd.DataFrame({"said": texts(60)})
    with pytest.raises(DataError, match=r"holds text examples and .* image"):
        read(frame, np.zeros((12, 8, 8, 3), np.uint8) + np.arange(12, dtype=np.uint8)[:, None, None, None])
