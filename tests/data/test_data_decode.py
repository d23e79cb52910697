import io
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from whet.data.decode.decode import decode
from whet.data.infer import infer_schema
from whet.data.kinds import Kind, Modality
from whet.data.raw import Raw
from whet.data.schema import Column, Schema
from whet.errors import DataError

N = 40


def mixed_raw():
    table = pa.table(
        {
            "x": [f"{i * 0.25}" if i != 3 else "oops" for i in range(N)],
            "k": [["red", "blue", None][i % 3] for i in range(N)],
            "d": [f"2024-01-{1 + i % 28:02d}" for i in range(N)],
            "t": [f"some words about é thing {i}" if i else None for i in range(N)],
            "y": ["a", "b"] * (N // 2),
        }
    )
    return Raw(origin="t.csv", table=table)


def number_schema(raw):
    schema = infer_schema(raw, target="y", types={"x": "number", "t": "text"})
    assert [c.kind for c in schema.features] == [Kind.NUMBER, Kind.CATEGORY, Kind.DATE, Kind.TEXT]
    return schema


def test_every_kind_decodes_to_its_value():
    raw = mixed_raw()
    data = decode(raw, number_schema(raw), folder=None)
    assert np.isnan(data.columns["x"].values[3])
    assert data.columns["x"].values[5] == 1.25
    assert data.columns["k"].codes[:3].tolist() == [1, 0, -1]
    assert data.columns["d"].values[1] - data.columns["d"].values[0] == 86_400
    assert data.columns["t"].texts()[:2] == ["", "some words about é thing 1"]
    assert data.target.tolist() == ["a", "b"] * (N // 2)


def test_values_that_do_not_parse_become_missing_and_are_counted():
    raw = mixed_raw()
    said = [p for p in decode(raw, number_schema(raw), folder=None).problems if "'x'" in p.where]
    assert [p.row for p in said] == [3]
    assert said[0].kept
    assert "1 of 40 values are no finite numbers and count as missing; the first is 'oops'" in said[0].what


def same(a, b):
    for name in a.columns:
        for field, value in vars(a.columns[name]).items():
            np.testing.assert_array_equal(value, getattr(b.columns[name], field))
    assert a.fingerprint == b.fingerprint
    assert a.problems == b.problems


def test_memory_folder_and_a_second_opening_agree_bit_for_bit(tmp_path):
    raw = mixed_raw()
    schema = number_schema(raw)
    in_memory = decode(raw, schema, folder=None)
    first = decode(raw, schema, folder=tmp_path)
    (place,) = tmp_path.iterdir()
    stamp = place.stat().st_mtime_ns
    second = decode(raw, schema, folder=tmp_path)
    same(in_memory, first)
    same(in_memory, second)
    assert place.stat().st_mtime_ns == stamp
    assert isinstance(second.columns["t"].flat, np.memmap)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_damaged_store_is_decoded_again(tmp_path):
    raw = mixed_raw()
    schema = number_schema(raw)
    first = decode(raw, schema, folder=tmp_path)
    (place,) = tmp_path.iterdir()
    (place / "000.npy").write_bytes(b"junk")
    same(first, decode(raw, schema, folder=tmp_path))


def test_the_fingerprint_follows_content_and_not_chunks():
    raw = mixed_raw()
    schema = number_schema(raw)
    chunked = replace(raw, table=pa.concat_tables([raw.table.slice(0, 7), raw.table.slice(7)]))
    table = raw.table.set_column(0, "x", pa.array([f"{i * 0.5}" for i in range(N)]))
    prints = [decode(r, schema, folder=None).fingerprint for r in (raw, chunked, replace(raw, table=table))]
    assert prints[0] == prints[1] != prints[2]


@settings(max_examples=25, deadline=None)
@given(texts=st.lists(st.one_of(st.none(), st.text()), min_size=1, max_size=20), cut=st.integers(0, 20))
def test_any_texts_come_back_as_they_were(texts, cut):
    table = pa.table({"t": pa.chunked_array([pa.array(texts[:cut], pa.string()), pa.array(texts[cut:], pa.string())])})
    schema = Schema(modality=Modality.TEXT, features=(Column(name="t", kind=Kind.TEXT),))
    data = decode(Raw(origin="t", table=table), schema, folder=None)
    assert data.columns["t"].texts() == [t or "" for t in texts]


def test_rows_without_a_usable_target_are_left_out_and_named():
    table = pa.table({"x": [f"{i}.5" for i in range(20)], "y": [None, "inf", *(f"{i}.25" for i in range(18))]})
    raw = Raw(origin="t.csv", table=table, rows=np.arange(20) + 100)
    data = decode(raw, infer_schema(raw, target="y"), folder=None)
    assert data.rows.tolist() == list(range(102, 120))
    assert [(p.row, p.kept) for p in data.problems] == [(100, False), (101, False)]
    assert "missing" in data.problems[0].what
    assert "'inf'" in data.problems[1].what
    assert len(data) + sum(not p.kept for p in data.problems) == raw.num_rows


def test_near_missed_labels_are_kept_and_remarked():
    table = pa.table({"x": [f"{i}.5" for i in range(20)], "y": ["cat", "dog"] * 9 + ["Cat", "Cat"]})
    raw = Raw(origin="t.csv", table=table)
    (problem,) = decode(raw, infer_schema(raw, target="y"), folder=None).problems
    assert problem.kept
    assert "'Cat' (2 rows) differs from 'cat' (9 rows) only in case" in problem.what


def picture(colour, size=(20, 30), mode="RGB"):
    return Image.new(mode, (size[1], size[0]), colour)


def picture_raw(folder, count, *, bad=()):
    rng = np.random.default_rng(0)
    names = []
    for i in range(count):
        names.append(f"{'ab'[i % 2]}/{i:03d}.png")
        (folder / names[-1]).parent.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (12, 10, 3), dtype=np.uint8)).save(folder / names[-1])
    for i in bad:
        (folder / names[i]).write_bytes((folder / names[i]).read_bytes()[:90])
    table = pa.table({"file": names, "image": names, "label": [n[0] for n in names]})
    return Raw(origin="pets", table=table, root=folder, target="label", id_column="file")


def test_pictures_of_the_right_size_keep_every_pixel(tmp_path):
    raw = picture_raw(tmp_path, 8)
    data = decode(raw, infer_schema(raw, target=None), folder=tmp_path / "cache")
    for i, name in enumerate(data.names()):
        expected = np.asarray(Image.open(tmp_path / name))
        np.testing.assert_array_equal(data.columns["image"].gather(np.array([i]))[0], expected)


def test_truncated_pictures_are_set_aside_by_name(tmp_path):
    raw = picture_raw(tmp_path, 60, bad=(7, 20))
    data = decode(raw, infer_schema(raw, target=None), folder=None)
    assert len(data) == 58
    assert [p.where for p in data.problems] == ["b/007.png", "a/020.png"]
    assert "a/020.png" not in data.names()
    assert all(not p.kept for p in data.problems)


def test_many_unreadable_pictures_refuse_the_source(tmp_path):
    raw = picture_raw(tmp_path, 20, bad=(1, 2, 3))
    with pytest.raises(DataError, match=r"3 of 20 pictures cannot be read, more than 5 %.*001.png"):
        decode(raw, infer_schema(raw, target=None), folder=None)


def decode_one(folder, name, *, size=(20, 30, 3)):
    schema = Schema(modality=Modality.IMAGE, features=(Column(name="p", kind=Kind.IMAGE, image_size=size),))
    (folder / "inside").mkdir(exist_ok=True)
    picture("red").save(folder / "inside" / "good.png")
    raw = Raw(origin="p", table=pa.table({"p": [name, "good.png"]}), root=folder / "inside")
    return decode(raw, schema, folder=None)


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd.png", "absent.png", "", "wrong.png", "tiff.png"])
def test_what_is_no_allowed_picture_under_the_folder_is_never_opened(tmp_path, name):
    (tmp_path / "inside").mkdir()
    picture("blue").save(tmp_path / "secret.png")
    (tmp_path / "inside" / "wrong.png").write_text("no picture")
    picture("blue").save(tmp_path / "inside" / "tiff.png", format="TIFF")
    data = decode_one(tmp_path, name)
    assert data.rows.tolist() == [1]
    assert data.problems[0].row == 0


def test_a_picture_with_too_many_pixels_is_refused_before_decoding(tmp_path):
    (tmp_path / "inside").mkdir()
    Image.new("1", (10_000, 6_000)).save(tmp_path / "inside" / "huge.png")
    assert "60" in decode_one(tmp_path, "huge.png").problems[0].what.replace("10000 x 6000", "60")


def test_orientation_transparency_and_sixteen_bits_are_understood(tmp_path):
    (tmp_path / "inside").mkdir()
    turned = picture("red", (30, 20))
    turned.paste((0, 0, 255), (0, 0, 20, 15))  # blue above red as stored
    exif = Image.Exif()
    exif[0x0112] = 8  # shown after a quarter turn to the left: blue on the left
    turned.save(tmp_path / "inside" / "turned.png", exif=exif)
    pixels = decode_one(tmp_path, "turned.png").columns["p"].gather(np.array([0]))[0]
    assert pixels[10, 2].tolist() == [0, 0, 255]
    assert pixels[10, 27].tolist() == [255, 0, 0]
    picture((9, 9, 9, 0), mode="RGBA").save(tmp_path / "inside" / "clear.png")
    assert decode_one(tmp_path, "clear.png").columns["p"].gather(np.array([0])).min() == 255
    deep = Image.fromarray(np.full((20, 30), 32_896, dtype=np.uint16))
    deep.save(tmp_path / "inside" / "deep.png")
    assert decode_one(tmp_path, "deep.png").columns["p"].gather(np.array([0])).max() == 128


def test_large_jpegs_are_scaled_without_aliasing(tmp_path):
    stripes = np.tile(np.array([0, 255], dtype=np.uint8), (400, 300))
    buffer = io.BytesIO()
    Image.fromarray(stripes).convert("RGB").save(buffer, "JPEG", quality=95)
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "big.jpg").write_bytes(buffer.getvalue())
    pixels = decode_one(tmp_path, "big.jpg").columns["p"].gather(np.array([0]))[0]
    assert np.abs(pixels.astype(int) - 127).max() < 12


def test_picture_arrays_are_used_as_they_are_or_resized():
    pixels = np.random.default_rng(0).integers(0, 255, (6, 8, 8), dtype=np.uint8)
    raw = Raw(origin="d", table=pa.table({"y": ["a", "b"] * 3}), arrays={"image": pixels}, target="y")
    data = decode(raw, infer_schema(raw, target=None), folder=None)
    np.testing.assert_array_equal(data.columns["image"].pixels[..., 0], pixels)
    assert (
        decode(raw, infer_schema(raw, target=None, image_size=16), folder=None).columns["image"].pixels.shape[1] == 16
    )


def test_series_keep_their_values_and_blank_ones_are_set_aside():
    values = np.random.default_rng(0).normal(size=(8, 2, 5)).astype(np.float32)
    values[3] = np.nan
    values[4, 0, 2] = np.inf
    raw = Raw(origin="s", table=pa.table({"y": ["a", "b"] * 4}), arrays={"series": values}, target="y")
    data = decode(raw, infer_schema(raw, target=None), folder=None)
    assert data.rows.tolist() == [0, 1, 2, 4, 5, 6, 7]
    assert np.isnan(data.columns["series"].gather(np.array([3]))[0, 0, 2])
    np.testing.assert_array_equal(data.columns["series"].gather(np.array([0]))[0], values[0])


def test_a_column_of_another_type_than_the_schema_says_is_refused_by_name():
    schema = Schema(modality=Modality.TABLE, features=(Column(name="d", kind=Kind.DATE),))
    with pytest.raises(DataError, match=r"dates are expected, but the source holds int64"):
        decode(Raw(origin="t", table=pa.table({"d": [1, 2]})), schema, folder=None)
