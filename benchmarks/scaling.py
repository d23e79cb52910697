"""Is the cost linear in the examples, and does data larger than memory train in bounded memory?

Linear: one network, equal epochs, 10,000 to 80,000 made rows and pictures; processor seconds per example of a whole
training (encoding, steps, scores), in a process of its own each.

Bounded: made pictures of 128 x 128 five times larger than ``--memory``, written straight into a memory-mapped file, are
trained on for 40 s at most under that limit. Told are the peak of what the process holds (anonymous memory, which
is what the limit holds) and of what is resident (with the pages of files, which the kernel may drop at will).

    python -m benchmarks scaling [--sizes 10000,20000,40000,80000] [--kinds table,pictures] [--memory 700MB]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.storing import store
from whet.memory import parse_memory

EPOCHS, SIDE, LARGE_SIDE, MOST_S = 1.0, 32, 128, 40.0


def dataset(kind: str, num: int, folder: Path, *, side: int):  # type: ignore[no-untyped-def]
    """(Dataset, Target) of made examples in memory-mapped arrays."""
    from whet.data.columns import ImageColumn, NumberColumn
    from whet.data.dataset import Dataset
    from whet.data.kinds import Kind, Modality
    from whet.data.schema import Column, Schema
    from whet.tasks.classes import ClassTarget

    rng = np.random.default_rng(0)
    label = rng.integers(0, 4, num)
    if kind == "table":
        names = [f"x{i}" for i in range(16)]
        values = rng.normal(size=(num, 16)) + (label[:, None] == np.arange(16) % 4)
        columns = {name: NumberColumn(np.ascontiguousarray(values[:, i])) for i, name in enumerate(names)}
        features = tuple(Column(name=name, kind=Kind.NUMBER) for name in names)
        modality = Modality.TABLE
    else:
        path = folder / "pixels.npy"
        pixels = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(num, side, side, 3))
        noise = rng.integers(0, 200, (1024, side, side, 3), dtype=np.uint8)  # the same for every block: quick
        for start in range(0, num, 1024):
            block = noise[: num - start].copy()
            block[np.arange(len(block)), :, 6 * label[start : start + 1024]] = 255
            pixels[start : start + 1024] = block
        pixels.flush()
        del pixels
        columns = {"picture": ImageColumn(np.load(path, mmap_mode="r"), np.arange(num))}
        features = (Column(name="picture", kind=Kind.IMAGE, image_size=(side, side, 3)),)
        modality = Modality.IMAGE
    target = np.array([f"c{v}" for v in label], dtype=object)
    schema = Schema(modality=modality, features=features, target="y")
    data = Dataset(
        schema=schema, columns=columns, target=target, rows=np.arange(num), fingerprint=f"{kind}-{num}", origin="made"
    )
    return data, ClassTarget.fit(target)


def one(kind: str, num: int, side: int, memory: int | None) -> dict[str, Any]:
    """Train in this process, which is there for that alone."""
    import torch

    import whet.data.encoders
    import whet.evaluation.metrics
    import whet.models  # noqa: F401
    from whet.engine.sharing import memory_of_each
    from whet.engine.tree_memory import TreeMemory
    from whet.recipe import Length, Recipe
    from whet.training.fit import fit
    from whet.training.fitted import FitSetting

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        data, target = dataset(kind, num, Path(name), side=side)
        rows = np.arange(num)
        settings = {"widths": [8, 16]} if kind == "pictures" else {}
        architecture = "mlp" if kind == "table" else "convnet"
        recipe = Recipe(
            architecture=architecture,
            settings=settings,
            length=Length(epochs=EPOCHS, seconds=None if memory is None else MOST_S),
            batch_size=256,
        )
        setting = FitSetting(num_threads=1, scratch=Path(name) / "scratch", memory_bytes=memory_of_each(memory, 1))
        num_valid = min(num // 10, 2_000)
        train, valid = data.take(rows[num_valid:]), data.take(rows[:num_valid])
        begin, used = time.perf_counter(), time.process_time()
        with TreeMemory() as taken:
            training = fit(recipe, target, train, valid, setting=setting)
        return {
            "cpu_s": time.process_time() - used,
            "wall_s": time.perf_counter() - begin,
            "held_mb": taken.held_bytes / 1e6,
            "resident_mb": taken.resident_bytes / 1e6,
            "data_mb": num * (side * side * 3 if kind == "pictures" else 16 * 8) / 1e6,
            "epochs": training.epochs,
            "parts": "; ".join(training.notes),
            "accuracy": float((training.valid_scores.argmax(1) == target.encode(valid.target)).mean()),
        }


def apart(kind: str, num: int, *, side: int = SIDE, memory: int | None = None) -> dict[str, Any]:
    """``one`` in a fresh process."""
    code = f"import json; from benchmarks.scaling import one; print(json.dumps(one({kind!r}, {num}, {side}, {memory})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks scaling")
    parser.add_argument("--sizes", default="10000,20000,40000,80000")
    parser.add_argument("--kinds", default="table,pictures")
    parser.add_argument("--memory", default="700MB")
    given = parser.parse_args(arguments)
    linear: dict[str, list[dict[str, Any]]] = {}
    for kind in given.kinds.split(","):
        for num in [int(size) for size in given.sizes.split(",")]:
            row = {"num": num, **apart(kind, num)}
            linear.setdefault(kind, []).append(row)
            print(f"{kind:9} {num:7,}: {1e6 * row['cpu_s'] / num:7.1f} us of a processor per example", flush=True)
    memory = parse_memory(given.memory)
    num = 5 * memory // (LARGE_SIDE * LARGE_SIDE * 3)
    bounded = {"limit_mb": memory / 1e6, "num": num, **apart("pictures", num, side=LARGE_SIDE, memory=memory)}
    print(f"data of {bounded['data_mb']:,.0f} MB under {given.memory}: held {bounded['held_mb']:,.0f} MB, ", end="")
    print(f"resident {bounded['resident_mb']:,.0f} MB, accuracy {bounded['accuracy']:.3f}")
    store("scaling", {"linear": linear, "bounded": bounded})
