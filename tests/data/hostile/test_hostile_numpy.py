"""NumPy files that lie about their size or hide code."""

import io
import pickle
import struct
import time
import zipfile

import numpy as np
import pytest

from whet.data.sources import read
from whet.errors import DataError


def header(descr, shape):
    text = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode()
    text += b" " * (63 - (10 + len(text)) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


EIGHT = header("<f8", (1,)) + bytes(8)
LIES = {
    "huge": header("<f8", (10**12, 10)) + bytes(100),
    "large": header("<f8", (10**9, 1)) + bytes(100),
    "overflow": header("<f8", (2**62, 4)) + bytes(100),
    "negative": header("<f8", (-1, 4)) + bytes(100),
    "no columns": header("<f8", (10**12, 0)),
    "no width": header("<U0", (10**8,)),
    "long text": header("<U100000000", (1,)) + bytes(4),
    "objects": header("|O", (4,)) + pickle.dumps([1]),
    "objects inside": header([("a", [("x", "O")])], (4,)) + bytes(100),
    "endless header": b"\x93NUMPY\x02\x00" + struct.pack("<I", 0xFFFFFFFF) + b"{" * 1000,
    "deep header": b"\x93NUMPY\x02\x00" + struct.pack("<I", 9000) + b"(" * 9000,
    "unknown version": b"\x93NUMPY\x09\x00" + bytes(100),
    "empty": b"",
    "magic only": b"\x93NUMPY",
}


@pytest.mark.parametrize("packed", [False, True], ids=["npy", "npz"])
@pytest.mark.parametrize("lie", LIES)
def test_a_header_that_lies_is_refused_before_anything_is_allocated(tmp_path, lie, packed):
    path = tmp_path / ("t.npz" if packed else "t.npy")
    if packed:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x.npy", LIES[lie])
    else:
        path.write_bytes(LIES[lie])
    begin = time.process_time()
    with pytest.raises(DataError, match="can run code" if "objects" in lie else r"t\.np[yz]"):
        read(path)
    assert time.process_time() - begin < 2


def archive_of(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def test_a_zip_bomb_is_refused_by_its_size(tmp_path):
    content = header("<f8", (8 << 20,)) + bytes(64 << 20)
    path = archive_of(tmp_path / "t.npz", [("x.npy", content)], zipfile.ZIP_DEFLATED)
    with pytest.raises(DataError, match=r"t\.npz: 1 MB in the file grow to more than 64 MB"):
        read(path)


def test_a_bomb_that_declares_little_yields_no_more_than_it_declares(tmp_path):
    content = header("<f8", (8 << 20,)) + bytes(64 << 20)
    path = archive_of(tmp_path / "t.npz", [("x.npy", content)], zipfile.ZIP_DEFLATED)
    damaged = bytearray(path.read_bytes())
    entry = damaged.rfind(b"PK\x01\x02")
    damaged[entry + 24 : entry + 28] = struct.pack("<I", 100_000)
    path.write_bytes(damaged)
    with pytest.raises(DataError, match=r"t\.npz"):
        read(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_of_anything_but_plain_arrays_are_refused(tmp_path):
    cases = {
        "occurs 2 times": [("x.npy", EIGHT), ("x.npy", EIGHT)],
        r"'readme.txt' is no array": [("readme.txt", b"hello")],
        "1,001 arrays are more than the 1,000": [(f"a{i}.npy", EIGHT) for i in range(1001)],
    }
    for message, members in cases.items():
        with pytest.raises(DataError, match=message):
            read(archive_of(tmp_path / "t.npz", members))


def test_an_encrypted_member_and_members_that_overlap_are_refused(tmp_path):
    path = archive_of(tmp_path / "t.npz", [("x.npy", EIGHT)])
    content = bytearray(path.read_bytes())
    entry = content.rfind(b"PK\x01\x02")
    encrypted = bytearray(content)
    encrypted[entry + 8] |= 1
    path.write_bytes(encrypted)
    with pytest.raises(DataError, match=r"'x\.npy' is encrypted"):
        read(path)
    content[entry + 20 : entry + 24] = struct.pack("<I", 10_000)
    path.write_bytes(content)
    with pytest.raises(DataError, match="members overlap"):
        read(path)


def test_nothing_is_written_outside_by_names_with_dots(tmp_path):
    (tmp_path / "inside").mkdir()
    path = archive_of(tmp_path / "inside" / "t.npz", [("../../x.npy", EIGHT), ("/y.npy", EIGHT)])
    read(path)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["inside", "t.npz"]


class _Canary:
    def __reduce__(self):
        return (open, ("canary", "w"))


@pytest.mark.parametrize(
    "ending", ["pkl", "pickle", "pckl", "joblib", "sav", "pt", "pth", "h5", "hdf5", "keras", "bin"]
)
def test_a_form_that_can_hold_code_is_refused_by_name_and_never_opened(tmp_path, monkeypatch, ending):
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"t.{ending}").write_bytes(pickle.dumps(_Canary()))
    with pytest.raises(DataError, match="can run code hidden in it"):
        read(f"t.{ending}")
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize("ending", ["npy", "npz", "csv", "jsonl", "parquet", "ts", "tsv"])
def test_a_pickle_under_another_name_runs_nothing(tmp_path, monkeypatch, ending):
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"t.{ending}").write_bytes(pickle.dumps(_Canary()))
    with pytest.raises(DataError):
        read(f"t.{ending}")
    assert not (tmp_path / "canary").exists()


def test_honest_archives_still_read(tmp_path):
    x, y = np.arange(24.0).reshape(12, 2), np.array(list("ab") * 6)
    for save in (np.savez, np.savez_compressed):
        buffer = io.BytesIO()
        save(buffer, x=np.asfortranarray(x), y=y)
        (tmp_path / "t.npz").write_bytes(buffer.getvalue())
        raw = read(tmp_path / "t.npz", prefer="table")
        assert raw.table.column("x1").to_pylist() == x[:, 1].tolist()
        assert raw.table.column("y").to_pylist() == y.tolist()
