"""Clean series, and what goes wrong in them: three wave forms with noise, of one length and rate."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.planting.planted import Bed, Kind, Planted, draw

__all__ = ["KINDS", "waves"]

LENGTH = 128  # steps


def waves(num: int, rng: np.random.Generator) -> Bed:
    """Sine, square and chirp with a random phase, two channels, moderate noise."""
    t = np.linspace(0, 4 * np.pi, LENGTH)
    labels = rng.integers(0, 3, num)
    phase, scale = rng.uniform(0, 2 * np.pi, num)[:, None], rng.uniform(0.8, 1.2, num)[:, None]
    forms = [np.sin(t + phase), np.sign(np.sin(t + phase)), np.sin(t * (1 + t / 12) + phase)]
    first = np.choose(labels[:, None], forms) * scale
    second = np.roll(first, 9, axis=1) * 0.7
    values = np.stack([first, second], axis=1) + 0.15 * rng.standard_normal((num, 2, LENGTH))
    names = np.array(["sine", "square", "chirp"], dtype=object)[labels]
    return Bed(name="waves", modality="series", source=(values.astype(np.float32), names))


def _each(bed: Bed, share: float, rng: np.random.Generator, change: Any) -> Planted:
    values, labels = bed.source[0].copy(), bed.source[1]
    rows = draw(len(values), share, rng)
    for row in rows.tolist():
        values[row] = change(values[row])
    return Planted(source=(values, labels), rows=rows)


def flipped_labels(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    labels = bed.source[1].copy()
    rows = draw(len(labels), share, rng)
    names = sorted(set(labels))
    labels[rows] = [names[(names.index(v) + int(rng.integers(1, 3))) % 3] for v in labels[rows]]
    return Planted(source=(bed.source[0], labels), rows=rows)


def spelt_labels(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    labels = bed.source[1].copy()
    rows = np.intersect1d(draw(len(labels), 3 * share, rng, least=12), np.flatnonzero(labels == "sine"))
    labels[rows] = "Sine"
    return Planted(source=(bed.source[0], labels), rows=rows)


def exact_copies(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source[1]), share, rng)
    return Planted(source=tuple(np.concatenate([part, part[rows]]) for part in bed.source))


def near_copies(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    values, labels = bed.source
    rows = draw(len(labels), share, rng)
    twins = values[rows] * np.float32(1.001) + rng.normal(0, 0.002, values[rows].shape).astype(np.float32)
    return Planted(source=(np.concatenate([values, twins]), np.concatenate([labels, labels[rows]])))


def conflicting_copies(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    values, labels = bed.source
    rows = draw(len(labels), share, rng)
    names = sorted(set(labels))
    wrong = np.array([names[(names.index(v) + 1) % 3] for v in labels[rows]], dtype=object)
    return Planted(source=(np.concatenate([values, values[rows]]), np.concatenate([labels, wrong])))


def copies_in_test(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    cut = int(0.7 * len(bed.source[1]))
    train, test = (tuple(part[:cut] for part in bed.source), tuple(part[cut:].copy() for part in bed.source))
    rows = draw(len(test[1]), max(share, 0.02), rng)
    for half, whole in zip(test, train):
        half[rows] = whole[rows]
    return Planted(source=train, test=test)


def shifted_test(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    cut = int(0.7 * len(bed.source[1]))
    values, labels = bed.source
    return Planted(source=(values[:cut], labels[:cut]), test=(1.6 * values[cut:] + np.float32(0.5), labels[cut:]))


def unlisted_label(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    cut = int(0.7 * len(bed.source[1]))
    values, labels = bed.source
    late = labels[cut:].copy()
    late[draw(len(late), share, rng)] = "saw"
    return Planted(source=(values[:cut], labels[:cut]), test=(values[cut:], late))


def gaps(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    def change(x: np.ndarray) -> np.ndarray:
        start = int(rng.integers(10, LENGTH - 40))
        x = x.copy()
        x[:, start : start + 25] = np.nan
        return x

    return _each(bed, share, rng, change)


def flat_lines(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    def change(x: np.ndarray) -> np.ndarray:
        x = x.copy()
        start = int(rng.integers(0, LENGTH // 3))
        x[:, start:] = x[:, start : start + 1]
        return x

    return _each(bed, share, rng, change)


def dead_channel(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, lambda x: np.stack([x[0], np.zeros(LENGTH, np.float32)]))


def spikes(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    def change(x: np.ndarray) -> np.ndarray:
        x = x.copy()
        x[0, rng.integers(5, LENGTH - 5, 2)] = 40.0
        return x

    return _each(bed, share, rng, change)


def cut_short(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    def change(x: np.ndarray) -> np.ndarray:
        x = x.copy()
        x[:, LENGTH // 5 :] = np.nan
        return x

    return _each(bed, share, rng, change)


def other_rate(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    """Recorded at a quarter of the rate, so everything runs four times as fast."""

    def change(x: np.ndarray) -> np.ndarray:
        return np.tile(x[:, ::4], (1, 4))

    return _each(bed, share, rng, change)


def other_unit(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, lambda x: 1000 * x)


def clipped(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _each(bed, share, rng, lambda x: np.clip(x * 6, -1.0, 1.0))


def rare_class(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    values, labels = bed.source
    of_it = np.flatnonzero(labels == "sine")
    kept = rng.choice(of_it, max(8, round(share * len(of_it))), replace=False)
    rows = np.sort(np.concatenate([np.flatnonzero(labels != "sine"), kept]))
    return Planted(source=(values[rows], labels[rows]))


def sorted_by_label(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    order = np.argsort(bed.source[1].astype(str), kind="stable")
    return Planted(source=tuple(part[order] for part in bed.source))


def _kind(plant: Any, *expects: str, allows: tuple[str, ...] = ()) -> tuple[str, Kind]:
    name = plant.__name__
    kind = Kind(name=name, modality="series", expects=frozenset(expects), plant=plant, allows=frozenset(allows))
    return "waves", kind


ODD = ("row_outliers", "series_scales")
KINDS = (
    _kind(flipped_labels, "label_errors"),
    _kind(spelt_labels, "label_spellings", allows=("class_imbalance", "few_examples", "label_errors")),
    _kind(exact_copies, "exact_duplicates", "near_duplicates"),
    _kind(near_copies, "near_duplicates", "exact_duplicates"),
    _kind(conflicting_copies, "label_conflicts", allows=("exact_duplicates", "near_duplicates", "label_errors")),
    _kind(copies_in_test, "split_duplicates"),
    _kind(shifted_test, "split_shift"),
    _kind(unlisted_label, "label_unlisted", allows=("split_shift",)),
    _kind(gaps, "series_gaps", "missing_values", allows=ODD),
    _kind(flat_lines, "flat_series", allows=(*ODD, "label_errors")),
    _kind(dead_channel, "flat_series", allows=ODD),
    _kind(spikes, "series_spikes", allows=ODD),
    _kind(cut_short, "series_lengths", allows=ODD),
    _kind(other_rate, "sampling_steps", "row_outliers", allows=(*ODD, "label_errors")),
    _kind(other_unit, "series_scales", "series_spikes", "row_outliers", allows=ODD),
    _kind(clipped, "clipped_series", "flat_series", allows=(*ODD, "label_errors")),
    _kind(rare_class, "class_imbalance", allows=("few_examples",)),
    _kind(sorted_by_label, "order_leak", "ordered_rows"),
)
