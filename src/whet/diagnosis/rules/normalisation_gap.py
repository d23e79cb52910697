"""Normalisation gap: batch norm does well with the statistics of the batch and badly with its running ones.

So the model is far worse in evaluation than in training, on the same examples. Batches of a few examples, a momentum so
small that the running statistics never arrive, or batches of one kind each bring it about. Early in a training they lag
behind, which is healthy: judged only when they have had time to follow. With batches of two or three there may be no
gap, for both are bad: there a copy with group norm, trained as long, tells what batch norm costs.
Source: Wu and Johnson, "Rethinking 'Batch' in BatchNorm", 2021; reference rule D18.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.probes.few_per_batch import FewPerBatch, few_per_batch
from whet.diagnosis.probes.modes import ModeGap, mode_gap, running_norms
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding, Line, Plot

__all__ = ["NormalisationGap"]


@dataclass(frozen=True, kw_only=True)
class NormalisationGap:
    """Training and evaluation mode differ on the same batches."""

    gap: float = 0.05  # share of right answers
    severe: float = 0.15
    ratio: float = 1.5  # of the losses; for numbers the only measure
    fewest: int = 30  # steps, before which running statistics lag behind rightly
    slow: float = 0.005  # momentum, below which it is they that are too slow
    settles: float = 4.0  # times 1 / momentum: steps that running statistics need otherwise

    least: float = 0.1  # of the reference loss, that group norm must gain where batches are of a few examples

    title: str = "batch norm fails in evaluation"
    stage: Stage = "during"
    explains: frozenset[str] = RESULT | frozenset(
        {"overfitting", "below_baseline", "split_mismatch", "flat_loss", "oscillation", "learning_rate_too_high"}
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        norms = {} if case.setup is None else running_norms(case.setup.model)
        if not norms:
            return
        small = _asked(case)
        if small is not None and small.is_better(self.least):
            yield _of_small_batches(small, next(iter(norms)), self.least)
            return
        found = case.ask(mode_gap)
        if found.steps is not None and found.steps < self.fewest:
            raise CannotJudgeError(
                f"batch norm has seen {found.steps} batches; its running statistics lag behind at first"
            )
        name, norm = min(norms.items(), key=lambda item: _momentum(item[1]))
        slow = _momentum(norm) < self.slow
        if found.steps is not None and not slow and found.steps < self.settles / _momentum(norm):
            raise CannotJudgeError(f"batch norm with momentum {norm.momentum} has seen only {found.steps} batches")
        severity = self._severity(found)
        if severity is None:
            return
        if norm.momentum is None:  # the mean over the whole training is behind until the weights rest
            severity = min(severity, 0.5)
        batch, running = float(found.batch_losses.mean()), float(found.running_losses.mean())
        yield Finding(
            symptom="normalisation_gap",
            title=self.title,
            severity=severity,
            confidence=0.9,
            statement=f"On the same training batches the loss is {batch:.3g} with the statistics of the batch and "
            f"{running:.3g} with the running ones" + _answers(found),
            evidence={
                "rule": "D18",
                "value": running / batch
                if found.batch_right is None
                else (found.batch_right - (found.running_right or 0)),
                "threshold": self.ratio if found.batch_right is None else self.gap,
                "momentum": _momentum(norm),
            },
            where=f"layer '{name}'",
            cures=("group_norm", "larger_batches"),
            advice=f"Set momentum=0.1 in '{name}' (it is {_momentum(norm):g})."
            if slow
            else "Replace BatchNorm by GroupNorm, or use larger, shuffled batches of 16 examples and more.",
            source="Wu and Johnson, \"Rethinking 'Batch' in BatchNorm\", 2021",
            plot=Plot(
                title="Loss of the same batches",
                x="batch",
                y="loss",
                lines=(
                    _line("batch statistics", found.batch_losses),
                    _line("running statistics", found.running_losses),
                ),
            ),
        )

    def _severity(self, found: ModeGap) -> float | None:
        differences = found.running_losses - found.batch_losses
        finite = differences[np.isfinite(differences)]
        error = float(finite.std(ddof=1) / np.sqrt(len(finite))) if len(finite) > 1 else 0.0
        if len(finite) == len(differences) and float(differences.mean()) <= 3 * error:
            return None
        if found.batch_right is None or found.running_right is None:
            times = float(found.running_losses.mean() / max(found.batch_losses.mean(), 1e-12))
            return None if times <= self.ratio else 0.8 if times > 2 * self.ratio else 0.5
        gap = found.batch_right - found.running_right
        if gap <= max(self.gap, 3 * np.sqrt(0.25 / max(1, found.examples))):
            return None
        return 0.8 if gap > self.severe else 0.5


def _asked(case: Case) -> FewPerBatch | None:
    try:
        return case.ask(few_per_batch)
    except CannotJudgeError:
        return None


def _of_small_batches(small: FewPerBatch, name: str, least: float) -> Finding:
    tried = small.tried
    return Finding(
        symptom="normalisation_gap",
        title="batch norm over too few examples",
        severity=float(min(0.95, 0.35 + 0.6 * small.share)),
        confidence=0.9,
        statement=f"Batch norm normalises by the statistics of {small.examples} examples at a time: after the whole "
        f"training the loss is {small.before:.3g}; with group norm in its place {tried.steps} steps reach "
        f"{tried.after:.3g}.",
        evidence={
            "rule": "D18",
            "value": small.gain,
            "threshold": least,
            "share_lost": small.share,
            "examples_per_batch": small.examples,
        },
        where=f"layer '{name}'",
        cures=("group_norm", "larger_batches"),
        advice="Replace BatchNorm by GroupNorm, or use batches of 16 examples and more.",
        source="Wu and He, Group Normalization, ECCV 2018, section 4.1",
    )


def _momentum(norm: nn.modules.batchnorm._BatchNorm) -> float:
    return 1.0 if norm.momentum is None else float(norm.momentum)


def _answers(found: ModeGap) -> str:
    if found.batch_right is None or found.running_right is None:
        return "."
    return f"; {100 * found.batch_right:.0f} % and {100 * found.running_right:.0f} % of the answers are right."


def _line(name: str, losses: np.ndarray) -> Line:
    y = tuple(float(v) if np.isfinite(v) else float("nan") for v in losses)
    return Line(name=name, x=tuple(map(float, range(len(y)))), y=y)


rules.register("normalisation_gap")(NormalisationGap())
