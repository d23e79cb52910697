"""A real case: a user's own residual network on CIFAR-10 with one of four planted flaws; verdict and cure of each.

    python -m benchmarks clinic.real_case --data DIR [--only NAME] [--budget 60s] [--epochs 3] [--train 4000]

DIR holds ``cifar10/{train,test}/<class>/*.jpg``. Each flaw is trained as it is, diagnosed before any training, and
trained again after the first-ranked cure of the first verdict; the same script without a flaw stands beside it.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from benchmarks.clinic.script import Script, evaluate, loader, ordinary
from benchmarks.clinic.working import told
from benchmarks.storing import store

SEED = 0
VALID = 1000  # pictures of the official test part, class by class the same number


class Block(nn.Module):
    """Two 3 x 3 convolutions around a shortcut: (B, C, H, W) -> (B, width, H / stride, W / stride)."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = nn.Sequential()
        if stride != 1 or before != width:
            self.shortcut = nn.Sequential(nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        h = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(h)) + self.shortcut(x))


class NarrowResNet18(nn.Module):
    """The layout of ResNet-18 for 3 x 32 x 32 pictures, an eighth as wide."""

    def __init__(self, k: int = 10, *, width: int = 8, softmax: bool = False) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        widths, before, blocks = [width, 2 * width, 4 * width, 8 * width], width, []
        for i, after in enumerate(widths):
            blocks += [Block(before, after, 1 if i == 0 else 2), Block(after, after, 1)]
            before = after
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(before, k)
        self.softmax = softmax

    def forward(self, x: Tensor) -> Tensor:
        logits = self.head(self.blocks(self.stem(x)).mean(dim=(2, 3)))
        return logits.softmax(dim=1) if self.softmax else logits


@dataclass(frozen=True)
class Flaw:
    """A mistake, the rules that name it and the cures that undo it."""

    name: str
    truth: frozenset[str] = frozenset()
    cures: frozenset[str] = frozenset()


FLAWS = (
    Flaw("none"),
    Flaw("rate_times_100", frozenset({"learning_rate_too_high"}), frozenset({"lower_rate"})),
    Flaw("not_shuffled", frozenset({"unshuffled"}), frozenset({"shuffle"})),
    Flaw("softmax_twice", frozenset({"double_softmax"}), frozenset({"remove_output_activation"})),
    Flaw("frozen_stem", frozenset({"frozen_parameters"}), frozenset({"unfreeze"})),
)


def pictures(folder: Path, per_class: int) -> tuple[Tensor, Tensor]:
    """(N, 3, 32, 32) about mean 0 and deviation 1, and codes (N,), class by class."""
    arrays, codes = [], []
    for code, kind in enumerate(sorted(p for p in folder.iterdir() if p.is_dir())):
        for path in sorted(kind.glob("*.jpg"))[:per_class]:
            arrays.append(np.asarray(Image.open(path).convert("RGB"), dtype=np.float32))
            codes.append(code)
    x = torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2) / 255
    return (x - 0.47) / 0.25, torch.tensor(codes)


def script_of(flaw: str, train: tuple[Tensor, Tensor], valid: tuple[Tensor, Tensor], epochs: int) -> Script:
    """The author's file with that flaw."""
    torch.manual_seed(SEED)
    model = NarrowResNet18(softmax=flaw == "softmax_twice")
    if flaw == "frozen_stem":
        for p in model.stem.parameters():
            p.requires_grad = False
    rate = 0.05 * (100 if flaw == "rate_times_100" else 1)
    return Script(
        model=model,
        train=loader(train, 64, shuffle=flaw != "not_shuffled"),
        valid=loader(valid, 250),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9, weight_decay=5e-4),
        epochs=epochs,
    )


def measure(flaw: Flaw, parts: Any, options: argparse.Namespace) -> dict[str, Any]:
    """Scores as it is and cured, and what was said."""
    import whet
    from whet.diagnosis.case import Case
    from whet.diagnosis.cures.cure import cures
    from whet.diagnosis.opening import open_setup
    from whet.diagnosis.ordinary_loop import train_stretch

    row: dict[str, Any] = {"flaw": flaw.name, "as_it_is": ordinary(script_of(flaw.name, *parts, options.epochs))}
    script, start = script_of(flaw.name, *parts, options.epochs), time.monotonic()
    report = whet.diagnose(
        script.model, script.train, script.valid, **told(script, whet.diagnose), budget=options.budget
    )
    row["seconds"] = round(time.monotonic() - start, 1)
    row["verdicts"] = [[v.root.symptom, v.root.level, v.root.statement] for v in report.verdicts]
    if not report.verdicts:
        return {**row, "verdict_right": not flaw.truth, "cure_right": not flaw.truth}
    finding = report.verdicts[0].root
    first = finding.cures[0] if finding.cures else None
    row |= {"cure": first, "verdict_right": finding.symptom in flaw.truth, "cure_right": first in flaw.cures}
    if not flaw.truth:
        row["verdict_right"] = row["cure_right"] = not report.is_severe
    elif first is not None:
        setup = open_setup(script.model, script.train, script.valid, **told(script, open_setup))
        changed = cures[first].apply(Case(setup=setup), finding)
        train_stretch(changed, epochs=options.epochs)
        script.model, script.forward = changed.model, changed.forward
        row["cured"] = evaluate(script)
    return row


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks clinic.real_case")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--only", nargs="*", default=[f.name for f in FLAWS])
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--train", type=int, default=4000, help="training pictures, the same number of each class")
    options = parser.parse_args(arguments)
    if options.data is None:
        print("skipped: pass --data DIR that holds cifar10/{train,test}/<class>/*.jpg")
        return
    root = options.data / "cifar10"
    parts = pictures(root / "train", options.train // 10), pictures(root / "test", VALID // 10)
    rows = []
    for flaw in FLAWS:
        if flaw.name in options.only:
            rows.append(measure(flaw, parts, options))
            print(rows[-1], flush=True)
    faulty = [r for r in rows if r["flaw"] != "none"]
    right = sum(r["verdict_right"] and r["cure_right"] for r in faulty)
    print(f"verdict and cure right: {right} of {len(faulty)}")
    if len(rows) == len(FLAWS):
        settings = {"budget": options.budget, "epochs": options.epochs, "num_train": options.train}
        store("clinic_real_case", {**settings, "right": right, "of": len(faulty), "rows": rows})
