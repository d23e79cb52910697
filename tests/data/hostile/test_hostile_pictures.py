"""Pictures and names made to fill memory, to hang, or to read files that are none of the data's business."""

import io
import os
import struct
import time
import zlib

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from whet.data.decode.decode import decode
from whet.data.decode.pictures import guarding_pillow, picture_path, read_picture
from whet.data.kinds import Kind, Modality
from whet.data.raw import Raw
from whet.data.schema import Column, Schema
from whet.errors import DataError


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width, height, pixels=b"", notes=b""):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + notes + chunk(b"IDAT", zlib.compress(pixels, 9)) + chunk(b"IEND", b"")


def saved(kind, size=(32, 32), **settings):
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, kind, **settings)
    return buffer.getvalue()


def jpeg_of_many_scans(count):
    content = saved("JPEG", progressive=True)
    last = content.rfind(b"\xff\xda")
    return content[:last] + content[last:-2] * count + content[-2:]


GOOD, ROWS = saved("PNG"), bytes(32 * 97)
ZEROS = zlib.compress(bytes(80 << 20), 9)
EXIF = b"\xff\xe1\xff\xff" + b"Exif\0\0".ljust(65533, b"\0")
HOSTILE = {
    "tall header.png": (png(1, 50_000_001), "50000001 pixels are more than"),
    "thin.png": (png(1, 40_000, bytes(160_000)), "a side is longer than the 30,000"),
    "huge header.png": (png(2**31 - 1, 2**31 - 1), "pixels"),
    "no size.png": (png(0, 0), ""),
    "profile.png": (png(32, 32, ROWS, chunk(b"iCCP", b"a\0\0" + ZEROS)), "too large"),
    "text.png": (png(32, 32, ROWS, chunk(b"zTXt", b"a\0\0" + ZEROS)), "too large"),
    "notes.png": (png(32, 32, ROWS, chunk(b"prVt", bytes(9 << 20))), "9 MB are too many for 32 x 32 pixels"),
    "exif.jpg": (saved("JPEG")[:2] + EXIF * 150 + saved("JPEG")[2:], "9 MB are too many for 32 x 32 pixels"),
    "cut.png": (GOOD[: len(GOOD) // 2], ""),
    "cut.jpg": (saved("JPEG")[:300], ""),
    "tiff.png": (saved("TIFF"), "cannot identify"),
    "eps.png": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "cannot identify"),
    "svg.png": (b"<svg/>", "cannot identify"),
    "empty.png": (b"", "cannot identify"),
    "scans.jpg": (jpeg_of_many_scans(500), "scans are more than the 64 allowed"),
    "screen.gif": (saved("GIF")[:6] + struct.pack("<HH", 65535, 65535) + saved("GIF")[10:], ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_picture_is_refused_within_a_second(tmp_path, name):
    content, message = HOSTILE[name]
    (tmp_path / name).write_bytes(content)
    begin = time.process_time()
    with guarding_pillow(), pytest.raises(Exception, match=message):
        read_picture(picture_path(name, tmp_path), 16, 16, 3)
    assert time.process_time() - begin < 2


def frames(count=30):
    rng = np.random.default_rng(0)
    return [Image.fromarray(rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)) for _ in range(count)]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_only_the_first_frame_is_read(tmp_path, kind):
    pictures = [Image.new("RGB", (32, 32), "red"), *frames()]
    pictures[0].save(tmp_path / "a.gif", kind, save_all=True, append_images=pictures[1:])
    pixels = read_picture(picture_path("a.gif", tmp_path), 32, 32, 3)
    assert abs(pixels.astype(int) - [255, 0, 0]).max() < 20


@pytest.mark.parametrize("extra", [b"PK\x03\x04", b"<script>alert(1)</script>", b"\0" * 1000])
def test_what_follows_a_picture_is_not_looked_at(tmp_path, extra):
    (tmp_path / "a.png").write_bytes(GOOD + extra)
    assert read_picture(picture_path("a.png", tmp_path), 32, 32, 3).shape == (32, 32, 3)


def test_the_ending_does_not_matter_but_the_format_does(tmp_path):
    (tmp_path / "a.png").write_bytes(saved("JPEG"))
    assert read_picture(picture_path("a.png", tmp_path), 32, 32, 1).shape == (32, 32, 1)


NAMES = [
    "../secret.png", "inside/../../secret.png", "/etc/passwd", "/dev/zero", "a\0b.png", "a" * 300 + ".png", "pipe.png",
    "zero.png", "loop.png", "out.png", "sub/out.png", ".", "..", "", " ", "\u202egnp.x", "~/x.png", "file:///etc/passwd",
    "folder.png", "GOOD.PNG/..", "x" * 100_000,
]  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")
def test_no_name_leads_out_of_the_folder_or_hangs(tmp_path):
    root = tmp_path / "inside"
    (root / "sub").mkdir(parents=True)
    (root / "folder.png").mkdir()
    (tmp_path / "secret.png").write_bytes(GOOD)
    for i in range(400):
        (root / f"{i}.png").write_bytes(GOOD)
    os.mkfifo(root / "pipe.png")
    for link, place in {"zero": "/dev/zero", "loop": "loop.png", "out": "../secret.png"}.items():
        (root / f"{link}.png").symlink_to(place)
    (root / "sub" / "out.png").symlink_to(tmp_path / "secret.png")
    schema = Schema(modality=Modality.IMAGE, features=(Column(name="p", kind=Kind.IMAGE, image_size=(16, 16, 3)),))
    names = [*NAMES, *(f"{i}.png" for i in range(400))]
    begin = time.process_time()
    data = decode(Raw(origin="p", table=pa.table({"p": names}), root=root), schema, folder=tmp_path / "cache")
    assert time.process_time() - begin < 10
    assert data.rows.tolist() == list(range(len(NAMES), len(names)))
    assert [p.row for p in data.problems] == list(range(len(NAMES)))
    assert max(len(p.what) for p in data.problems) < 1000


def test_links_inside_the_folder_and_a_class_folder_that_is_one_are_followed(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "cats").mkdir()
    (tmp_path / "data" / "a.png").write_bytes(GOOD)
    (tmp_path / "cats" / "b.png").write_bytes(GOOD)
    (tmp_path / "secret.png").write_bytes(GOOD)
    (tmp_path / "data" / "again.png").symlink_to("a.png")
    (tmp_path / "data" / "cat").symlink_to(tmp_path / "cats")
    (tmp_path / "cats" / "out.png").symlink_to(tmp_path / "secret.png")
    for name in ("again.png", "cat/b.png"):
        assert read_picture(picture_path(name, tmp_path / "data"), 8, 8, 3).shape == (8, 8, 3)
    with pytest.raises(DataError, match="link out of the source's folder; put the picture itself there"):
        picture_path("cat/out.png", tmp_path / "data")
