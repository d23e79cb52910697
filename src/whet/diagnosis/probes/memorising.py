"""Whether the model can learn a handful of examples by heart with an optimiser of our own."""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.goal import Goal, goal
from whet.diagnosis.probes.passes import Pass, run_batch
from whet.diagnosis.probes.rows import keys_of, regroup
from whet.diagnosis.probes.short_runs import as_reason, deadline, short_run, without_dropout
from whet.diagnosis.probes.tensors import tensors_in
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError

__all__ = ["Attempt", "Memory", "memorising"]

MANY = 32
RATES = (3e-3, 3e-2, 3e-4)  # of Adam; most networks take the first
STEPS = 200
CHUNK = 25  # steps between looks
ENOUGH = 0.01  # of the initial loss


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """The best of the rates on one set of examples."""

    num: int
    is_learnt: bool
    start: float  # loss
    end: float
    score: float  # accuracy, or 1 - share of variance left; NaN where the goal is unknown
    attainable: float  # the best score that any function of the inputs can have
    constant: float = math.nan  # the score of the best constant answer; NaN where the goal is unknown
    num_values: int = 1  # of the targets
    losses: tuple[float, ...]  # of the best rate


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Many examples, and, where those could not be learnt, two of them that differ."""

    many: Attempt
    few: Attempt | None
    num_parameters: int  # that train


def memorising(case: Case) -> Memory:
    """Dropout off, training mode otherwise; the weights start as the user has them."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    kind, given = case.ask(goal), case.ask(batches).first
    num_parameters = sum(p.numel() for p in case.setup.model.parameters() if p.requires_grad)
    if not num_parameters:
        raise CannotJudgeError("no parameter of the model trains")
    until = deadline(case.left_s(), share=0.2, most_s=6.0)
    several = _joined(given, MANY)
    seen = _look(case.setup.copy(), several)
    if kind.kind == "numbers":
        case = _with_ordinary_targets(case, seen)
        assert case.setup is not None
        seen = _look(case.setup.copy(), several)
    per_example = _targets_per_example(seen)
    if per_example > 1 and kind.kind == "classes":  # one sequence: two may begin alike and go on differently
        few = _attempt(case, kind, regroup([several], np.array([0]), 1)[0], until, 1)
        return Memory(many=few, few=few, num_parameters=num_parameters)
    many = _attempt(case, kind, several, until, _size(seen))
    if many.is_learnt:
        return Memory(many=many, few=None, num_parameters=num_parameters)
    pair = _pair(seen, kind)
    if pair is None:
        raise CannotJudgeError("no two examples of the first batches differ in inputs and targets")
    few = _attempt(case, kind, regroup([several], np.array(pair), 2)[0], until + 2.0, 2)
    return Memory(many=many, few=few, num_parameters=num_parameters)


def _with_ordinary_targets(case: Case, seen: Pass) -> Case:
    """Large numbers are only far away: whether they can be reached is asked elsewhere."""
    assert case.setup is not None
    targets = seen.given[0][1].float()
    mean, std = float(targets.mean()), float(targets.std(correction=0))
    if case.ask(goal).function == "poisson_nll_loss":  # counts stay counts: no sign may change
        mean, std = 0.0, mean
    if not 10.0 < math.hypot(mean, std) < math.inf:
        return case
    given = case.setup.forward

    def forward(model: nn.Module, batch: Any) -> tuple[Any, Any]:
        outputs, answers = given(model, batch)
        return outputs, (answers - mean) / (std or 1.0)

    return Case(setup=replace(case.setup, forward=forward), until=case.until, seed=case.seed)


def _joined(given: tuple[Any, ...], num: int) -> Any:
    """About ``num`` examples; the first batch where batches cannot be joined."""
    from whet.diagnosis.probes.rows import num_rows

    try:
        sizes = np.cumsum([num_rows(b) for b in given])
        enough = int(np.searchsorted(sizes, num)) + 1
        chosen = given[:enough]
        count = int(min(num, sizes[min(enough, len(given)) - 1]))
        return regroup(chosen, np.arange(count), count)[0]
    except CannotJudgeError:
        return given[0]


def _look(setup: Setup, batch: Any) -> Pass:
    setup.model.train()
    with as_reason("a forward pass"), torch.no_grad():
        return run_batch(setup, batch)


def _attempt(case: Case, kind: Goal, batch: Any, until: float, num: int) -> Attempt:
    """Ends with the first rate that learns; else the one with the best score."""
    best: Attempt | None = None
    for rate in RATES:
        assert case.setup is not None
        setup = case.setup.copy()
        without_dropout(setup.model.train())
        optimizer = torch.optim.Adam([p for p in setup.model.parameters() if p.requires_grad], lr=rate)
        losses: list[float] = []
        while len(losses) < STEPS:
            part = short_run(setup, [batch], steps=CHUNK, until=until, optimizer=optimizer)
            losses += part
            attempt = _judge(kind, _look(setup, batch), losses, num)
            if attempt.is_learnt:
                return attempt
            if not math.isfinite(part[-1]) or _is_still(losses):
                break
            if time.monotonic() >= until:
                raise CannotJudgeError("too little time to see whether a batch can be learnt by heart")
        if not math.isfinite(losses[0]):
            raise CannotJudgeError("the loss is not finite from the start")
        best = attempt if best is None or _rank(attempt) > _rank(best) else best
    assert best is not None
    return best


def _is_still(losses: list[float]) -> bool:
    """Nothing has happened at all; more steps of this rate would change nothing."""
    return len(losses) >= 2 * CHUNK and max(abs(v - losses[0]) for v in losses) <= 1e-5 * abs(losses[0])


def _judge(kind: Goal, seen: Pass, losses: list[float], num: int) -> Attempt:
    start, end = losses[0], float(seen.loss)
    score = attainable = constant = math.nan
    num_values = num
    if seen.given and kind.kind != "unknown":
        outputs, targets = seen.given[0]
        with as_reason("reading the outputs"):
            truth, scores = kind.pairs(outputs, targets)
        if len(truth) != len(scores):
            raise CannotJudgeError("outputs and targets differ in number")
        if not len(truth):
            raise CannotJudgeError("the loss leaves out all targets of these examples")
        num_values = len(truth)
        if kind.kind == "numbers":
            constant = 0.0
            left = float(np.mean((truth - scores[:, 0]) ** 2)) / max(float(np.var(truth)), 1e-30)
            score, attainable, is_learnt = 1 - left, 1.0, left < 0.1
        else:
            score = float(np.mean(scores.argmax(axis=1) == truth))
            constant = max(Counter(truth.tolist()).values()) / len(truth)
            attainable = _attainable(seen, kind.codes(targets))
            is_learnt = score >= 0.95 * attainable
    else:
        is_learnt = abs(start - end) > 1e-3 * abs(start)  # its floor is not known: any change counts
    return Attempt(
        num=num,
        is_learnt=bool(is_learnt or (0 <= end < ENOUGH * start)),
        start=start,
        end=end,
        score=score,
        attainable=attainable,
        constant=constant,
        num_values=num_values,
        losses=tuple(losses),
    )


def _rank(attempt: Attempt) -> float:
    value = attempt.score if math.isfinite(attempt.score) else -attempt.end
    return value if math.isfinite(value) else -math.inf


def _inputs(seen: Pass, size: int) -> list[bytes]:
    tensors = [t for t in tensors_in([seen.args, dict(seen.kwargs)]) if t.ndim and len(t) == size]
    return keys_of(tensors) if tensors else [str(i).encode() for i in range(size)]


def _attainable(seen: Pass, truth: np.ndarray) -> float:
    """Examples with the same inputs get the same answer: at best the commonest of their targets."""
    size = _size(seen)
    if len(truth) != size:
        return 1.0
    groups: dict[bytes, Counter[int]] = defaultdict(Counter)
    for key, code in zip(_inputs(seen, size), truth.tolist()):
        if code >= 0:
            groups[key][code] += 1
    return sum(max(g.values()) for g in groups.values()) / max(1, sum(g.total() for g in groups.values()))


def _size(seen: Pass) -> int:
    targets = [t for t in tensors_in(seen.targets) if t.ndim]
    return len(targets[0]) if targets else 1


def _targets_per_example(seen: Pass) -> int:
    targets = seen.given[0][1] if seen.given else None
    if targets is None or targets.is_floating_point() or targets.ndim == 0:
        return 1
    return targets.numel() // max(1, len(targets))


def _pair(seen: Pass, kind: Goal) -> tuple[int, int] | None:
    """Two examples with different inputs and, where those are understood, different targets."""
    size = _size(seen)
    keys = _inputs(seen, size)
    targets = [t for t in tensors_in(seen.targets) if t.ndim and len(t) == size]
    answers = keys_of(targets[:1]) if targets else keys
    for j in range(1, size):
        if keys[j] != keys[0] and (answers[j] != answers[0] or kind.kind == "unknown"):
            return 0, j
    return None
