import contextlib
import io
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.data.sources import as_arrays, describe_source, looks_like_series, read
from whet.errors import ConfigError, DataError
from whet.rng import make_numpy_generator


@pytest.fixture
def rng():
    return make_numpy_generator(0, "test")


def walks(rng, n=60, steps=40):
    return rng.normal(size=(n, steps)).cumsum(axis=1)


def test_series_are_told_from_tables_and_a_shuffle_of_the_columns_undoes_it(rng):
    series = walks(rng)
    assert looks_like_series(series)
    assert looks_like_series(series * 1000 + 7)
    assert not looks_like_series(series[:, rng.permutation(40)])
    assert not looks_like_series(rng.normal(size=(60, 40)))
    assert not looks_like_series(rng.normal(size=(60, 20)) * 10.0 ** np.arange(20) + 100 * np.arange(20))
    assert not looks_like_series(series[:, :7])


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**31), n=st.integers(30, 200), d=st.integers(8, 40), shared=st.floats(0, 2))
def test_columns_with_a_common_factor_are_no_series(seed, n, d, shared):
    rng = make_numpy_generator(seed, "table")
    assert not looks_like_series(rng.normal(size=(n, d)) + shared * rng.normal(size=(n, 1)))


def test_constant_missing_and_few_rows_say_nothing():
    assert not looks_like_series(np.zeros((50, 20)))
    assert not looks_like_series(np.full((50, 20), np.nan))
    assert not looks_like_series(np.arange(40.0).reshape(2, 20))


def test_missing_values_at_the_end_do_not_hide_series(rng):
    series = walks(rng)
    series[:20, 30:] = np.nan
    assert looks_like_series(series)


def test_a_matrix_becomes_a_table_or_series_as_preferred(rng):
    series, table = walks(rng), rng.normal(size=(60, 40))
    assert read(series).arrays["series"].shape == (60, 1, 40)
    assert read(table).table.column_names == [f"x{i}" for i in range(40)]
    assert read(series, prefer="table").table.equals(as_arrays(series, None, "", "table").table)
    np.testing.assert_array_equal(read(table, prefer="series").arrays["series"][:, 0], table.astype(np.float32))
    with pytest.raises(ConfigError, match=r"prefer must be one of .*'auto'.*; got 'tabel'"):
        read(series, prefer="tabel")


@pytest.mark.parametrize("shape", [(6, 9, 8), (6, 9, 8, 3), (6, 9, 8, 1), (6, 9, 8, 4)])
def test_pictures_of_every_number_type_give_the_same_pixels(rng, shape):
    pixels = rng.integers(0, 256, size=shape, dtype=np.uint8)
    pixels.flat[:2] = (0, 255)
    for same in (pixels, pixels.astype(np.int64), (pixels / 255).astype(np.float32)):
        held = read(same, prefer="image").arrays["image"]
        assert held.dtype == np.uint8
        np.testing.assert_array_equal(held, pixels)
    if pixels.ndim == 4:
        np.testing.assert_array_equal(read(pixels.transpose(0, 3, 1, 2)).arrays["image"], pixels)


def test_three_axes_are_pictures_or_series_by_their_numbers(rng):
    unit = rng.uniform(size=(5, 28, 28))
    assert list(read(unit).arrays) == ["image"]
    assert list(read(unit, prefer="series").arrays) == ["series"]
    assert list(read(unit - 0.5).arrays) == ["series"]
    assert list(read(rng.uniform(size=(5, 3, 100))).arrays) == ["series"]
    assert list(read((unit * 255).astype(np.uint8)).arrays) == ["image"]


def test_more_channels_than_steps_is_remarked(rng):
    raw = read(rng.normal(size=(5, 100, 3)))
    assert raw.problems[0].kept
    assert "100 channels of 3 steps" in raw.problems[0].what
    assert "transpose(0, 2, 1)" in raw.problems[0].what


def test_pixels_out_of_range_are_refused(rng):
    with pytest.raises(DataError, match=r"pixels lie between -\d.*Undo the normalisation"):
        read(rng.normal(size=(5, 8, 8, 3)))
    with pytest.raises(DataError, match="pixels lie between nan"):
        read(np.full((5, 8, 8, 3), np.nan))
    with pytest.raises(DataError, match="1, 3 or 4 channels"):
        read(np.zeros((5, 8, 8, 7)))


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros((3, 2)), np.zeros(4), "x holds 3 examples, but y 4"),
        (np.zeros((3, 2)), np.zeros((3, 2)), r"y has shape \(3, 2\).*argmax"),
        (np.zeros((0, 2)), None, r"x has shape \(0, 2\)"),
        (np.array(3.0), None, r"x has shape \(\)"),
        (np.zeros((2, 2), complex), None, "complex128 cannot be read"),
        (np.zeros((2, 2, 2, 2, 2)), None, "cannot be read"),
        (np.full((2, 3, 4), np.inf), None, "example 0 holds infinite values"),
        (np.array([{}, 1], dtype=object), None, "no common type"),
    ],
)
def test_arrays_that_fit_nothing_are_refused(x, y, message):
    with pytest.raises(DataError, match=message):
        read((x, y))


def test_targets_keep_their_type_and_missing_is_null(rng):
    x = rng.normal(size=(3, 2))
    assert read((x, [1, 2, 2])).table.column("y").to_pylist() == [1, 2, 2]
    assert read((x, np.array(["a", None, "b"], object))).table.column("y").to_pylist() == ["a", None, "b"]
    assert read((x, np.array([[1.5], [np.nan], [2.0]]))).table.column("y").to_pylist() == [1.5, None, 2.0]
    assert read((x, np.array([b"a", b"b", b"c"]))).target == "y"
    assert read((x, None)).target is None


def test_one_axis_is_one_column():
    assert read(np.array(["good", "bad"])).table.to_pydict() == {"text": ["good", "bad"]}
    assert read(np.array([1.0, 2.0])).table.to_pydict() == {"x": [1.0, 2.0]}


def test_a_dict_of_arrays_is_read_by_name(rng):
    x = rng.integers(0, 255, (4, 8, 8), np.uint8)
    raw = read({"X": x, "Y": np.array([0, 1, 0, 1]), "site": np.array(["a", "b", "a", "b"])})
    assert raw.table.column_names == ["y", "site"]
    assert raw.target == "y"
    raw = read({"age": np.arange(4), "photo": x, "ecg": np.zeros((4, 50)), "label": np.array(list("abab"))})
    assert raw.table.column_names == ["age", "label"]
    assert {k: v.shape for k, v in raw.arrays.items()} == {"photo": (4, 8, 8), "ecg": (4, 1, 50)}
    with pytest.raises(DataError, match=r"'x_train' of shape \(4, 8, 8\).*expected arrays x and y"):
        read({"x_train": x, "x_test": x[:2]})


@pytest.mark.parametrize("x_name", ["x", "X"])
def test_npz_reads_like_the_arrays_it_holds(tmp_path, rng, x_name):
    x, y = walks(rng), np.array(["a", "b"] * 30)
    np.savez(tmp_path / "t.npz", **{x_name: x, x_name.replace("x", "y").replace("X", "Y"): y})
    raw = read(tmp_path / "t.npz")
    np.testing.assert_array_equal(raw.arrays["series"], read((x, y)).arrays["series"])
    assert raw.table.column("y").to_pylist() == y.tolist()
    assert (raw.target, raw.origin) == ("y", "t.npz")
    np.savez(tmp_path / "p.npz", x=x)
    assert read(tmp_path / "p.npz").num_rows == 60
    np.save(tmp_path / "t.npy", x)
    np.testing.assert_array_equal(read(tmp_path / "t.npy").arrays["series"], raw.arrays["series"])


class _Canary:
    def __reduce__(self):
        return (open, ("canary", "w"))


def test_pickled_arrays_never_run_their_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("evil.npz", x=np.array([_Canary()], dtype=object))
    np.save("evil.npy", np.array([_Canary()], dtype=object))
    for name in ("evil.npz", "evil.npy"):
        with pytest.raises(DataError, match="can run code"):
            read(name)
    for ending in ("pkl", "npy", "npz", "pt", "joblib", "h5"):
        (tmp_path / f"raw.{ending}").write_bytes(pickle.dumps(_Canary()))
        with pytest.raises(DataError):
            read(f"raw.{ending}")
    assert not (tmp_path / "canary").exists()


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(kind=st.sampled_from(["npy", "npz"]), cut=st.floats(0, 1), at=st.floats(0, 0.999), byte=st.integers(0, 255))
def test_damaged_numpy_files_raise_nothing_but_whet_errors(tmp_path_factory, kind, cut, at, byte):
    buffer = io.BytesIO()
    x = np.arange(100.0).reshape(10, 10)
    np.save(buffer, x) if kind == "npy" else np.savez(buffer, x=x, y=np.arange(10))
    content = bytearray(buffer.getvalue())
    content[int(at * len(content))] = byte
    path = tmp_path_factory.getbasetemp() / f"damaged.{kind}"
    path.write_bytes(content[: int((0.5 + cut) * len(content))])
    with contextlib.suppress(DataError):
        assert read(path).num_rows > 0


def test_sources_in_memory_are_described_by_type_and_size():
    assert describe_source({"x": 1, "y": 2}) == "a dict of 'x', 'y'"
    assert describe_source(None) == "a NoneType"
