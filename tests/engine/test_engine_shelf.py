"""Datasets on a shelf come back as they were, and nothing that is on disk already is written again."""

import mmap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from engine_world import table

import whet.data.encoders  # noqa: F401
from whet.data.columns import ImageColumn, NumberColumn, TextColumn
from whet.data.derived import Derived
from whet.data.load import load
from whet.engine.shelf import Shelf, open_dataset


def texts(num):
    return pd.DataFrame({"text": [f"wörd number {i}" * (1 + i % 3) for i in range(num)], "y": ["a", "b"] * (num // 2)})


SOURCES = {
    "table": lambda: (table(60), "answer"),
    "regression": lambda: (table(60).assign(answer=np.arange(60) / 7), "answer"),
    "text": lambda: (texts(60), "y"),
    "pictures": lambda: ("sklearn:digits", None),
}


def arrays_of(data):
    for column in data.columns.values():
        yield from (value for value in vars(column).values() if isinstance(value, np.ndarray))


@pytest.mark.parametrize("kind", SOURCES)
def test_a_dataset_comes_back_as_it_was(kind, tmp_path):
    source, target = SOURCES[kind]()
    data = load(source, target=target, cache=tmp_path / "cache").take(np.arange(50)[::-1])
    again = open_dataset(Shelf(tmp_path / "shelf").put(data), derived=tmp_path / "derived")
    assert again.schema == data.schema
    assert again.fingerprint == data.fingerprint
    assert np.array_equal(again.rows, data.rows)
    assert again.target.dtype == data.target.dtype
    assert np.array_equal(again.target, data.target)
    for name, column in data.columns.items():
        for field, value in vars(column).items():
            found = getattr(again.columns[name], field)
            same = (
                np.array_equal(found, value, equal_nan=value.dtype.kind == "f") if isinstance(value, np.ndarray) else 0
            )
            assert same or found == value, (name, field)


def test_what_is_memory_mapped_is_named_and_not_copied(tmp_path):
    data = load("sklearn:digits", cache=tmp_path / "cache")
    place = Shelf(tmp_path / "shelf").put(data)
    again = open_dataset(place, derived=tmp_path / "derived")
    (column,) = again.columns.values()
    assert isinstance(column, ImageColumn)
    assert isinstance(column.pixels.base, mmap.mmap)
    assert Path(column.pixels.filename).parent != place
    assert sum(f.stat().st_size for f in place.iterdir()) < column.pixels.nbytes


def test_a_slice_of_a_memory_map_is_not_taken_for_the_whole(tmp_path):
    data = load(table(60), target="answer", cache=tmp_path / "cache")
    column = next(c for c in data.columns.values() if isinstance(c, NumberColumn))
    np.save(tmp_path / "whole.npy", np.arange(120.0))
    part = np.load(tmp_path / "whole.npy", mmap_mode="r")[60:]
    changed = type(data)(**{**vars(data), "columns": {**data.columns, "a": type(column)(part)}})
    again = open_dataset(Shelf(tmp_path / "shelf").put(changed), derived=tmp_path / "derived")
    assert np.array_equal(again.columns["a"].values, np.arange(60.0, 120.0))


def test_the_same_data_and_rows_are_written_once(tmp_path):
    data, shelf = load(texts(60), target="y"), Shelf(tmp_path / "shelf")
    assert isinstance(data.columns["text"], TextColumn)
    assert shelf.put(data) == shelf.put(data.take(np.arange(60)))
    assert shelf.put(data) != shelf.put(data.take(np.arange(59)))
    assert shelf.put_rows(np.arange(5)) == shelf.put_rows(np.arange(5))
    assert np.array_equal(np.load(shelf.put_rows(np.arange(3))), np.arange(3))


def test_values_known_per_example_are_taken_along_and_kept_apart(tmp_path):
    data = load(table(60), target="answer", cache=tmp_path / "cache")

    def ones(positions):
        return np.ones((len(positions), 2), np.float32)

    def never(positions):
        raise AssertionError(positions)

    data.derived.rows("x", np.arange(5), dim=2, compute=ones)
    again = open_dataset(Shelf(tmp_path / "shelf").put(data), derived=tmp_path / "own")
    assert np.array_equal(again.derived.rows("x", np.arange(5), dim=2, compute=never), np.ones((5, 2)))
    again.derived.rows("x", np.arange(9), dim=2, compute=ones)
    assert Derived(data.derived.folder).num_known("x", np.arange(9), dim=2) == 5
