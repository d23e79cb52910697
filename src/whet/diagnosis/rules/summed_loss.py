"""The loss is a sum over the batch, and the learning rate is one for means.

``reduction="sum"`` makes gradients as many times larger as there are examples in a batch. A rate that makes up for
it is fine, and optimisers that normalise gradients (Adam) hardly notice; so what counts is what a short training
does.

Rule: a batch handed over twice doubles the loss, and a copy trained with the sum ends worse than one trained with
the mean.
Source: Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 3 (the scale of the loss is the scale of the
rate).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.averaged import SumAndMean, sum_and_mean
from whet.diagnosis.probes.reduction import growth
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.finding import Finding

__all__ = ["SummedLoss"]


@dataclass(frozen=True, kw_only=True)
class SummedLoss:
    """Tells a sum by its growth, and judges it by a short training."""

    slack: float = 0.02  # around a ratio of 2
    learns: float = (
        0.95  # the mean must bring the loss below this share of the beginning, or nothing is said of the sum
    )
    worse: float = 1.25  # the sum's final loss over the mean's from which the sum spoils the training

    title: str = "loss summed over the batch"
    stage: Stage = "before"
    explains: frozenset[str] = (
        RATES
        | COURSE
        | RESULT
        | frozenset(
            {
                "learning_rate_too_high",
                "exploding",
                "non_finite",
                "oscillation",
                "flat_loss",
                "dead_units",
                "below_baseline",
            }
            | {
                "underfitting",
                "saturation",
                "clipping_too_tight",
                "initial_loss",
                "cannot_memorise",
                "accumulation_not_averaged",
            }
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """At most one finding."""
        if case.setup is None or abs(case.ask(growth) - 2) > self.slack:
            return
        short = case.ask(sum_and_mean)
        spoils = (
            short.num_examples > 1
            and short.as_mean < self.learns * short.before
            and short.as_sum > self.worse * max(short.as_mean, 0.02 * short.before)
        )
        yield _finding(case.ask(growth), short, spoils)


def _finding(ratio: float, short: SumAndMean, spoils: bool) -> Finding:
    size = short.num_examples
    return Finding(
        symptom="summed_loss",
        title="Loss summed over the batch",
        severity=0.9 if spoils else 0.1,
        confidence=0.95,
        statement=f"Twice the examples give {ratio:.2f} times the loss: it is a sum over the {size} examples of a "
        "batch. After "
        f"{short.steps} steps the loss per example went from {short.before:.3g} to {short.as_sum:.3g} with the sum "
        f"and to {short.as_mean:.3g} with the mean" + ("." if spoils else ", so the learning rate makes up for it."),
        evidence={
            "rule": "sum",
            "value": ratio,
            "threshold": 2.0,
            "as_sum": short.as_sum,
            "as_mean": short.as_mean,
            "before": short.before,
            "num_examples": size,
        },
        where="the loss",
        cures=("mean_loss", "lower_rate") if spoils else (),
        advice=f"Use reduction='mean' (or divide by the number of examples), or a learning rate {size} times lower."
        if spoils
        else "Nothing needs to change; a mean would keep the learning rate independent of the batch size.",
        source="documentation of torch.nn.CrossEntropyLoss (reduction); Goyal et al., 2017, section 3",
    )


rules.register("summed_loss")(SummedLoss())
