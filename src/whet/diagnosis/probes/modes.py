"""Training examples in training and in evaluation mode: what batch norms make of the same batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.ground import ground, losses_of
from whet.diagnosis.probes.passes import run_batch
from whet.diagnosis.probes.seen import trained
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError

__all__ = ["ModeGap", "mode_gap", "running_norms"]


@dataclass(frozen=True, kw_only=True)
class ModeGap:
    """Same model, same batches; dropout is off in both."""

    batch_losses: np.ndarray  # (batches,) with the statistics of each batch
    running_losses: np.ndarray  # (batches,) with the running statistics
    batch_right: float | None  # share of right answers; None for numbers
    running_right: float | None
    examples: int
    steps: int | None  # that the running statistics have had; None: not known


def running_norms(model: nn.Module) -> dict[str, nn.modules.batchnorm._BatchNorm]:
    """Batch norms that behave differently in evaluation, by name."""
    return {
        name: m
        for name, m in model.named_modules()
        if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.track_running_stats
    }


def mode_gap(case: Case) -> ModeGap:
    """Of the user's model where it was trained, else of the copy that we trained."""
    setup = case.setup
    if setup is None:
        raise CannotJudgeError("needs the model and its data")
    if not (setup.was_trained or case.trace is not None):
        setup = trained(case).setup
    given = case.ask(ground).measured
    counts = [
        int(m.num_batches_tracked) for m in running_norms(setup.model).values() if m.num_batches_tracked is not None
    ]
    running = setup.copy()
    running.model.eval()
    running_losses, running_right, examples = _pass(case, running, given)
    batch = setup.copy()
    losses_of(batch, given[:0])  # sets the modes
    batch_losses, batch_right, _ = _pass(case, batch, given)
    return ModeGap(
        batch_losses=batch_losses,
        running_losses=running_losses,
        batch_right=batch_right,
        running_right=running_right,
        examples=examples,
        steps=min(counts) if counts else None,
    )


def _pass(case: Case, setup: Setup, given: tuple[Any, ...]) -> tuple[np.ndarray, float | None, int]:
    aim, losses, right, count = case.ask(goal), [], 0.0, 0
    with torch.no_grad():
        for item in given:
            seen = run_batch(setup, item, seed=setup.seed)
            losses.append(float(seen.loss.detach()))
            outputs, targets = seen.given[0] if seen.given else (seen.outputs, seen.targets)
            if aim.kind in ("classes", "binary") and isinstance(outputs, Tensor):
                codes = aim.codes(targets)
                right += float((aim.scores(outputs).argmax(axis=1) == codes).sum())
                count += len(codes)
    found = np.array(losses, dtype=np.float64)
    return np.where(np.isfinite(found), found, np.inf), right / count if count else None, count
