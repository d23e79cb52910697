"""Random in evaluation: the model draws by lot in evaluation mode too, so that its scores are worse than it is.

``F.dropout(x)`` and ``F.dropout(x, p)`` drop whatever the mode, because ``training`` is True unless told otherwise;
noise added in ``forward`` without asking ``self.training`` does the like. Monte-Carlo dropout does this on purpose,
which cannot be seen from here: moderate, unless the mean of several passes is clearly better. Models with losses of
their own (variational ones) are left alone.
Source: PyTorch documentation, torch.nn.functional.dropout; Gal and Ghahramani, "Dropout as a Bayesian Approximation",
ICML 2016.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.chance import Chance, chance, deviation
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding

__all__ = ["RandomInEvaluation"]


@dataclass(frozen=True, kw_only=True)
class RandomInEvaluation:
    """Compares passes over the same examples."""

    most: float = 0.02  # of the outputs' spread, that two passes may differ by

    title: str = "predictions are random in evaluation mode"
    stage: Stage = "before"
    explains: frozenset[str] = RESULT | frozenset({"dropout_too_strong", "more_data", "seed_variance"})

    def check(self, case: Case) -> Iterable[Finding]:
        """At most one finding."""
        if case.setup is None:
            return
        size = case.ask(deviation)
        if size <= self.most:
            return
        try:
            seen: Chance | None = case.ask(chance)
        except CannotJudgeError:  # no time to train, or nothing to score: that it draws is known all the same
            seen = None
        costs = seen is not None and seen.costs
        yield Finding(
            symptom="random_in_evaluation",
            title="The model draws by lot in evaluation mode",
            severity=0.7 if costs else 0.5,
            confidence=0.9 if costs else 0.8,
            statement=f"In evaluation mode two passes over the same examples differ by {100 * size:.0f} % of the "
            f"spread of the outputs.{'' if seen is None else _told(seen)}",
            evidence={"rule": "random_in_evaluation", "value": size, "threshold": self.most},
            where="the model's forward",
            cures=("calm_evaluation",),
            advice="Write F.dropout(x, p, training=self.training), or use nn.Dropout(p); draw noise in forward only "
            "if self.training. If it is meant (Monte-Carlo dropout), average several passes.",
            source="PyTorch documentation, torch.nn.functional.dropout",
        )


def _told(seen: Chance) -> str:
    what = "error rate" if seen.is_classes else "mean squared error"
    return f" The {what} of one pass is {seen.single:.3g}, of the mean of {seen.passes} passes {seen.averaged:.3g}."


rules.register("random_in_evaluation")(RandomInEvaluation())
