"""Targets that the loss cannot learn from: out of range, not numbers, all the same, in contradiction.

One-hot targets, labels 1 to K with K + 1 outputs, and labels marked with the loss's ``ignore_index`` are as they
should be.

Rule: each fault by what the loss takes; contradiction by the share of examples that no rule can get right because
others have the same inputs and another label (reference rule D3).
Source: documentation of PyTorch's losses; Northcutt et al., "Confident Learning", 2021, for what wrong labels cost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.conflicts import Conflicts, conflicts
from whet.diagnosis.probes.goal import Goal, goal
from whet.diagnosis.probes.label_range import label_range
from whet.diagnosis.probes.passes import first_pass, run_batch
from whet.diagnosis.probes.targets import Targets, targets
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding

__all__ = ["BadLabels"]


@dataclass(frozen=True, kw_only=True)
class BadLabels:
    """Looks at the targets of the batches that were read."""

    lost: float = 0.05  # share of examples in contradiction with others from which it is worth saying
    gap: float = 5.0  # of a placeholder from the other numbers, over their whole range
    placeholders: float = 0.003  # least share of one repeated extreme number

    title: str = "targets that the loss cannot learn from"
    stage: Stage = "before"
    explains: frozenset[str] = (
        RATES
        | COURSE
        | RESULT
        | frozenset(
            {"cannot_memorise", "flat_loss", "non_finite", "exploding", "underfitting", "below_baseline", "label_noise"}
            | {
                "initial_loss",
                "split_mismatch",
                "input_unused",
                "overfitting",
                "oscillation",
                "shuffled_labels_learn",
                "learning_rate_too_high",
            }
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """The gravest fault of the values, and contradictions."""
        if case.setup is None:
            return
        outside = label_range(case.setup, case.ask(batches).first)
        if outside is not None and not _are_taken(case):
            if outside.num_classes <= outside.width:  # else there are too few outputs: wrong_output_size
                yield _no_place(outside.low, outside.high, outside.width)
            return
        aim, codes = case.ask(goal), case.ask(targets)
        found = list(self._values(case, aim, codes))
        yield from found[:1]
        if not found and aim.kind == "classes":
            try:
                yield from self._contradictions(case.ask(conflicts))
            except CannotJudgeError:
                return

    def _values(self, case: Case, aim: Goal, codes: Targets) -> Iterable[Finding]:
        yield from _not_numbers(case, codes)
        if aim.kind == "classes":
            yield from _classes(case, codes)
        elif aim.kind == "binary":
            yield from _yes_or_no(codes)
        elif aim.kind == "numbers":
            yield from self._placeholders(codes)
        if aim.kind != "unknown":
            yield from _constant(codes)

    def _placeholders(self, codes: Targets) -> Iterable[Finding]:
        """-999 or the like among ordinary numbers: one extreme value, repeated exactly, far from all others."""
        values = torch.cat([t.reshape(-1).double() for t in codes.values])
        values = values[values.isfinite()]
        for extreme in (values.min(), values.max()) if len(values) > 20 else ():
            rest = values[values != extreme]
            count = len(values) - len(rest)
            if count < max(3, self.placeholders * len(values)) or len(rest) < 10 or count > len(rest):
                continue
            spread = float(rest.max() - rest.min())
            distance = float((rest - extreme).abs().min())
            if spread > 0 and distance > self.gap * spread:
                yield _finding(
                    0.75,
                    f"{count} of {len(values)} targets are exactly {float(extreme):g}; all others lie between "
                    f"{float(rest.min()):.4g} and {float(rest.max()):.4g}.",
                    value=float(extreme),
                    threshold=float(rest.min() if extreme < rest.min() else rest.max()),
                    cures=("drop_non_finite",),
                    advice=f"{float(extreme):g} looks like a mark for a missing value: leave these examples out of "
                    "training.",
                    confidence=0.85,
                )

    def _contradictions(self, seen: Conflicts) -> Iterable[Finding]:
        if seen.blank_lost > 0.5 * seen.lost:
            return  # blank inputs are broken inputs, not labels: input_scale
        if seen.lost < self.lost or seen.distinct < 0.02 * seen.total or seen.distinct < 10:
            return
        by_chance = seen.lost > 0.8 * seen.expected
        yield _finding(
            0.6 if by_chance else 0.4,
            f"{seen.conflicting} of {seen.total} examples have the same inputs as others and another label; "
            f"{100 * seen.lost:.0f} % cannot be predicted right by any model"
            + (", as if the labels of equal inputs had nothing to do with one another." if by_chance else "."),
            value=seen.lost,
            threshold=self.lost,
            cures=(),
            advice="Look at some of these pairs: were labels shuffled apart from inputs, or do the inputs lack "
            "what tells them "
            "apart?",
            confidence=0.7,
        )


def _are_taken(case: Case) -> bool:
    """Whether the loss takes labels for which there is no output all the same: a function with its own ignore_index."""
    try:
        return case.ask(goal).ignored is not None
    except CannotJudgeError:
        return False


def _not_numbers(case: Case, codes: Targets) -> Iterable[Finding]:
    for index, values in enumerate(codes.values):
        count = int((~values.isfinite()).sum()) if values.is_floating_point() else 0
        if count and case.setup is not None:
            copy = case.setup.copy()
            with torch.no_grad():
                loss = run_batch(copy, case.ask(batches).first[index], seed=case.seed).loss
            if not bool(torch.isfinite(loss).all()):  # a loss that leaves them out is finite
                yield _finding(
                    0.95,
                    f"{count} targets of batch {index} are NaN or infinite, and so is its loss.",
                    value=count,
                    threshold=0,
                    cures=("drop_non_finite",),
                    advice="Leave these examples out, or fill the targets in, before the loader.",
                    where=f"batch {index}",
                )
            return


def _classes(case: Case, codes: Targets) -> Iterable[Finding]:
    given = case.ask(first_pass).given[0][0]
    width = given.shape[1] if given.ndim > 1 else len(given)
    ignored = case.ask(goal).ignored
    for index, values in enumerate(codes.values):
        if values.is_floating_point() or (values.ndim == given.ndim and given.ndim > 1):
            yield from _shares(values.double(), index, given)
            return
        kept = values[values != ignored]
        wrong = kept[(kept < 0) | (kept >= width)]
        if len(wrong):
            low, high = int(kept.min()), int(kept.max())
            yield _finding(
                0.95,
                f"Label {int(wrong[0])} in batch {index} is not among the {width} classes 0 to {width - 1} of the "
                "model's outputs.",
                value=int(wrong[0]),
                threshold=width - 1,
                cures=("relabel_range",),
                advice="Subtract 1 from the labels."
                if (low, high) == (1, width)
                else f"Relabel to 0 ... K - 1, give the last layer {high + 1} outputs, or use "
                f"ignore_index={int(wrong[0])}.",
                where=f"batch {index}",
            )
            return


def _no_place(low: int, high: int, width: int) -> Finding:
    return _finding(
        0.97,
        f"Labels go from {low} to {high} and the model has {width} outputs, for labels 0 to {width - 1}: the loss "
        "stops with "
        "an error.",
        value=high if high >= width else low,
        threshold=width - 1 if high >= width else 0,
        cures=("relabel_range",),
        advice="Subtract 1 from the labels: targets - 1."
        if (low, high) == (1, width)
        else f"Relabel to 0 ... {width - 1}, or pass ignore_index for what is to be left out.",
    )


def _shares(values: Tensor, index: int, outputs: Tensor) -> Iterable[Finding]:
    """Targets of one share per class."""
    if values.shape != outputs.shape or values.ndim < 2 or not bool(values.isfinite().all()):
        return
    sums = values.sum(dim=1)
    if bool((values < 0).any()) or bool(((sums - 1).abs() > 0.02).any()):
        yield _finding(
            0.6,
            f"The shares of the classes sum to between {float(sums.min()):.3g} and {float(sums.max()):.3g} in batch "
            f"{index}; "
            "cross_entropy takes shares that sum to 1.",
            value=float(sums.max()),
            threshold=1.0,
            cures=(),
            advice="For several labels per example use nn.BCEWithLogitsLoss(); for one, make each row sum to 1.",
            where=f"batch {index}",
            confidence=0.8,
        )


def _yes_or_no(codes: Targets) -> Iterable[Finding]:
    values = torch.cat([t.reshape(-1).double() for t in codes.values])
    values = values[values.isfinite()]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    if low < 0 or high > 1:
        yield _finding(
            0.95,
            f"The loss of yes/no labels takes targets from 0 to 1, and they go from {low:g} to {high:g}: it then has "
            "no lowest "
            "value, and falls without end.",
            value=high if high > 1 else low,
            threshold=1.0 if high > 1 else 0.0,
            cures=("relabel_range",),
            advice=f"Map the targets to 0 and 1: (targets - {low:g}) / {high - low:g}."
            if len(torch.unique(values)) == 2
            else "Use nn.CrossEntropyLoss() for several classes, or nn.MSELoss() for numbers.",
        )


def _constant(codes: Targets) -> Iterable[Finding]:
    values = torch.cat([t.reshape(-1).double() for t in codes.values])
    num_examples = sum(len(t) if t.ndim else 1 for t in codes.values)
    if codes.is_whole and num_examples >= 20 and bool((values == values[0]).all()):
        yield _finding(
            0.9,
            f"All {len(values)} targets of an epoch are {float(values[0]):g}: there is nothing to tell apart.",
            value=1,
            threshold=2,
            cures=(),
            advice="Check the column or function that makes the targets.",
        )


def _finding(
    severity: float,
    statement: str,
    *,
    value: float,
    threshold: float,
    cures: tuple[str, ...],
    advice: str,
    where: str = "the targets",
    confidence: float = 0.97,
) -> Finding:
    return Finding(
        symptom="bad_labels",
        title="Targets that the loss cannot learn from",
        severity=severity,
        confidence=confidence,
        statement=statement,
        evidence={"rule": "D3", "value": value, "threshold": threshold},
        where=where,
        cures=cures,
        advice=advice,
        source="documentation of torch.nn.CrossEntropyLoss and torch.nn.BCEWithLogitsLoss (targets)",
    )


rules.register("bad_labels")(BadLabels())
