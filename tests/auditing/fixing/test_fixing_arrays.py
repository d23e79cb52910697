"""A cleaned copy of arrays holds the same arrays, with the rows that stay."""

import numpy as np
import pytest
from fixing_world import clean, drop, drop_column, finding, put

from whet.data.sources import read
from whet.errors import DataError


def held(path):
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def matrix(num=40):
    rng = np.random.default_rng(0)
    return rng.normal(size=(num, 3)).astype(np.float32), np.arange(num) % 2


@pytest.mark.parametrize("upper", [False, True])
def test_an_npz_keeps_names_types_and_values(tmp_path, upper):
    x, y = matrix()
    source = tmp_path / "d.npz"
    names = ("X", "Y") if upper else ("x", "y")
    np.savez(source, **dict(zip(names, (x, y), strict=True)))
    wishes = finding(drop(0, 5), put("y", {1: "0"}), put("x1", {2: None}))
    cleaned = clean(source, tmp_path / "clean", wishes, task="table_classification")
    copy = held(cleaned.data)
    expected = x.copy()
    expected[2, 1] = np.nan
    keep = np.setdiff1d(np.arange(40), [0, 5])
    np.testing.assert_array_equal(copy[names[0]], expected[keep])
    assert copy[names[0]].dtype == np.float32
    assert copy[names[1]].dtype == y.dtype
    assert copy[names[1]][:3].tolist() == [0, 0, 1]
    assert (cleaned.num_in, cleaned.num_out) == (40, 38)


def test_a_column_of_a_matrix_can_be_left_out(tmp_path):
    x, y = matrix()
    cleaned = clean((x, y), tmp_path / "clean", finding(drop_column("x1")), task="table_classification")
    np.testing.assert_array_equal(held(cleaned.data)["x"], x[:, [0, 2]])
    assert read(cleaned.data, prefer="table").num_rows == 40


def test_texts_with_labels_stay_texts(tmp_path):
    texts = np.array([f"a text number {i}" for i in range(40)], object)
    labels = np.array(["yes", "no"] * 20, object)
    cleaned = clean((texts, labels), tmp_path / "clean", finding(put("y", {0: "unsure, really"}), drop(1)))
    copy = held(cleaned.data)
    assert copy["y"][:2].tolist() == ["unsure, really", "yes"]
    assert copy["x"].tolist() == texts[[0, *range(2, 40)]].tolist()


def test_pictures_by_name_become_an_npz_that_reads_again(tmp_path):
    cleaned = clean("sklearn:digits", tmp_path / "clean", finding(drop(0)), target="label")
    again = read(cleaned.data, target="label")
    assert again.num_rows == 1796
    assert (again.arrays["image"] == read("sklearn:digits").arrays["image"][1:]).all()


def test_a_lone_array_stays_one(tmp_path):
    source = tmp_path / "d.npy"
    np.save(source, matrix()[0])
    cleaned = clean(source, tmp_path / "clean", finding(drop(0)), task="table_regression")
    np.testing.assert_array_equal(np.load(cleaned.data), matrix()[0][1:])


def test_a_value_of_another_type_is_refused(tmp_path):
    with pytest.raises(DataError, match="array 'x1' holds float32 values"):
        clean(matrix(), tmp_path / "clean", finding(put("x1", {0: "many"})), task="table_classification")
