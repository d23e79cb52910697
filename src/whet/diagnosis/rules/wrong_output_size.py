"""The last layer's width does not fit the targets.

Too few outputs stop the training with an error; one single output under cross_entropy does not: its loss is always
0. Outputs (B,) with targets (B,) of numbers under cross_entropy are read as one example of B classes. Many more
outputs than classes only cost a little time at the beginning; vocabularies are like that.

Rule: by the shapes that the loss is given, and the codes seen (reference rule D7).
Source: documentation of torch.nn.CrossEntropyLoss (shapes).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.label_range import label_range
from whet.diagnosis.probes.passes import first_pass
from whet.diagnosis.probes.targets import Targets, targets
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding

__all__ = ["WrongOutputSize"]


@dataclass(frozen=True, kw_only=True)
class WrongOutputSize:
    """Compares the number of outputs with the codes among the targets."""

    spare: float = 4.0  # outputs per class from which the width is worth a remark
    examples: int = 200  # needed to say that classes do not occur

    title: str = "number of outputs does not fit the targets"
    stage: Stage = "before"
    explains: frozenset[str] = (
        RATES
        | COURSE
        | RESULT
        | frozenset(
            {
                "cannot_memorise",
                "flat_loss",
                "underfitting",
                "below_baseline",
                "input_unused",
                "initial_loss",
                "no_gradient",
            }
            | {"vanishing", "batch_mixing", "learning_rate_too_low"}
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """At most one finding."""
        if case.setup is None:
            return
        outside = label_range(case.setup, case.ask(batches).first)
        if outside is not None:
            if outside.num_classes > outside.width:
                yield _too_few(outside.width, outside.num_classes)
            return
        aim, seen = case.ask(goal), case.ask(first_pass)
        if not seen.given:
            return
        outputs, given = seen.given[0]
        if aim.function == "cross_entropy":
            yield from self._classes(case, outputs, given)
        elif aim.kind == "numbers" and _one_against_many(outputs, given):
            yield _widths_differ(outputs, given)

    def _classes(self, case: Case, outputs: Tensor, given: Tensor) -> Iterable[Finding]:
        if outputs.ndim == 1 and given.ndim == 1 and given.is_floating_point():
            yield _batch_as_classes(len(outputs))
            return
        width = outputs.shape[1] if outputs.ndim > 1 else len(outputs)
        if width == 1:
            yield _single(tuple(outputs.shape), given)
            return
        if outputs.ndim != 2 or given.is_floating_point():
            return  # tokens and pixels: a part of the classes is all that one reading shows
        try:
            codes = case.ask(targets)
        except CannotJudgeError:
            return
        yield from self._codes(width, codes, int(getattr(case.setup and case.setup.loss, "ignore_index", -100)))

    def _codes(self, width: int, codes: Targets, ignored: int) -> Iterable[Finding]:
        every = torch.cat([t.reshape(-1) for t in codes.values])
        kept = every[every != ignored]
        classes = torch.unique(kept)
        if len(kept) and len(classes) > width and int(kept.max()) >= width:
            yield _too_few(width, len(classes))
        elif (
            codes.is_whole
            and len(kept) >= max(self.examples, 10 * len(classes))
            and width > self.spare * len(classes) > 0
        ):
            yield _spare(width, len(classes))


def _one_against_many(outputs: Tensor, given: Tensor) -> bool:
    """(B, 1) on one side and (B, K) on the other, which broadcasting lets pass."""
    if outputs.ndim != 2 or given.ndim != 2 or len(outputs) != len(given):
        return False
    return outputs.shape[1] != given.shape[1] and 1 in (outputs.shape[1], given.shape[1])


def _finding(severity: float, statement: str, value: int, threshold: int, advice: str) -> Finding:
    return Finding(
        symptom="wrong_output_size",
        title="Number of outputs does not fit the targets",
        severity=severity,
        confidence=0.97,
        statement=statement,
        evidence={"rule": "D7", "value": value, "threshold": threshold},
        where="the last layer",
        cures=("widen_output",) if severity > 0.3 else (),
        advice=advice,
        source="documentation of torch.nn.CrossEntropyLoss (shapes)",
    )


def _single(shape: tuple[int, ...], given: Tensor) -> Finding:
    num_classes = len(torch.unique(given))
    return _finding(
        0.97,
        f"The model has one output {shape} and the loss is cross_entropy: a softmax over one value is always 1, so "
        "the loss "
        "does not depend on the outputs and no gradient flows.",
        1,
        max(2, num_classes),
        "Use nn.BCEWithLogitsLoss() with targets.float() of the outputs' shape, or give the last layer "
        f"{max(2, num_classes)} outputs and whole numbers as targets.",
    )


def _batch_as_classes(size: int) -> Finding:
    return _finding(
        0.95,
        f"Outputs and targets are both ({size},): cross_entropy takes them for one example with {size} classes, and "
        "its softmax "
        "runs over the examples of the batch.",
        size,
        2,
        "Use nn.BCEWithLogitsLoss() for yes/no targets, nn.MSELoss() for numbers, or outputs of shape (B, K).",
    )


def _too_few(width: int, num_classes: int) -> Finding:
    return _finding(
        0.95,
        f"There are {num_classes} classes among the targets and the model has {width} outputs.",
        width,
        num_classes,
        f"Give the last layer {num_classes} outputs: nn.Linear(..., {num_classes}).",
    )


def _spare(width: int, num_classes: int) -> Finding:
    return _finding(
        0.15,
        f"The model has {width} outputs and {num_classes} classes occur; the others only have to be unlearnt.",
        width,
        num_classes,
        f"If there are no more classes, give the last layer {num_classes} outputs.",
    )


def _widths_differ(outputs: Tensor, given: Tensor) -> Finding:
    width, wanted = outputs.shape[1], given.shape[1]
    what = (
        f"each of {width} outputs is fitted to the same number"
        if wanted == 1
        else "one output is fitted to all of them"
    )
    return _finding(
        0.92,
        f"Outputs of shape {tuple(outputs.shape)} are compared with targets of shape {tuple(given.shape)}: {what}.",
        width,
        wanted,
        f"Give the last layer {wanted} outputs: nn.Linear(..., {wanted}).",
    )


rules.register("wrong_output_size")(WrongOutputSize())
