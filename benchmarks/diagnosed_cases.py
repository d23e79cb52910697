"""The six cases of docs/diagnosing-a-model.md: ordinary scripts with a mistake each, and what is said of them.

    python -m benchmarks diagnosed_cases [--write]

``--write`` puts the reports into the page, under the heading of each case. Seconds follow the machine.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from sklearn.datasets import load_diabetes, load_digits
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import whet

PAGE = Path(__file__).parents[1] / "docs" / "diagnosing-a-model.md"
Loaders = tuple[DataLoader[Any], DataLoader[Any]]


def digits(*, is_sorted: bool = False, batch_size: int = 32) -> Loaders:
    """scikit-learn's digits, shuffled once; sorted by class and left so where asked for."""
    x, y = load_digits(return_X_y=True)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    inputs, targets = torch.tensor(x / 16, dtype=torch.float32)[order], torch.tensor(y)[order]
    known, labels = inputs[:1400], targets[:1400]
    if is_sorted:
        by_class = labels.argsort(stable=True)
        known, labels = known[by_class], labels[by_class]
    train = DataLoader(TensorDataset(known, labels), batch_size, shuffle=not is_sorted)
    return train, DataLoader(TensorDataset(inputs[1400:], targets[1400:]), 256)


def softmax_twice() -> Any:
    train, valid = digits(batch_size=64)
    model = nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1),
        nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(64, 10), nn.Softmax(dim=1),
    )  # fmt: skip
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    return whet.diagnose(model, train, valid, loss=nn.CrossEntropyLoss(), optimizer=optimizer)


def rate_too_high() -> Any:
    train, valid = digits()
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=5.0, momentum=0.9)
    return whet.diagnose(model, train, valid, loss=nn.CrossEntropyLoss(), optimizer=optimizer)


def not_shuffled() -> Any:
    train, valid = digits(is_sorted=True)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return whet.diagnose(model, train, valid, loss=nn.CrossEntropyLoss(), optimizer=optimizer)


def not_zeroed() -> Any:
    train, valid = digits()
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer, loss = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9), nn.CrossEntropyLoss()
    with whet.watch(model, optimizer, loss=loss) as watched:
        for _ in range(8):
            for x, y in train:
                loss(model(x), y).backward()
                optimizer.step()
    return whet.diagnose(model, train, valid, loss=loss, optimizer=optimizer, watched=watched)


class TimeFirst(nn.Module):
    """An LSTM without ``batch_first=True`` on (batch, time, features)."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.out = nn.LSTM(3, 32), nn.Linear(32, 2)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.lstm(x)
        logits: Tensor = self.out(states[:, -1])
        return logits


def across_the_batch() -> Any:
    x = torch.randn(1200, 20, 3, generator=torch.Generator().manual_seed(0))
    y = (x[..., 0].mean(1) > 0).long()
    train = DataLoader(TensorDataset(x[:900], y[:900]), 32, shuffle=True)
    valid = DataLoader(TensorDataset(x[900:], y[900:]), 64)
    model = TimeFirst()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    return whet.diagnose(model, train, valid, loss=nn.CrossEntropyLoss(), optimizer=optimizer)


def broadcast() -> Any:
    x, y = load_diabetes(return_X_y=True)
    inputs, targets = torch.tensor(x, dtype=torch.float32) * 20, torch.tensor(y, dtype=torch.float32) / 100
    train = DataLoader(TensorDataset(inputs[:350], targets[:350]), 32, shuffle=True)
    valid = DataLoader(TensorDataset(inputs[350:], targets[350:]), 64)
    model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    return whet.diagnose(model, train, valid, loss=nn.MSELoss(), optimizer=optimizer)


CASES = (softmax_twice, rate_too_high, not_shuffled, not_zeroed, across_the_batch, broadcast)


def main(arguments: list[str]) -> None:
    for number, case in enumerate(CASES, start=1):
        torch.manual_seed(0)  # as the author of an ordinary script would
        told = str(case())
        print(f"== {number}\n{told}\n", flush=True)
        if "--write" in arguments:
            _write(number, told)


def _write(number: int, told: str) -> None:
    """Replace the block of output under the heading of that case."""
    text = PAGE.read_text(encoding="utf-8")
    begin = text.index("```\n", text.index(f"## {number}. ")) + len("```\n")
    PAGE.write_text(text[:begin] + told + text[text.index("\n```", begin) :], encoding="utf-8")
