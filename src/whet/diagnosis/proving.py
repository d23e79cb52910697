"""Tries cures: the corrected training beside the uncorrected one, and whether it really is better.

Both train in the same ordinary loop from the same weights, with the same draws and as many steps, and are scored on the
same validation examples, so that the interval of the gain is a paired one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import Cure, cures
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.ordinary_loop import Stretch, train_stretch
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.short_runs import as_reason
from whet.diagnosis.probes.training import training
from whet.diagnosis.scoring import Scored, compare, score, scored_outcome
from whet.diagnosis.setup import Setup
from whet.diagnosis.verdict import Verdict
from whet.errors import CannotJudgeError
from whet.finding import Finding

__all__ = ["Proof", "prove", "random_cure"]

MOST_EPOCHS = 20.0  # where the user does not say how long to train
LOOP = "ordinary_loop"  # a cure of the user's own loop: compared with what that loop has made
BALANCED = frozenset({"class_weights"})  # cures for rare classes, which plain accuracy hardly counts
TARGETS = frozenset({"shift_targets", "relabel_range", "drop_non_finite"})  # cures that change what is right
HONEST = dict.fromkeys(
    ("keep_examples_apart", "leave_out_column"),
    "the score is honest now, which is what this mends; it need not be higher",
)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One cure, tried. Scores are in the metric's unit; None where a side could not be trained or scored."""

    cure: str  # registered name
    title: str
    advice: str  # the line to change
    symptom: str  # of the finding that it treats
    metric: str  # "accuracy", "rmse", "macro_recall", or "loss" where nothing else is known
    before: float | None
    after: float | None
    gain: float | None = None  # in the metric's unit; positive is better
    relative: float | None = None  # the gain as a share of ``before``
    low: float | None = None  # 95 % interval of the gain
    high: float | None = None
    worked: bool = False  # the whole interval is above 0
    seconds: float = 0.0  # of the corrected training
    steps: int = 0
    on: str = "validation"  # or "training", where there are no validation examples
    note: str = ""  # why it could not be tried, or how to read the figures


def prove(case: Case, verdicts: Sequence[Verdict], *, until: float) -> tuple[Proof, ...]:
    """Try cures while there is time: the first one of every verdict, then further ones of verdicts not yet mended.

    Args:
        until: moment of ``time.monotonic``.
    """
    proofs: list[Proof] = []
    mended: set[str] = set()
    for finding, name in _in_order(verdicts):
        if finding.symptom in mended or name in {p.cure for p in proofs} or name not in cures:
            continue
        if proofs and time.monotonic() >= until:
            break
        proofs.append(_tried(case, finding, name, until))
        if proofs[-1].worked:
            mended.add(finding.symptom)
    return tuple(proofs)


def random_cure(case: Case, *, generator: torch.Generator) -> str | None:
    """The name of a cure drawn uniformly from those that apply: the control that ranked cures must beat."""
    able = [name for name, cure in cures.items() if cure.applies(case)]
    return able[int(torch.randint(len(able), (), generator=generator))] if able else None


def _in_order(verdicts: Sequence[Verdict]) -> Iterator[tuple[Finding, str]]:
    ranked = [
        (rank, number, verdict.root, name)
        for number, verdict in enumerate(verdicts)
        for rank, name in enumerate(verdict.root.cures)
    ]
    return ((finding, name) for _, _, finding, name in sorted(ranked, key=lambda r: r[:2]))


def _tried(case: Case, finding: Finding, name: str, until: float) -> Proof:
    cure, began = cures[name], time.monotonic()
    empty = Proof(
        cure=name,
        title=cure.title,
        advice=_advice(cure, case, finding),
        symptom=finding.symptom,
        metric="",
        before=None,
        after=None,
    )
    try:
        with as_reason("the corrected training"):
            if case.trace is not None and setup_of(case).optimizer_is_ours:
                raise CannotJudgeError("the watched training had several optimisers, which a copy cannot be given")
            before, stretch = _before(case, name)
            cured = cure.apply(case, finding)
            began = time.monotonic()
            after = _train(setup_of(case), cured, stretch, until)
            seconds = time.monotonic() - began
            scored = score(cured, loss=setup_of(case).loss)
            before = _before_cured_targets(case, name, before, cured, scored)
            found = compare(before, scored, is_balanced=name in BALANCED, seed=case.seed)
    except CannotJudgeError as error:
        return replace(empty, advice=finding.advice or empty.advice, note=str(error), seconds=time.monotonic() - began)
    short = len(after.losses) < len(stretch.losses) if after.ended_by_clock and stretch is not None else False
    notes = (found.note, HONEST.get(name, ""), f"only {len(after.losses)} steps: no more time" if short else "")
    return replace(
        empty,
        metric=found.metric,
        before=found.before,
        after=found.after,
        gain=found.gain,
        low=found.low,
        high=found.high,
        relative=_relative(found.before, found.gain),
        worked=found.is_better or name in HONEST,
        seconds=seconds,
        steps=len(after.losses),
        on=found.on,
        note="; ".join(filter(None, notes)),
    )


def _relative(before: float | None, gain: float | None) -> float | None:
    return None if before is None or gain is None or not before else gain / abs(before)


def _advice(cure: Cure, case: Case, finding: Finding) -> str:
    """The finding's own where the cure cannot look at the parts that it would name."""
    try:
        with as_reason("the advice"):
            return cure.advice(case, finding)
    except CannotJudgeError:
        return finding.advice


def _before(case: Case, name: str) -> tuple[Scored | None, Stretch | None]:
    """What the training gives as it is, and how long it was; None where it cannot even be trained."""
    case.ask(batches)
    if name == LOOP and case.trace is not None and case.outcome is not None:
        return scored_outcome(case.outcome), Stretch(losses=[0.0] * len(case.trace.steps))
    try:
        return case.ask(_uncorrected)
    except CannotJudgeError:
        return None, None


def _before_cured_targets(case: Case, name: str, before: Scored | None, cured: Setup, scored: Scored) -> Scored | None:
    """Answers of the uncorrected copy held against the targets that the cured one is held against.

    Standardised targets need no such thing: both are compared in the target's own unit.
    """
    if name not in TARGETS or before is None or np.array_equal(before.truth, scored.truth):
        return before
    try:
        with as_reason("the uncorrected model on the cured targets"):
            return score(replace(cured, model=case.ask(training).setup.copy().model), loss=setup_of(case).loss)
    except CannotJudgeError:
        return before


def _uncorrected(case: Case) -> tuple[Scored, Stretch]:
    """The training that rules have already watched."""
    with as_reason("the uncorrected training"):
        done = case.ask(training)
        return score(done.setup), done.stretch


def _train(setup: Setup, cured: Setup, before: Stretch | None, until: float) -> Stretch:
    """As many steps as before; as many epochs where the cure changes the loader; longer where it says so."""
    if before is None or not before.losses:
        return train_stretch(cured, epochs=cured.epochs or MOST_EPOCHS, until=until)
    times = 1.0
    if cured.epochs is not None and cured.epochs != setup.epochs:
        times = cured.epochs / (setup.epochs or MOST_EPOCHS)
    if cured.train is not setup.train and before.epochs >= 1:
        return train_stretch(cured, epochs=times * before.epochs, until=until)
    return train_stretch(cured, steps=max(1, round(times * len(before.losses))), until=until)
