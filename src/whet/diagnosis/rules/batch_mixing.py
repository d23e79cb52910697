"""Examples of a batch leak into one another: an axis of time or features is taken for the examples, or the reverse.

``nn.LSTM`` and ``nn.TransformerEncoder`` take (T, B, D) unless told ``batch_first=True``: given (B, T, D) they run
over the examples as if these were moments. A ``view`` that should have been a ``transpose``, a softmax or a mean
over axis 0 do the like. Scores then depend on which examples happen to share a batch. Batch normalisation does so
on purpose in training and is left out.

Rule: one example is put in the place of another, and outputs of a third change by more than ``most`` of the own
change.
Source: Karpathy, "A Recipe for Training Neural Networks", 2019 ("use backprop to chart dependencies").
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.mixing import Mixing, mixing
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding

__all__ = ["BatchMixing"]


@dataclass(frozen=True, kw_only=True)
class BatchMixing:
    """Looks at what an example changes besides its own outputs."""

    most: float = 0.003  # of the own change: rounding stays far below
    strong: float = 0.1  # from here on it spoils the training; a normalisation by the batch's mean stays below

    title: str = "examples of a batch leak into one another"
    stage: Stage = "before"
    explains: frozenset[str] = frozenset(
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

    def check(self, case: Case) -> Iterable[Finding]:
        """At most one finding."""
        if case.setup is None:
            return
        seen = case.ask(mixing)
        if seen.leak > self.most and seen.reached:
            spoils = seen.leak > self.strong or seen.suspects  # a layer that runs over the examples loses its sequence
            yield _finding(seen, 0.92 if spoils else 0.5, self.most)


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


rules.register("batch_mixing")(BatchMixing())
