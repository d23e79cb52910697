"""Weight decay too strong: it pulls the weights to zero faster than gradients build them.

An experiment: a training without decay, no longer than the whole one, gets far below what that reached with it, and not
at the expense of validation: decay that is doing its work costs training loss and pays in validation.
Source: Krogh and Hertz, "A Simple Weight Decay Can Improve Generalization", NeurIPS 1991.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.trials import Comparison
from whet.diagnosis.probes.undone import undone
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.setup import Setup
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.finding import Finding

__all__ = ["WeightDecayTooStrong"]

LEAST_SEEN = 0.03  # of the reference loss: less does not matter, whatever share it is of what is left


@dataclass(frozen=True, kw_only=True)
class WeightDecayTooStrong:
    """Training without decay is far better."""

    coupled: float = 1e-3  # decay added to gradients, from which it is worth a trial; 1e-4 is usual
    decoupled: float = 1e-4  # rate times decay of AdamW and its kin: the share by which each step shrinks weights
    least: float = 0.15  # of the reference loss, that doing without must gain
    severe: float = 0.3
    relative: float = 0.5  # or of the loss that was reached with it, where validation gains as much

    title: str = "weight decay too strong"
    stage: Stage = "during"
    explains: frozenset[str] = (
        RATES
        | COURSE
        | RESULT
        | frozenset(
            {
                "flat_loss",
                "underfitting",
                "below_baseline",
                "learning_rate_too_high",
                "learning_rate_too_low",
                "vanishing",
            }
            | {"dead_units", "cannot_memorise"}
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        strongest = self._strongest(case.setup)
        if strongest == 0.0:
            return
        tried = undone(case, _without, least=self.least, also=self._is_relatively_better)
        if tried is None:
            return
        yield Finding(
            symptom="weight_decay_too_strong",
            title=self.title,
            severity=max(tried.severity, float(min(0.95, max(0.5, 0.4 + 0.35 * tried.gain / self.severe)))),
            confidence=0.9,
            statement=f"With weight_decay={strongest:g} the loss is {tried.whole:.3g} after the whole training; "
            f"without it {tried.steps} steps reach {tried.after:.3g}.",
            evidence={
                "rule": "weight decay",
                "value": tried.gain,
                "threshold": self.least,
                "share_lost": tried.share,
                "weight_decay": strongest,
            },
            where="optimizer",
            cures=("weaken_weight_decay",),
            advice=f"Set weight_decay to {min(1e-4, strongest / 100):g} in the optimizer (it is {strongest:g}).",
            source="Krogh and Hertz, A Simple Weight Decay Can Improve Generalization, NeurIPS 1991",
        )

    def _is_relatively_better(self, tried: Comparison) -> bool:
        """Where the loss had fallen far with decay, what is left is small beside the start and still much too large."""
        falls = [1 - tried.after / max(reached, 1e-12) for reached in (tried.before, tried.whole)]
        valid = tried.valid_fall
        is_seen = tried.gain > max(3 * tried.noise, LEAST_SEEN) and tried.whole_gain > LEAST_SEEN
        return is_seen and min(falls) > self.relative and valid is not None and valid > self.relative

    def _strongest(self, setup: Setup | None) -> float:
        """The largest decay that is worth a trial; 0 where none is."""
        found = [0.0]
        for group in [] if setup is None else setup.optimizer.param_groups:
            decay, rate = float(group.get("weight_decay") or 0.0), float(group.get("lr") or 0.0)
            if decay * rate >= self.decoupled if _is_decoupled(setup, group) else decay >= self.coupled:
                found.append(decay)
        return max(found)


def _is_decoupled(setup: Setup | None, group: dict[str, object]) -> bool:
    name = "" if setup is None else type(setup.optimizer).__name__
    return bool(group.get("decoupled_weight_decay")) or name in {"AdamW", "Lion", "SGDW", "LAMB", "Lamb"}


def _without(setup: Setup) -> Setup:
    for group in setup.optimizer.param_groups:
        if "weight_decay" in group:
            group["weight_decay"] = 0.0
    return setup


rules.register("weight_decay_too_strong")(WeightDecayTooStrong())
