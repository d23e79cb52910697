"""A loss of log-probabilities is given something else: raw logits, or probabilities without the logarithm.

``nll_loss`` picks the output of the right class and negates it. Of raw logits it can be driven to minus infinity
without learning anything; of probabilities its gradient hardly tells right from wrong. ``kl_div`` and ``ctc_loss``
take log-probabilities as well, ``binary_cross_entropy`` probabilities.

Rule: the exponentials of the outputs do not sum to one along the classes (reference rule D7).
Source: documentation of torch.nn.NLLLoss, torch.nn.KLDivLoss, torch.nn.BCELoss.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.output_range import OutputRange, output_range
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.finding import Finding

__all__ = ["MissingLogSoftmax"]

NAMES = {"nll_loss": "nn.NLLLoss", "kl_div": "nn.KLDivLoss", "ctc_loss": "nn.CTCLoss"}


@dataclass(frozen=True, kw_only=True)
class MissingLogSoftmax:
    """Looks at the sums of the outputs' exponentials."""

    title: str = "a loss of log-probabilities given something else"
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
                "exploding",
                "non_finite",
            }
            | {
                "batch_mixing",
                "learning_rate_too_high",
                "learning_rate_too_low",
                "oscillation",
                "stopped_early",
                "overconfidence",
            }
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """At most one finding."""
        if case.setup is None:
            return
        function = case.ask(goal).function
        if function in NAMES:
            seen = case.ask(output_range)
            axes = [a for a, always in seen.log_sums_to_one.items() if always]
            if not _fits(function, seen, axes):
                yield _not_logs(function, seen, axes)
        elif function == "binary_cross_entropy":
            seen = case.ask(output_range)
            if seen.lowest < 0 or seen.highest > 1:
                yield _not_probabilities(seen)


def _fits(function: str, seen: OutputRange, axes: list[int]) -> bool:
    last = len(seen.shape) - 1
    if last < 0 or all(size < 2 for size in seen.shape):
        return True  # nothing to sum over
    if function == "nll_loss":
        return (1 if last else 0) in axes or seen.shape[1 if last else 0] < 2
    if function == "ctc_loss":
        return last in axes
    return bool(axes)  # kl_div: along any axis, its target says which


def _not_logs(function: str, seen: OutputRange, axes: list[int]) -> Finding:
    probabilities = any(seen.sums_to_one.values())
    if probabilities:
        what = "probabilities, which sum to 1 without being exponentiated"
    elif axes:
        what = f"log-probabilities along axis {axes[0]}, which is not the axis of the classes"
    else:
        what = f"raw values between {seen.lowest:.3g} and {seen.highest:.3g}, whose exponentials do not sum to 1"
    plain = function == "nll_loss"
    return Finding(
        symptom="missing_log_softmax",
        title="No log-softmax before the loss",
        severity=0.95 if plain else 0.8,
        confidence=0.97 if plain else 0.85,
        statement=f"{NAMES[function]} takes log-probabilities and is given {what}.",
        evidence={"rule": "D7", "value": 0.0, "threshold": 1.0, "probabilities": probabilities, "function": function},
        where=seen.producer or "the end of the model's forward",
        cures=("log_softmax_outputs",),
        advice=("Use nn.CrossEntropyLoss() and no softmax in the model, or end the model" if plain else "End the model")
        + f" with log_softmax along the classes{' in place of the softmax' if probabilities else ''}.",
        source=f"documentation of torch.{NAMES[function]}: the input is expected to contain log-probabilities",
    )


def _not_probabilities(seen: OutputRange) -> Finding:
    return Finding(
        symptom="missing_log_softmax",
        title="No sigmoid before BCELoss",
        severity=0.85,
        confidence=0.95,
        statement="nn.BCELoss takes probabilities, and nothing keeps the outputs between 0 and 1: other weights "
        "take them out.",
        evidence={"rule": "D7", "value": seen.highest, "threshold": 1.0, "function": "binary_cross_entropy"},
        where=seen.producer or "the end of the model's forward",
        cures=("remove_output_activation", "log_softmax_outputs"),
        advice="Use nn.BCEWithLogitsLoss() with the last layer's plain output, or end the model with a sigmoid.",
        source="documentation of torch.nn.BCELoss",
    )


rules.register("missing_log_softmax")(MissingLogSoftmax())
