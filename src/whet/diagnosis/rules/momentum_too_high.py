"""Momentum too high: the optimiser goes on in directions that the loss left long ago.

An experiment: the same short training at a momentum of 0.9 gets far below what the whole training reached. A momentum
of 0.99 with a rate to match is healthy, and silent.
Source: Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.trials import compare
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.setup import Setup
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.finding import Finding

__all__ = ["MomentumTooHigh"]

USUAL = 0.9


@dataclass(frozen=True, kw_only=True)
class MomentumTooHigh:
    """Training with the usual momentum is far better."""

    high: float = 0.975  # from which it is worth a trial
    least: float = 0.15  # of the reference loss, that the usual momentum must gain
    severe: float = 0.3

    title: str = "momentum too high"
    stage: Stage = "during"
    explains: frozenset[str] = (
        RATES
        | COURSE
        | RESULT
        | frozenset(
            {
                "learning_rate_too_high",
                "oscillation",
                "exploding",
                "non_finite",
                "flat_loss",
                "underfitting",
                "dead_units",
            }
            | {"below_baseline", "learning_rate_too_low"}
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        groups = [] if case.setup is None else case.setup.optimizer.param_groups
        highest = max((_momentum(g) for g in groups), default=0.0)
        if highest < self.high:
            return
        tried = compare(case, _with_usual)
        if not tried.is_better(self.least):
            return
        gain = min(tried.gain, tried.whole_gain)
        key = "momentum" if any("momentum" in g for g in groups) else "betas[0]"
        yield Finding(
            symptom="momentum_too_high",
            title=self.title,
            severity=float(min(0.95, 0.4 + 0.35 * gain / self.severe)),
            confidence=0.9,
            statement=f"With a momentum of {highest:g} the loss is {tried.whole:.3g} after the whole training; with "
            f"{USUAL} "
            f"{tried.steps} steps reach {tried.after:.3g} (with {highest:g} {tried.before:.3g}).",
            evidence={"rule": "momentum", "value": gain, "threshold": self.least, "momentum": highest},
            where="optimizer",
            cures=("lower_momentum", "lower_rate"),
            advice=f"Set {key} to {USUAL} in the optimizer (it is {highest:g}).",
            source="Sutskever et al., On the importance of initialization and momentum in deep learning, ICML 2013",
        )


def _momentum(group: dict[str, object]) -> float:
    betas = group.get("betas")
    first = betas[0] if isinstance(betas, tuple | list) and betas else 0.0
    return max(float(group.get("momentum") or 0.0), float(first))  # type: ignore[arg-type]


def _with_usual(setup: Setup) -> Setup:
    for group in setup.optimizer.param_groups:
        if group.get("momentum", 0.0) > USUAL:
            group["momentum"] = USUAL
        if "betas" in group and group["betas"][0] > USUAL:
            group["betas"] = (USUAL, *group["betas"][1:])
    return setup


rules.register("momentum_too_high")(MomentumTooHigh())
