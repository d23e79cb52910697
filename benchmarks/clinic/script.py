"""A training script: its parts, the loop that its author wrote, and the score that this loop would print."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

Metric = Literal["accuracy", "balanced", "binary", "r2"]


@dataclass(kw_only=True)
class Script:
    """What stands in the author's file. ``loop`` trains the model in place and returns the last validation score."""

    model: nn.Module
    train: Iterable[Any]
    valid: Iterable[Any]
    loss: Callable[[Any, Any], Tensor]
    optimizer: torch.optim.Optimizer
    epochs: int
    scheduler: Any = None
    forward: Callable[[nn.Module, Any], tuple[Any, Any]] | None = None  # None: inputs first, target last
    metric: Metric = "accuracy"
    fresh: Iterable[Any] | None = None  # honest examples, where ``valid`` flatters or is faulty itself
    told: dict[str, Any] = field(default_factory=dict)  # further settings that the author would tell a diagnosis
    loop: Callable[[Script], float] = field(default_factory=lambda: ordinary)


def loader(parts: Sequence[Tensor], batch: int = 32, *, shuffle: bool = False, **options: Any) -> DataLoader[Any]:
    """The usual one."""
    return DataLoader(TensorDataset(*parts), batch_size=batch, shuffle=shuffle, **options)


def passing(script: Script, batch: Any) -> tuple[Any, Any]:
    """Outputs and targets of a batch."""
    if script.forward is not None:
        return script.forward(script.model, batch)
    *inputs, targets = batch
    return script.model(*inputs), targets


def ordinary(script: Script) -> float:
    """The loop that every tutorial has."""
    for _ in range(script.epochs):
        script.model.train()
        for batch in script.train:
            script.optimizer.zero_grad()
            outputs, targets = passing(script, batch)
            script.loss(outputs, targets).backward()
            script.optimizer.step()
        if script.scheduler is not None:
            script.scheduler.step()
    return evaluate(script)


def stepwise(script: Script) -> float:
    """The same with a scheduler that moves after every batch (OneCycle, warm-up)."""
    for _ in range(script.epochs):
        script.model.train()
        for batch in script.train:
            script.optimizer.zero_grad()
            outputs, targets = passing(script, batch)
            script.loss(outputs, targets).backward()
            script.optimizer.step()
            script.scheduler.step()
    return evaluate(script)


def evaluate(script: Script, examples: Iterable[Any] | None = None) -> float:
    """The score in evaluation mode."""
    script.model.eval()
    with torch.no_grad():
        pairs = [passing(script, batch) for batch in (script.valid if examples is None else examples)]
    return score([(_first_head(outputs), targets) for outputs, targets in pairs], script.metric)


def _first_head(outputs: Any) -> Any:
    return next(iter(outputs.values())) if isinstance(outputs, dict) else outputs


def score(pairs: Sequence[tuple[Tensor, Tensor]], metric: Metric) -> float:
    """Share right (classes on axis 1, or yes/no), mean recall of the classes, or R squared, at least -1."""
    if metric == "r2":
        truth = np.concatenate([t.numpy().reshape(-1) for _, t in pairs]).astype(np.float64)
        guess = np.concatenate([o.float().numpy().reshape(-1) for o, _ in pairs]).astype(np.float64)
        if not np.isfinite(guess).all() or guess.shape != truth.shape:
            return -1.0
        return max(-1.0, 1 - float(np.mean((truth - guess) ** 2)) / max(float(np.var(truth)), 1e-12))
    truth = np.concatenate([t.reshape(-1).long().numpy() for _, t in pairs])
    guess = np.concatenate([_guess(o, t) for o, t in pairs])
    right = guess == truth
    if metric == "balanced":
        return float(np.mean([right[truth == k].mean() for k in np.unique(truth)]))
    return float(right.mean())


def _guess(outputs: Tensor, targets: Tensor) -> np.ndarray:
    """Yes/no of one number each where outputs and targets have one shape; probabilities and logits are told apart."""
    if outputs.shape == targets.shape:
        level = 0.5 if outputs.min() >= 0 and outputs.max() <= 1 else 0.0
        return (outputs > level).reshape(-1).long().numpy()
    return outputs.argmax(dim=1).reshape(-1).numpy()
