"""Are planted copies across a split found, and what does a speaker who nobody declared flatter by?

    python -m benchmarks split_leaks --data DIR [--planted 200] [--most 3000]

DIR as for ``figures``, and ``fsdd/train.csv``. Of each kind of data, training examples are changed a little, as saving
again would, and looked for as if they were a test part. A pair counts as false when it names another example than the
one that was copied, unless the two were copies of each other before. Goals: 95 % found, at most 1 % false.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.storing import store
from whet.auditing.checks.group_leak import GroupLeak
from whet.auditing.opening import open_inspection
from whet.auditing.pairs import cross_pairs, within_pairs
from whet.data.clusters import components
from whet.data.columns import AudioColumn, ColumnData, ImageColumn, NumberColumn, SeriesColumn, TextColumn
from whet.data.dataset import Dataset
from whet.data.derived import Derived

SOURCES: dict[str, tuple[str, str | None]] = {
    "pictures": ("cifar10/test", None),
    "texts": ("sst2/train.csv", "label"),
    "tables": ("adult/train.csv", "income"),
    "series": ("ucr/ItalyPowerDemand/ItalyPowerDemand_TEST.ts", None),
    "sounds": ("fsdd/train.csv", "label"),
}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks split_leaks")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--planted", type=int, default=200)
    parser.add_argument("--most", type=int, default=3_000)
    options = parser.parse_args(arguments)
    results: dict[str, Any] = {}
    for kind, (path, target) in SOURCES.items():
        data = open_inspection(options.data / path, target=target).data
        rng = np.random.default_rng(0)
        few = data.take(np.sort(rng.permutation(len(data))[: options.most]))
        results[kind] = planted(few, options.planted, rng)
        print(f"{kind:9} {results[kind]}", flush=True)
    results["speakers"] = speakers(options.data / "fsdd/train.csv")
    print(f"speakers  {results['speakers']}")
    store("split_leaks", results)


def planted(data: Dataset, count: int, rng: np.random.Generator) -> dict[str, Any]:
    source = np.sort(rng.permutation(len(data))[:count])
    test = replace(
        data.take(source),
        columns={name: changed(c.take(source), rng) for name, c in data.columns.items()},
        derived=Derived(),
    )
    begin = time.perf_counter()
    pairs = cross_pairs(data, test)
    seconds = time.perf_counter() - begin
    families = components(within_pairs(data), len(data))
    right = families[pairs[:, 0]] == families[source[pairs[:, 1]]]
    return {
        "examples": len(data),
        "planted": len(source),
        "found": round(float(right.sum() / len(source)), 4),
        "false": round(float((~right).sum() / max(len(pairs), 1)), 4),
        "seconds": round(seconds, 2),
    }


def changed(column: ColumnData, rng: np.random.Generator) -> ColumnData:
    """A little: brighter and noisier pictures, one word more, numbers in the seventh digit, other volume and noise."""
    change: dict[type, Callable[[Any, np.random.Generator], ColumnData]] = {
        ImageColumn: brighter,
        TextColumn: one_word_more,
        NumberColumn: lambda c, _: NumberColumn(c.values * (1 + 1e-9)),
        SeriesColumn: lambda c, _: SeriesColumn(3 * c.values[c.rows] + 1, np.arange(len(c.rows))),
        AudioColumn: quieter,
    }
    return change[type(column)](column, rng) if type(column) in change else column


def brighter(column: ImageColumn, rng: np.random.Generator) -> ImageColumn:
    pixels = column.gather(np.arange(len(column.rows))).astype(float) * 1.05 + 6
    noisy = np.clip(pixels + 3 * rng.normal(size=pixels.shape), 0, 255).astype(np.uint8)
    return ImageColumn(noisy, np.arange(len(noisy)))


def one_word_more(column: TextColumn, rng: np.random.Generator) -> TextColumn:
    """Texts of twenty words and more get a word; shorter ones are written in capitals."""
    texts = [t + " indeed" if t.count(" ") > 20 else t.upper() for t in column.texts()]
    parts = [np.frombuffer(t.encode(), dtype=np.uint8) for t in texts]
    return TextColumn(np.concatenate(parts), np.cumsum([0, *map(len, parts)]), np.arange(len(parts)))


def quieter(column: AudioColumn, rng: np.random.Generator) -> AudioColumn:
    waves = [0.5 * w + 0.01 * float(w.std()) * rng.normal(size=len(w)) for w in column.waves()]
    return AudioColumn(
        flat=np.concatenate(waves).astype(np.float32),
        offsets=np.cumsum([0, *map(len, waves)]),
        rates=column.rates[column.rows],
        channels=column.channels[column.rows],
        rows=np.arange(len(waves)),
    )


def speakers(path: Path) -> dict[str, Any]:
    """The speaker column is there but not declared."""
    begin = time.perf_counter()
    findings = list(GroupLeak().check(open_inspection(path, target="label")))
    seconds = round(time.perf_counter() - begin, 1)
    if not findings:
        return {"found": False, "seconds": seconds}
    finding, cost = findings[0], findings[0].cost
    told = {"found": True, "column": finding.column, "level": finding.level, "seconds": seconds}
    if cost is None:
        return {**told, "flattery": finding.cost_unknown}
    return {**told, "flattery": {name: round(getattr(cost, name), 4) for name in ("value", "low", "high")}}
