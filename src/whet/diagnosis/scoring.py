"""How good a trained copy's predictions are, example by example, and whether another's are better.

A cure may change what the outputs mean (logits in place of probabilities) or how labels are numbered. So copies are
compared by what does not depend on that: which examples are right, or how far a number is off in its own unit.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

import whet.evaluation.metrics  # noqa: F401  registers the metrics
from whet.diagnosis.outcome import Outcome
from whet.diagnosis.preserving import preserving
from whet.diagnosis.probes.goal import Goal, goal_of
from whet.diagnosis.probes.passes import Pass, run_batch
from whet.diagnosis.setup import Loss, Setup
from whet.errors import CannotJudgeError
from whet.evaluation.intervals import gain_interval
from whet.evaluation.metric import metrics
from whet.rng import drawing_globally

__all__ = ["Compared", "Scored", "compare", "score", "scored_outcome"]

MOST = 16  # batches that are scored
MOST_ALONE = 64  # examples of a batch whose loss is computed one by one
OFF = 10.0  # spreads of the truth: how far off a prediction that is NaN or infinite counts as


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Examples (or tokens, pixels) in the order of the loader."""

    kind: Literal["classes", "numbers", "unknown"]
    truth: np.ndarray  # (N,) codes; numbers; zeros where the goal is unknown
    values: np.ndarray  # (N,) 1 where right, 0 where wrong; errors in the target's unit; losses by batch
    clusters: np.ndarray  # (N,) which example of the loader each belongs to
    num_broken: int  # predictions that are NaN or infinite
    on: str


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Gains are in the unit of the metric; positive is better."""

    metric: str
    before: float | None
    after: float
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    is_better: bool = False
    on: str
    note: str = ""


def score(setup: Setup, *, loss: Loss | None = None) -> Scored:
    """Predictions of a trained copy in evaluation mode, on validation batches, else on training batches.

    Args:
        loss: in which to measure where the goal is unknown; the set-up's own without.
    """
    source, on = (setup.train, "training") if setup.valid is None else (setup.valid, "validation")
    setup.model.eval()
    truth, values, clusters, broken, examples = list[Any](), list[Any](), list[Any](), 0, 0
    kind: Literal["classes", "numbers", "unknown"] = "unknown"
    with preserving(source), drawing_globally(setup.seed, "scoring"), torch.no_grad():
        for batch in itertools.islice(source, MOST):
            seen = run_batch(setup, batch, seed=setup.seed)
            kind, own, found, num_broken = _judged(seen, goal_of(seen), loss)
            size = len(seen.targets) if isinstance(seen.targets, Tensor) and seen.targets.ndim else len(own)
            each = max(1, len(own) // max(1, size))
            truth.append(own)
            values.append(found)
            clusters.append(examples + np.arange(len(own)) // each)
            examples, broken = examples + size, broken + num_broken
    if not truth or sum(map(len, truth)) < 2:
        raise CannotJudgeError("too few examples to compare predictions on")
    return Scored(
        kind=kind,
        truth=np.concatenate(truth),
        values=np.concatenate(values),
        clusters=np.concatenate(clusters),
        num_broken=broken,
        on=on,
    )


def scored_outcome(outcome: Outcome) -> Scored:
    """The same of predictions that are known already."""
    num = len(outcome.truth)
    if outcome.kind == "classes":
        right = (outcome.scores.argmax(axis=1) == outcome.truth) & np.isfinite(outcome.scores).all(axis=1)
        kind: Literal["classes", "numbers"] = "classes"
        values = right.astype(np.float64)
    else:
        kind, values = "numbers", _errors(outcome.truth, outcome.scores[:, 0])
    broken = int((~np.isfinite(outcome.scores)).any(axis=1).sum())
    return Scored(
        kind=kind, truth=outcome.truth, values=values, clusters=np.arange(num), num_broken=broken, on="validation"
    )


def _judged(
    seen: Pass, goal: Goal, loss: Loss | None
) -> tuple[Literal["classes", "numbers", "unknown"], np.ndarray, np.ndarray, int]:
    """Kind, truth, values and how many predictions are broken, of one batch."""
    if goal.kind in ("classes", "binary"):
        outputs, targets = seen.given[0]
        codes, scores = goal.codes(targets), goal.scores(outputs)
        fine = np.isfinite(scores).all(axis=1)
        kept = codes >= 0  # negative codes are examples that do not count
        right = (scores.argmax(axis=1) == codes) & fine
        return "classes", codes[kept], right[kept].astype(np.float64), int((~fine).sum())
    if goal.kind == "numbers":
        outputs, targets = _in_own_unit(seen)
        truth, given = (t.detach().double().cpu().flatten().numpy() for t in (targets, outputs))
        given = np.exp(given) if goal.expects == "log_values" else given
        kept = np.isfinite(truth)
        errors = _errors(truth[kept], given[kept])
        return "numbers", truth[kept], errors, int((~np.isfinite(given[kept])).sum())
    found = _losses(seen, loss)
    return "unknown", np.zeros(len(found)), found, int((~np.isfinite(found)).sum())


def _losses(seen: Pass, loss: Loss | None) -> np.ndarray:
    """Example by example where outputs and targets can be taken apart, else one value for the batch."""
    whole = seen.loss if loss is None else loss(seen.outputs, seen.targets)
    outputs, targets = seen.outputs, seen.targets
    both = isinstance(outputs, Tensor) and isinstance(targets, Tensor) and outputs.ndim > 0 and targets.ndim > 0
    if loss is None or not both or len(outputs) != len(targets):
        return np.array([float(whole.detach())])
    values = [
        float(loss(outputs[i : i + 1], targets[i : i + 1]).detach()) for i in range(min(MOST_ALONE, len(outputs)))
    ]
    return np.array(values)


def _in_own_unit(seen: Pass) -> tuple[Tensor, Tensor]:
    """What the forward pass gives, before the loss (or a cure around it) scales it."""
    both = isinstance(seen.outputs, Tensor) and isinstance(seen.targets, Tensor)
    if both and seen.outputs.numel() == seen.targets.numel():
        return seen.outputs, seen.targets
    outputs, targets = seen.given[0]
    if outputs.numel() != targets.numel():
        outputs, targets = torch.broadcast_tensors(outputs, targets)  # type: ignore[no-untyped-call]
    return outputs, targets


def _errors(truth: np.ndarray, given: np.ndarray) -> np.ndarray:
    """(N,); those of broken predictions are large, but finite, so that the rest can still be compared."""
    spread = float(np.std(truth)) or float(np.abs(truth).max(initial=0.0)) or 1.0
    return np.asarray(np.where(np.isfinite(given), given - truth, OFF * spread))


def compare(before: Scored | None, after: Scored, *, is_balanced: bool = False, seed: int) -> Compared:
    """Whether ``after`` is better, with a 95 % interval that is paired by example where both have the same examples.

    Args:
        is_balanced: by the mean over classes in place of the mean over examples.
    """
    name = _metric(after.kind, is_balanced)
    if before is None:
        return _alone(after, name)
    num = min(len(before.values), len(after.values))  # a cure may drop an example or two at the end
    truth, new = _arrays(after, num, is_balanced)
    _, old = _arrays(before, num, is_balanced)
    least = min(float(new.min()), float(old.min())) if name == "loss" else 0.0
    new, old = (new - least, old - least) if least else (new, old)  # a mean of absolute values sees no sign
    clusters = after.clusters[:num]
    metric = metrics["mae" if name == "loss" else name]
    found = gain_interval(metric, truth, new, old, clusters=clusters, seed=seed)
    note = f"{before.num_broken} predictions without the cure are NaN or infinite" if before.num_broken else ""
    return Compared(
        metric=name,
        before=_value(name, truth, old) + least,
        after=_value(name, truth, new) + least,
        gain=found.value,
        low=found.low,
        high=found.high,
        is_better=found.low > 0 and after.num_broken == 0,
        on=after.on,
        note=note,
    )


def _metric(kind: str, is_balanced: bool) -> str:
    if kind == "classes":
        return "macro_recall" if is_balanced else "accuracy"
    return "rmse" if kind == "numbers" else "loss"


def _arrays(scored: Scored, num: int, is_balanced: bool) -> tuple[np.ndarray, np.ndarray]:
    """(truth, scores) that a registered metric takes: for classes only right and wrong count.

    Class k wrongly predicted counts as class k + 1, which leaves every class's share of right examples as it is.
    """
    values = scored.values[:num]
    if scored.kind != "classes":
        return np.zeros(num), (np.abs(values) if scored.kind == "numbers" else values)[:, None]
    if not is_balanced:
        return np.zeros(num, dtype=np.int64), np.stack([values, 1 - values], axis=1)
    codes = scored.truth[:num]
    width = int(codes.max()) + 2
    return codes, np.eye(width)[np.where(values > 0, codes, (codes + 1) % width)]


def _value(name: str, truth: np.ndarray, scores: np.ndarray) -> float:
    return float(metrics["mae" if name == "loss" else name].compute(truth, scores))


def _alone(after: Scored, name: str) -> Compared:
    """The script could not be trained at all without the cure: it worked where the model now beats a constant."""
    truth, scores = _arrays(after, len(after.values), name == "macro_recall")
    value = _value(name, truth, scores)
    if after.kind == "classes":
        constant = float(np.bincount(after.truth).max() / len(after.truth)) if name == "accuracy" else 0.0
        is_better = value > constant
    else:
        is_better = after.kind == "numbers" and value < float(np.std(after.truth))
    note = "without the cure the training stops with an error"
    return Compared(
        metric=name, before=None, after=value, is_better=is_better and not after.num_broken, on=after.on, note=note
    )
