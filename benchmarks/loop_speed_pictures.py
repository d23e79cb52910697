"""Our loop against a DataLoader that augments, and against one that decodes PNG files every epoch; one thread.

    python -m benchmarks loop_speed_pictures [--quick]

2,048 smooth random pictures of 32 x 32 pixels, a convolutional network of widths 16 and 32, batches of 128.
"augmented"  pictures lie in memory as uint8 tensors. Theirs: the Dataset pads, crops and mirrors one example at a time
             in tensor operations, then normalises it, as tutorials do. Ours: the same change, whole batches at a time.
"files"      pictures lie in PNG files. Theirs: the same Dataset opens and decodes its file with PIL at every access.
             Ours: decoded once by ``whet.data.load``; what that took is shared out over EPOCHS epochs.
Ours reflects at the border, theirs pads with zeros; all else is alike. Speed is theirs over ours in processor time per
step, workers included; the DataLoader has 0 or 2 workers, whichever needs less. ``wall_*`` are seconds by the clock on
the wall, which other work on the machine disturbs; there each DataLoader may use a second core. Goal: 1.5.
"""

from __future__ import annotations

import copy
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

import whet.models  # noqa: F401  (registers the architectures)
from benchmarks.loop_speed import by_hand, seconds_of_loop
from benchmarks.own_process import cpu_seconds, second_of_two
from benchmarks.storing import store
from whet.augment.flip import Flip
from whet.augment.translate import Translate
from whet.data.columns import ImageColumn
from whet.data.inputs import ImagePart, Inputs, InputSpec
from whet.data.kinds import Modality
from whet.data.load import load
from whet.models.architecture import Architecture, build
from whet.recipe import Length, Recipe
from whet.tasks.classes import ClassTarget
from whet.training.prepare import Prepared
from whet.training.threads import using_threads

NUM, SIDE, BATCH, CLASSES, PAD = 2048, 32, 128, 10, 4
EPOCHS = 20  # over which decoding once is shared out
GOAL = 1.5
SPEC = InputSpec(modality=Modality.IMAGE, channels=3, height=SIDE, width=SIDE)


def main(arguments: list[str]) -> None:
    """``--quick``: one round of few steps, and nothing is stored."""
    quick = "--quick" in arguments
    steps, rounds = (4, 1) if quick else (16, 3)  # 16 steps: one epoch
    with tempfile.TemporaryDirectory(prefix="whet-pictures-") as folder, using_threads(1):
        files = written(Path(folder) / "pictures")
        begin = cpu_seconds()
        column = load(Path(folder) / "pictures", cache=Path(folder) / "cache").columns["image"]
        decode_ms = 1e3 * (cpu_seconds() - begin) / NUM * BATCH / EPOCHS  # per step
        assert isinstance(column, ImageColumn)
        pixels = column.gather(np.arange(NUM))
        whole = torch.from_numpy(pixels)
        rows = {
            "augmented": compare(pixels, lambda place: whole[place], steps, rounds),
            "files": compare(pixels, lambda place: decoded(files[place]), steps, rounds, extra_ms=decode_ms),
        }
    summary = {"goal": GOAL, "passed": all(row["over_dataloader"] >= GOAL for row in rows.values()), "rows": rows}
    print(json.dumps(summary, indent=2))
    if not quick:
        store("loop_speed_pictures", summary)


def written(folder: Path) -> list[Path]:
    """PNG files in folders of classes: waves of random direction, colour and length, and a little noise."""
    rng, paths = np.random.default_rng(0), []
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    for number in range(NUM):
        a, b, phase = rng.uniform(-6, 6, 3), rng.uniform(-6, 6, 3), rng.uniform(0, 6, 3)
        waves = np.sin(x[..., None] * a + y[..., None] * b + phase) * 100 + 127 + rng.normal(0, 5, (SIDE, SIDE, 3))
        path = folder / f"class{number % CLASSES}" / f"{number:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(waves.clip(0, 255).astype(np.uint8)).save(path)
        paths.append(path)
    return sorted(paths)


def decoded(path: Path) -> Tensor:
    """(H, W, C) uint8."""
    with Image.open(path) as picture:
        return torch.from_numpy(np.array(picture.convert("RGB")))


@dataclass(frozen=True)
class Examples(TorchDataset[tuple[dict[str, Tensor], int]]):
    """One augmented, normalised example at a time."""

    picture: Callable[[int], Tensor]
    targets: list[int]

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, place: int) -> tuple[dict[str, Tensor], int]:
        image = F.pad(self.picture(place).permute(2, 0, 1), (PAD, PAD, PAD, PAD))
        down, right = torch.randint(0, 2 * PAD + 1, (2,)).tolist()
        image = image[:, down : down + SIDE, right : right + SIDE]
        if torch.rand(()) < 0.5:
            image = image.flip(2)
        return {"image": (image.float() / 255.0 - 0.5) / 0.25}, self.targets[place]


def compare(
    pixels: np.ndarray, picture: Callable[[int], Tensor], steps: int, rounds: int, *, extra_ms: float = 0.0
) -> dict[str, Any]:
    """Milliseconds per step of the three; ``extra_ms`` is added to ours."""
    targets = np.random.default_rng(1).integers(0, CLASSES, NUM)
    model = build("convnet", SPEC, CLASSES, {"widths": [16, 32]}, seed=0)
    examples = Examples(picture, targets.tolist())
    loops: dict[str, Callable[[Architecture], float]] = {
        "ours": lambda net: ours(net, pixels, targets, steps),
        "workers_0": lambda net: by_hand(net, batches(examples, 0, steps), steps),
        "workers_2": lambda net: by_hand(net, batches(examples, 2, steps), steps),
    }
    taken: dict[str, list[tuple[float, ...]]] = {name: [] for name in loops}
    for number in range(rounds):
        for name in loops if number % 2 else reversed(loops):
            taken[name].append(second_of_two(lambda run=loops[name]: timed(run, model)))  # type: ignore[misc]
    cpu, wall = ({n: 1e3 * statistics.median(t[w] for t in taken[n]) / steps for n in loops} for w in (0, 1))
    row: dict[str, Any] = {f"{name}_ms": round(ms, 2) for name, ms in cpu.items()}
    row |= {f"wall_{name}_ms": round(ms, 2) for name, ms in wall.items()}
    row |= {"decode_once_ms": round(extra_ms, 3)}
    ratios = {
        "over_dataloader": min(cpu["workers_0"], cpu["workers_2"]) / (cpu["ours"] + extra_ms),
        "wall_over_dataloader": min(wall["workers_0"], wall["workers_2"]) / (wall["ours"] + extra_ms),
    }
    return row | {name: round(ratio, 3) for name, ratio in ratios.items()}


def timed(run: Callable[[Architecture], float], model: Architecture) -> tuple[float, float]:
    """Processor seconds of the loop, and seconds by the clock on the wall with its preparation."""
    begin = time.perf_counter()
    return run(copy.deepcopy(model)), time.perf_counter() - begin


def batches(examples: Examples, num_workers: int, steps: int) -> Iterator[tuple[dict[str, Tensor], Tensor]]:
    """Of one epoch after the other; the workers have ended before the last batch is used, so their time is counted."""
    left = steps
    while left:
        for batch in DataLoader(examples, batch_size=BATCH, shuffle=True, num_workers=num_workers):
            left -= 1
            if not left:
                break
            yield batch
    yield batch


def ours(model: Architecture, pixels: np.ndarray, targets: np.ndarray, steps: int) -> float:
    """Processor seconds of the training loop alone."""
    ready = Prepared(
        target=ClassTarget(tuple("0123456789")),
        encoder=None,  # type: ignore[arg-type]
        model=model,
        augmentations=(Translate(pixels=PAD), Flip(mode="random")),
        train=Inputs({"image": ImagePart(pixels, np.arange(NUM), (0.5,) * 3, (0.25,) * 3)}),
        valid=None,
        codes=targets,
        device=torch.device("cpu"),
    )
    length = Length(epochs=steps * BATCH / NUM)
    recipe = Recipe(architecture="convnet", length=length, batch_size=BATCH)
    return seconds_of_loop(recipe, ready, steps)
