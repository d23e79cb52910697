"""Dropout too strong: so little gets through that the network cannot fit its own training examples.

An experiment: a training with a dropout of 0.1, short or as long as the whole one at most, gets far below what the
whole training reached, measured without dropout, and validation is better too. Dropout of 0.5, the usual one, is not
tried.
Source: Srivastava et al., "Dropout", JMLR 2014, section A.4 (fractions kept of 0.5 to 0.8 in hidden layers).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from torch import nn
from torch.nn.modules.dropout import _DropoutNd

from whet.diagnosis.case import Case
from whet.diagnosis.probes.undone import undone
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.setup import Setup
from whet.diagnosis.symptoms import COURSE, RESULT
from whet.finding import Finding

__all__ = ["DropoutTooStrong"]

MILD = 0.1


@dataclass(frozen=True, kw_only=True)
class DropoutTooStrong:
    """Training with little dropout is far better."""

    strong: float = 0.55  # probability of zeroing, from which it is worth a trial
    extreme: float = 0.7  # below it some train that way on purpose, and long: never severe
    least: float = 0.1  # of the reference loss, that mild dropout must gain
    severe: float = 0.25

    title: str = "dropout too strong"
    stage: Stage = "during"
    explains: frozenset[str] = (
        COURSE | RESULT | frozenset({"flat_loss", "underfitting", "below_baseline", "learning_rate_too_low"})
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        found = {} if case.setup is None else dropouts(case.setup.model)
        strong = [name for name, p in found.items() if p >= self.strong]
        if not strong:
            return
        tried = undone(case, _with_mild, least=self.least)
        if tried is None:
            return
        gain, most = tried.gain, max(found.values())
        yield Finding(
            symptom="dropout_too_strong",
            title=self.title,
            severity=float(min(0.95 if most >= self.extreme else 0.65, 0.4 + 0.35 * gain / self.severe)),
            confidence=0.9,
            statement=f"With a dropout of {most:g} the loss (without dropout) is {tried.whole:.3g} after the whole "
            "training; "
            f"with {MILD} {tried.steps} steps reach {tried.after:.3g}.",
            evidence={"rule": "dropout", "value": gain, "threshold": self.least, "dropout": most},
            where=", ".join(f"layer '{name}'" for name in strong[:3]),
            cures=("weaken_dropout",),
            advice=f"Lower p of the dropout in {', '.join(strong[:3])} to 0.1 (it is {most:g}).",
            source="Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, JMLR 2014",
        )


def dropouts(model: nn.Module) -> dict[str, float]:
    """Probabilities by module; recurrent and attention modules have their own inside.

    >>> dropouts(nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.8)))
    {'1': 0.8}
    """
    found = {}
    for name, module in model.named_modules():
        if isinstance(module, _DropoutNd):
            found[name] = float(module.p)
        elif isinstance(module, nn.RNNBase | nn.MultiheadAttention) and module.dropout:
            found[name] = float(module.dropout)
    return found


def _with_mild(setup: Setup) -> Setup:
    for module in setup.model.modules():
        if isinstance(module, _DropoutNd):
            module.p = min(module.p, MILD)
        elif isinstance(module, nn.RNNBase | nn.MultiheadAttention) and module.dropout:
            module.dropout = min(float(module.dropout), MILD)
    return setup


rules.register("dropout_too_strong")(DropoutTooStrong())
