"""Clean sounds in class folders, and what goes wrong in sounds. The clean ones are spoken digits."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import soundfile
from scipy.signal import resample_poly

from benchmarks.planting.planted import Bed, Kind, Planted, draw

__all__ = ["KINDS", "digits"]

RATE = 8_000  # Hz

Files = list[tuple[str, bytes]]


def digits(data: Path, num: int, rng: np.random.Generator) -> Bed:
    """Five digits by one speaker each time drawn at random, under names that do not tell the speaker."""
    frame = pd.read_csv(data / "fsdd" / "train.csv", dtype=str)
    frame = frame[frame["label"].isin(list("01234"))]
    frame = frame.iloc[rng.permutation(len(frame))[:num]].reset_index(drop=True)
    files = [
        (f"digit {row.label}/{i:04d}.wav", (data / "fsdd" / str(row.file)).read_bytes())
        for i, row in enumerate(frame.itertuples())
    ]
    return Bed(name="digits", modality="audio", source=files)


def _wave(content: bytes) -> np.ndarray:
    return np.asarray(soundfile.read(io.BytesIO(content), dtype="float64")[0])


def _wav(samples: np.ndarray, rate: int = RATE) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, np.clip(samples, -1, 1 - 1 / 32768), rate, format="WAV", subtype="PCM_16")
    return stream.getvalue()


def _each(bed: Bed, share: float, rng: np.random.Generator, change: Any) -> Planted:
    files = list(bed.source)
    rows = draw(len(files), share, rng)
    for row in rows.tolist():
        files[row] = (files[row][0], change(files[row][1]))
    return Planted(source=files, rows=rows)


def flipped_labels(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    files = list(bed.source)
    labels = sorted({name.split("/")[0] for name, _ in files})
    for row in draw(len(files), share, rng).tolist():
        label, file = files[row][0].split("/")
        other = labels[(labels.index(label) + int(rng.integers(1, len(labels)))) % len(labels)]
        files[row] = (f"{other}/x{file}", files[row][1])
    return Planted(source=files)


def exact_copies(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng).tolist()
    return Planted(source=[*bed.source, *((bed.source[r][0][:-4] + "-copy.wav", bed.source[r][1]) for r in rows)])


def near_copies(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    """Half as loud, with a little noise."""

    def again(content: bytes) -> bytes:
        wave = _wave(content)
        return _wav(0.5 * wave + 0.01 * wave.std() * rng.standard_normal(len(wave)))

    rows = draw(len(bed.source), share, rng).tolist()
    return Planted(source=[*bed.source, *((bed.source[r][0][:-4] + "-b.wav", again(bed.source[r][1])) for r in rows)])


def copies_in_test(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    order = rng.permutation(len(bed.source))
    cut = int(0.7 * len(order))
    train, test = [bed.source[i] for i in order[:cut]], [bed.source[i] for i in order[cut:]]
    for row in draw(len(test), max(share, 0.02), rng).tolist():
        test[row] = train[row]
    return Planted(source=train, test=test)


def silent(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, lambda c: _wav(np.zeros(len(_wave(c)))))


def clipped(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, lambda c: _wav(_wave(c) / np.abs(_wave(c)).max() * 6))


def other_rate(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    """Some files were recorded at another rate, and say so."""
    return _each(bed, share, rng, lambda c: _wav(resample_poly(_wave(c), 2, 1), 2 * RATE))


def cut_short(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, lambda c: _wav(_wave(c)[: RATE // 50]))


def endless(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, lambda c: _wav(np.tile(_wave(c), 30)))


def noisy(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, lambda c: _wav(0.3 * _wave(c) + 0.2 * rng.standard_normal(len(_wave(c)))))


def offset(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, lambda c: _wav(0.5 * _wave(c) + 0.4))


def broken_files(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, lambda content: b"RIFF" + content[8:40])


def rare_class(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    of_it = [i for i, (name, _) in enumerate(bed.source) if name.startswith("digit 0")]
    kept = set(rng.choice(of_it, max(8, round(share * len(of_it))), replace=False).tolist())
    return Planted(source=[f for i, f in enumerate(bed.source) if i in kept or i not in set(of_it)])


def _kind(plant: Any, *expects: str, allows: tuple[str, ...] = ()) -> tuple[str, Kind]:
    name = plant.__name__
    kind = Kind(name=name, modality="audio", expects=frozenset(expects), plant=plant, allows=frozenset(allows))
    return "digits", kind


ODD = ("row_outliers",)
KINDS = (
    _kind(flipped_labels, "label_errors"),
    _kind(exact_copies, "exact_duplicates", "near_duplicates"),
    _kind(near_copies, "near_duplicates", "exact_duplicates"),
    _kind(copies_in_test, "split_duplicates"),
    _kind(
        silent, "silent_sound", allows=(*ODD, "sound_levels", "exact_duplicates", "near_duplicates", "label_conflicts")
    ),
    _kind(clipped, "clipped_sound", allows=(*ODD, "sound_levels")),
    _kind(other_rate, "sampling_rates", allows=(*ODD, "narrow_sound")),
    _kind(cut_short, "sound_lengths", allows=(*ODD, "silent_sound")),
    _kind(endless, "sound_lengths", allows=ODD),
    _kind(noisy, "noisy_sound", "row_outliers", allows=(*ODD, "sound_levels")),
    _kind(offset, "sound_offset", allows=(*ODD, "noisy_sound", "sound_levels")),
    _kind(broken_files, "set_aside", allows=ODD),
    _kind(rare_class, "class_imbalance", allows=("few_examples",)),
)
