"""Examples of a batch leak into one another: an axis of time or features is taken for the examples, or the reverse.

``nn.LSTM`` and ``nn.TransformerEncoder`` take (T, B, D) unless told ``batch_first=True``: given (B, T, D) they run
over the examples as if these were moments. A ``view`` that should have been a ``transpose``, a softmax or a mean
over axis 0 do the like. Scores then depend on which examples happen to share a batch. Batch normalisation does so
on purpose in training and is left out.

Rule: one example is put in the place of another, and outputs of a third change by more than ``most`` of the own
change. The like is asked of the loss (one example's targets must change what is asked of its outputs alone) and of the
axes within an example (a reshape where a transpose belongs).
Source: Karpathy, "A Recipe for Training Neural Networks", 2019 ("use backprop to chart dependencies").
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.mixing import Mixing, mixing
from whet.diagnosis.probes.pairing import Pairing, pairing
from whet.diagnosis.probes.scrambling import Scrambled, scrambled
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding

__all__ = ["BatchMixing"]


@dataclass(frozen=True, kw_only=True)
class BatchMixing:
    """Looks at what an example changes besides its own outputs."""

    most: float = 0.003  # of the own change: rounding stays far below
    astray: float = 0.8  # share of what a target changes that is at others' outputs; a mixed target stays below
    strong: float = 0.1  # from here on it spoils the training; a normalisation by the batch's mean stays below

    title: str = "examples of a batch leak into one another"
    stage: Stage = "before"
    explains: frozenset[str] = (
        RATES
        | COURSE
        | RESULT
        | frozenset(
            {
                "underfitting",
                "below_baseline",
                "cannot_memorise",
                "shuffled_labels_learn",
                "overfitting",
                "normalisation_gap",
            }
            | {"flat_loss", "oscillation", "input_unused", "split_mismatch", "initial_loss", "stopped_early"}
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """At most one finding."""
        if case.setup is None:
            return
        found, why = [], None
        for look in (self._leaks, self._mispaired, self._misread):
            try:
                found += look(case)
            except CannotJudgeError as reason:
                why = why or reason
        if why is not None and not found:
            raise why
        yield from found[:1]

    def _leaks(self, case: Case) -> list[Finding]:
        seen = case.ask(mixing)
        if seen.leak <= self.most or not seen.reached:
            return []
        spoils = seen.leak > self.strong or seen.suspects  # a layer that runs over the examples loses its sequence
        return [_finding(seen, 0.92 if spoils else 0.5, self.most)]

    def _mispaired(self, case: Case) -> list[Finding]:
        seen = case.ask(pairing)
        return [_mispaired(seen, self.astray)] if seen.astray > self.astray else []

    def _misread(self, case: Case) -> list[Finding]:
        seen = case.ask(scrambled)
        return [] if seen is None else [_misread(seen)]


def _finding(seen: Mixing, severity: float, threshold: float) -> Finding:
    if seen.suspects:
        names = ", ".join(repr(n or "the model") for n in seen.suspects[:3])
        advice = f"Give {names} batch_first=True for inputs of (examples, time, features), or transpose before it."
    else:
        advice = "Look in forward for a view that should be a transpose, and for mean, softmax or matmul over axis 0."
    own = f"{seen.leak:.2g} times" if seen.leak < 1000 else "far more than"
    return Finding(
        symptom="batch_mixing",
        title="Examples leak into one another",
        severity=severity,
        confidence=0.97 if severity > 0.7 else 0.8,
        statement=f"In evaluation mode, changing one example of a batch of {seen.size} changes the outputs of "
        f"{seen.reached} others, by up to {own} as much as its own (inputs {seen.inputs}, outputs {seen.outputs}).",
        evidence={"rule": "mixing", "value": seen.leak, "threshold": threshold, "reached": seen.reached},
        where=f"layer {seen.suspects[0]!r}" if seen.suspects else "the model's forward",
        cures=("batch_first",) if seen.suspects else (),
        advice=advice,
        source="Karpathy, A Recipe for Training Neural Networks, 2019; documentation of torch.nn.LSTM (batch_first)",
    )


def _mispaired(seen: Pairing, threshold: float) -> Finding:
    return Finding(
        symptom="batch_mixing",
        title="Outputs are compared with the targets of other examples",
        severity=0.92,
        confidence=0.95,
        statement=f"Changing the targets of one example of a batch of {seen.size} changes what the loss asks of other "
        f"examples' outputs: {100 * seen.astray:.0f} % of the change is there (outputs {seen.outputs}, targets "
        f"{seen.targets}).",
        evidence={"rule": "pairing", "value": seen.astray, "threshold": threshold},
        where="the loss",
        cures=(),
        advice="Flatten or transpose outputs and targets in the same way: logits.reshape(-1, K) belongs to "
        "targets.reshape(-1), without .T, roll or permute of one alone.",
        source="Karpathy, A Recipe for Training Neural Networks, 2019 (use backprop to chart dependencies)",
    )


def _misread(seen: Scrambled) -> Finding:
    return Finding(
        symptom="batch_mixing",
        title="A reshape where a transpose belongs",
        severity=0.8,
        confidence=0.85,
        statement=f"{seen.taken[0].upper()}{seen.taken[1:]} takes {seen.made}, of shape {seen.before}, as "
        f"{seen.after} with the values in their old order: its two last axes are mixed, not exchanged.",
        evidence={"rule": "scrambling", "value": 1.0, "threshold": 0.0},
        where=f"{seen.made} before {seen.taken}",
        cures=(),
        advice="Write x.transpose(1, 2) instead of x.reshape(...) or x.view(...).",
        source="PyTorch documentation, torch.transpose and torch.Tensor.view",
    )


rules.register("batch_mixing")(BatchMixing())
