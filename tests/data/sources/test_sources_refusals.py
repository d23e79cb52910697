import subprocess
import sys

import numpy as np
import pytest

from whet.data.sources import describe_source, read, readers
from whet.errors import DataError


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (None, "a NoneType is no source.*Files: .csv"),
        ([1, 2], "a list of 2 examples is no source"),
        ("", "'' is no source"),
        ("https://a.b/c.csv", "Whet downloads nothing"),
        ("sklearn:irsi", "no data set 'irsi'. Did you mean 'iris'"),
        ("a\0b", "is no source"),
        ("x" * 5000 + ".csv", "there is no file or folder"),
    ],
)
def test_what_is_no_source_is_refused_with_advice(source, message):
    with pytest.raises(DataError, match=message):
        read(source)


def test_a_missing_file_names_the_nearest(tmp_path):
    (tmp_path / "Train.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"trian\.csv'. Did you mean 'Train\.csv', in the same folder"):
        read(tmp_path / "trian.csv")
    with pytest.raises(DataError, match=r"holds 'Train\.csv'"):
        read(tmp_path / "zzzzzz")
    with pytest.raises(DataError, match=r"Already the folder .* is missing"):
        read(tmp_path / "no" / "train.csv")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.pkl", "loading a '.pkl' file can run code"),
        ("a.pt", "can run code"),
        ("a.pkl.gz", "Unpack it"),
        ("a.xlsx", "Save the sheet as CSV"),
        ("a.txt", "header line"),
        ("a.zip", "Unpack it"),
        ("a.png", "single picture"),
        ("a.xyz", "the ending '.xyz', which Whet does not read"),
        ("README", "no ending"),
    ],
)
def test_an_ending_that_is_not_read_says_what_to_do(tmp_path, name, message):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(DataError, match=message):
        read(tmp_path / name)


def test_every_source_matches_one_reader_at_most(tmp_path):
    for name, text in {"a.tsv": "1\t2\t3\n", "b.tsv": "a\tb\n1\t2\n", "c.csv": "a\n1\n", "d.ts": ""}.items():
        (tmp_path / name).write_text(text)
    arrays = [np.zeros(3), (np.zeros((3, 2)), np.zeros(3)), {"x": np.zeros(3)}]
    for source in [tmp_path, *tmp_path.iterdir(), "sklearn:iris", *arrays]:
        assert [name for name, reader in readers.items() if reader.matches(source)] != [], source
        assert sum(reader.matches(source) for _, reader in readers.items()) == 1, source


@pytest.mark.parametrize(
    ("name", "rows", "target"),
    [("digits", 1797, "label"), ("wine", 178, "label"), ("breast_cancer", 569, "label"), ("diabetes", 442, "target")],
)
def test_the_sets_of_sklearn_are_read_by_name(name, rows, target):
    raw = read(f"sklearn:{name}")
    assert (raw.num_rows, raw.target, raw.origin) == (rows, target, f"sklearn:{name}")
    assert describe_source(f"sklearn:{name}") == raw.origin


def test_digits_fill_the_range_of_pixels():
    image = read("sklearn:digits").arrays["image"]
    assert (image.shape, image.dtype, image.min(), image.max()) == ((1797, 8, 8), np.uint8, 0, 255)


def test_importing_the_readers_imports_no_heavy_library():
    code = (
        "import sys, whet.data.sources; "
        "heavy = {'torch', 'pandas', 'sklearn', 'PIL', 'datasets', 'scipy', 'matplotlib'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
