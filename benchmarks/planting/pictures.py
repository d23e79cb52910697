"""Clean pictures in class folders, and what goes wrong in pictures. The clean ones are photographs of signing hands."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from benchmarks.planting.planted import Bed, Kind, Planted, draw

__all__ = ["KINDS", "hands"]

SIDE = 64  # pixels

Files = list[tuple[str, bytes]]  # (path under the folder, content)


def hands(data: Path, num: int, rng: np.random.Generator) -> Bed:
    """Photographs of six signs, in equal numbers."""
    files: Files = []
    for label in "012345":
        paths = sorted((data / "sign_digits" / label).iterdir())
        for i, path in enumerate(rng.permutation(np.array(paths, dtype=object))[: num // 6]):
            with Image.open(path) as picture:
                files.append((f"sign {label}/{i:04d}.png", _png(picture.convert("RGB").resize((SIDE, SIDE)))))
    return Bed(name="hands", modality="image", source=files)


def _png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def _open(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def _each(bed: Bed, share: float, rng: np.random.Generator, change: Any) -> Planted:
    files = list(bed.source)
    rows = draw(len(files), share, rng)
    for row in rows.tolist():
        files[row] = (files[row][0], change(files[row][1]))
    return Planted(source=files, rows=rows)


def _pixels(function: Any) -> Any:
    def change(content: bytes) -> bytes:
        pixels = np.asarray(_open(content), dtype=np.float64)
        return _png(Image.fromarray(np.clip(function(pixels), 0, 255).astype(np.uint8)))

    return change


def _labelled(file: str, label: str) -> str:
    return f"{label}/x{file.replace('/', '_')}"


def _labels(files: Files) -> list[str]:
    return sorted({name.split("/")[0] for name, _ in files})


def flipped_labels(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    files, labels = list(bed.source), _labels(bed.source)
    for row in draw(len(files), share, rng).tolist():
        name, content = files[row]
        old = labels.index(name.split("/")[0])
        files[row] = (_labelled(name, labels[(old + int(rng.integers(1, len(labels)))) % len(labels)]), content)
    return Planted(source=files)


def spelt_labels(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    files = list(bed.source)
    for row in draw(len(files), share, rng).tolist():
        files[row] = (files[row][0].replace("sign", "Sign"), files[row][1])
    return Planted(source=files)


def exact_copies(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng).tolist()
    return Planted(source=[*bed.source, *(_again(bed.source[r]) for r in rows)])


def _again(file: tuple[str, bytes]) -> tuple[str, bytes]:
    return file[0].replace(".png", "-copy.png"), file[1]


def near_copies(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    """Saved again: a little brighter, rescaled and compressed."""
    rows = draw(len(bed.source), share, rng).tolist()

    def again(content: bytes) -> bytes:
        stream = io.BytesIO()
        _open(content).resize((52, 52)).resize((SIDE, SIDE)).point(lambda v: min(255, int(1.08 * v) + 4)).save(
            stream, "JPEG", quality=70
        )
        return stream.getvalue()

    twins = [(bed.source[r][0].replace(".png", "-again.jpg"), again(bed.source[r][1])) for r in rows]
    return Planted(source=[*bed.source, *twins])


def conflicting_copies(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    labels = _labels(bed.source)
    twins = []
    for row in draw(len(bed.source), share, rng).tolist():
        name, content = bed.source[row]
        twins.append((_labelled(name, labels[(labels.index(name.split("/")[0]) + 1) % len(labels)]), content))
    return Planted(source=[*bed.source, *twins])


def _halves(bed: Bed, rng: np.random.Generator, share: float = 0.3) -> tuple[Files, Files]:
    order = rng.permutation(len(bed.source))
    cut = int((1 - share) * len(order))
    return [bed.source[i] for i in order[:cut]], [bed.source[i] for i in order[cut:]]


def copies_in_test(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    train, test = _halves(bed, rng)
    for row in draw(len(test), max(share, 0.02), rng).tolist():
        test[row] = train[row]
    return Planted(source=train, test=test)


def shifted_test(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    train, test = _halves(bed, rng)
    dim = _pixels(lambda x: 0.55 * x + 20)
    return Planted(source=train, test=[(name, dim(content)) for name, content in test])


def unlisted_label(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    train, test = _halves(bed, rng)
    for row in draw(len(test), share, rng).tolist():
        test[row] = (_labelled(test[row][0], "sign 9"), test[row][1])
    return Planted(source=train, test=test)


def persons_across(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    """File names carry the person, each with a background of her own, and both parts share them."""
    files: Files = []
    tints = rng.uniform(0.5, 1.5, (12, 3))
    for i, (name, content) in enumerate(bed.source):
        person = i % 12
        files.append(
            (f"{name.split('/')[0]}/person{person:02d}_{i:04d}.png", _pixels(lambda x, p=person: x * tints[p])(content))
        )
    train, test = _halves(Bed(name="", modality="image", source=files), rng)
    return Planted(source=train, test=test)


def watermark(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    """One class carries the mark of its photographer in a corner."""

    def mark(x: np.ndarray) -> np.ndarray:
        x = x.copy()
        x[-9:-2, -9:-2] = [255, 0, 0]
        return x

    files = [(n, _pixels(mark)(c) if n.startswith("sign 3") and rng.random() >= share else c) for n, c in bed.source]
    return Planted(source=files)


def broken_files(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, lambda content: content[: len(content) // 3])


def blank(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, _pixels(lambda x: np.full_like(x, x.mean())))


def dark(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, _pixels(lambda x: 0.08 * x))


def bright(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, _pixels(lambda x: 255 - 0.08 * (255 - x)))


def blurred(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, lambda c: _png(_open(c).filter(ImageFilter.GaussianBlur(5))))


def noisy(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, _pixels(lambda x: x + rng.normal(0, 70, x.shape)))


def tiny(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, lambda c: _png(_open(c).resize((7, 7))))


def odd_shaped(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, lambda c: _png(_open(c).resize((4 * SIDE, SIDE // 2))))


def grey(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, lambda c: _png(_open(c).convert("L")))


def foreign(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    """Stripes and chequers among the hands."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]

    def stripes(pixels: np.ndarray) -> np.ndarray:
        step = int(rng.integers(3, 9))
        return np.repeat((255.0 * (((x // step) + (y // step)) % 2))[:, :, None], 3, axis=2)

    return _each(bed, share, rng, _pixels(stripes))


def rare_class(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    of_it = [i for i, (name, _) in enumerate(bed.source) if name.startswith("sign 0")]
    kept = set(rng.choice(of_it, max(8, round(share * len(of_it))), replace=False).tolist())
    return Planted(source=[f for i, f in enumerate(bed.source) if i in kept or i not in set(of_it)])


def _kind(plant: Any, *expects: str, allows: tuple[str, ...] = ()) -> tuple[str, Kind]:
    name = plant.__name__
    kind = Kind(name=name, modality="image", expects=frozenset(expects), plant=plant, allows=frozenset(allows))
    return "hands", kind


ODD = ("row_outliers", "blank_pictures", "faint_pictures", "dark_pictures", "bright_pictures", "near_duplicates")
KINDS = (
    _kind(flipped_labels, "label_errors"),
    _kind(spelt_labels, "label_spellings", allows=("class_imbalance", "few_examples", "label_errors")),
    _kind(exact_copies, "exact_duplicates", "near_duplicates"),
    _kind(near_copies, "near_duplicates", "exact_duplicates"),
    _kind(conflicting_copies, "label_conflicts", allows=("exact_duplicates", "near_duplicates", "label_errors")),
    _kind(copies_in_test, "split_duplicates"),
    _kind(shifted_test, "split_shift"),
    _kind(unlisted_label, "label_unlisted", allows=("split_shift",)),
    _kind(persons_across, "group_leak"),
    _kind(watermark, "shortcut"),
    _kind(broken_files, "set_aside"),
    _kind(blank, "blank_pictures", allows=(*ODD, "colour_mix", "blurred_pictures", "label_conflicts")),
    _kind(dark, "dark_pictures", allows=ODD),
    _kind(bright, "bright_pictures", allows=ODD),
    _kind(blurred, "blurred_pictures", allows=ODD),
    _kind(noisy, "noisy_pictures", allows=ODD),
    _kind(tiny, "tiny_pictures", allows=(*ODD, "blurred_pictures")),
    _kind(odd_shaped, "odd_shapes", allows=(*ODD, "blurred_pictures")),
    _kind(grey, "colour_mix", allows=ODD),
    _kind(foreign, "row_outliers", allows=(*ODD, "colour_mix", "noisy_pictures", "label_conflicts")),
    _kind(rare_class, "class_imbalance", allows=("few_examples",)),
)
