"""Softmax twice: the model ends in a softmax (or sigmoid), and the loss applies another.

``cross_entropy`` takes logits. Given probabilities, its gradients are small and its value cannot fall below log(1 +
(K - 1) / e), however right the predictions are. The same holds for a sigmoid before
``binary_cross_entropy_with_logits``, and worse for a softmax along the wrong axis, which mixes the examples of a
batch. A log-softmax before ``cross_entropy`` changes nothing, and is not found.

Rule: for every draw of weights the outputs sum to one (or stay within 0 and 1) (reference rule D7).
Source: documentation of torch.nn.CrossEntropyLoss and torch.nn.BCEWithLogitsLoss.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.output_range import OutputRange, output_range
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.finding import Finding

__all__ = ["DoubleSoftmax"]


@dataclass(frozen=True, kw_only=True)
class DoubleSoftmax:
    """Looks at what the loss can be given whatever the weights are."""

    near: float = 0.1  # a sigmoid comes this near to both 0 and 1 with large weights

    title: str = "probabilities given to a loss that takes logits"
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
                "initial_loss",
                "vanishing",
                "batch_mixing",
            }
            | {"learning_rate_too_low", "squashed_outputs", "saturation", "stopped_early"}
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """At most one finding."""
        if case.setup is None:
            return
        function = case.ask(goal).function
        if function not in ("cross_entropy", "binary_cross_entropy_with_logits"):
            return
        seen = case.ask(output_range)
        axes = [axis for axis, always in seen.sums_to_one.items() if always]
        if function == "cross_entropy" and axes:
            yield _softmax(seen, 1 if 1 in axes else axes[0])
        elif function != "cross_entropy" and (axes or self._is_sigmoid(seen)):
            yield _sigmoid(seen)

    def _is_sigmoid(self, seen: OutputRange) -> bool:
        return 0 <= seen.lowest <= self.near and 1 - self.near <= seen.highest <= 1


def _softmax(seen: OutputRange, axis: int) -> Finding:
    class_axis = 1 if len(seen.shape) > 1 else 0
    num_classes = seen.shape[class_axis]
    floor = math.log(1 + (num_classes - 1) / math.e)
    wrong = axis != class_axis
    along = f" along axis {axis}, which is not the axis of the classes" if wrong else ""
    return Finding(
        symptom="double_softmax",
        title="Softmax twice",
        severity=0.95 if wrong else 0.9,
        confidence=0.98,
        statement=f"The outputs sum to 1{along} for each of {seen.draws} draws of the weights: they have been "
        "through a "
        f"softmax, and cross_entropy applies another. Its value cannot fall below {floor:.2f} with {num_classes} "
        "classes.",
        evidence={"rule": "D7", "value": 1.0, "threshold": 1.0, "axis": axis, "floor": floor, "draws": seen.draws},
        where=seen.producer or "the end of the model's forward",
        cures=("remove_output_activation", "log_softmax_outputs"),
        advice=f"Remove the softmax at the end of the model ({seen.producer or 'the last line of forward'}); "
        "nn.CrossEntropyLoss takes logits. Apply .softmax(dim=1) only where you read probabilities.",
        source="documentation of torch.nn.CrossEntropyLoss: the input is expected to contain unnormalised logits",
    )


def _sigmoid(seen: OutputRange) -> Finding:
    floor = math.log(1 + math.exp(-1)) / 2 + math.log(2) / 2
    return Finding(
        symptom="double_softmax",
        title="Sigmoid twice",
        severity=0.9,
        confidence=0.95,
        statement=f"The outputs stay between {seen.lowest:.2g} and {seen.highest:.2g} for each of {seen.draws} "
        "draws of the "
        f"weights: they have been through a sigmoid, and BCEWithLogitsLoss applies another. Its value cannot fall "
        f"below {floor:.2f} where yes and no are as frequent, and no prediction is ever below one half.",
        evidence={"rule": "D7", "value": seen.highest, "threshold": 1.0, "floor": floor, "draws": seen.draws},
        where=seen.producer or "the end of the model's forward",
        cures=("remove_output_activation",),
        advice=f"Remove the sigmoid at the end of the model ({seen.producer or 'the last line of forward'}), or use "
        "nn.BCELoss() with it.",
        source="documentation of torch.nn.BCEWithLogitsLoss: it combines a sigmoid layer and the BCELoss",
    )


rules.register("double_softmax")(DoubleSoftmax())
