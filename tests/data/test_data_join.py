import numpy as np
import pytest

from whet.data.join import joined, share_storage
from whet.data.load import load


@pytest.fixture(scope="module")
def digits():
    return load("sklearn:digits")


def test_two_views_joined_are_the_examples_of_both_in_order(digits):
    a, b = digits.take(np.array([5, 1, 9])), digits.take(np.array([0, 7]))
    whole = joined(a, b)
    wanted = digits.take(np.array([5, 1, 9, 0, 7]))
    assert whole.target.tolist() == wanted.target.tolist()
    assert whole.rows.tolist() == wanted.rows.tolist()
    index = np.arange(5)
    assert np.array_equal(whole.columns["image"].gather(index), wanted.columns["image"].gather(index))


def test_pixels_are_shared_not_copied(digits):
    whole = joined(digits.take(np.array([0])), digits.take(np.array([1])))
    assert whole.columns["image"].pixels is digits.columns["image"].pixels


def test_columns_of_a_table_grow(tmp_path):
    iris = load("sklearn:iris")
    whole = joined(iris.take(np.arange(3)), iris.take(np.arange(3, 5)))
    for name, column in whole.columns.items():
        assert np.array_equal(column.values, iris.columns[name].values[:5]), name


def test_different_sources_do_not_share_storage(digits):
    assert share_storage(digits, digits.take(np.array([0])))
    assert not share_storage(digits, load("sklearn:iris"))
