"""Momentum too high: the optimiser goes on in directions that the loss left long ago.

An experiment: a training at a momentum of 0.9, no longer than the whole one, gets far below what that reached. A
momentum of 0.99 with a rate to match is healthy, and silent; so is one beside a rate that is too high by itself.
Source: Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.undone import undone
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
                "cannot_memorise",
                "label_noise",
                "normalisation_gap",
            }
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        groups = [] if case.setup is None else case.setup.optimizer.param_groups
        highest = max((_momentum(g) for g in groups), default=0.0)
        if highest < self.high:
            return
        tried = undone(case, _with_usual, least=self.least, may_blow_up=True)
        if tried is None:
            return
        key = "momentum" if any("momentum" in g for g in groups) else "betas[0]"
        yield Finding(
            symptom="momentum_too_high",
            title=self.title,
            severity=max(tried.severity, float(min(0.95, 0.4 + 0.35 * tried.gain / self.severe))),
            confidence=0.9,
            statement=f"With a momentum of {highest:g} the loss is {tried.whole:.3g} after the whole training; with "
            f"{USUAL} {tried.steps} steps reach {tried.after:.3g}.",
            evidence={
                "rule": "momentum",
                "value": tried.gain,
                "threshold": self.least,
                "share_lost": tried.share,
                "momentum": highest,
            },
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
