"""Initial loss: a model that knows nothing yet should be about as wrong as chance, and targets should be within reach.

Classes: far above log K means confident nonsense; the first steps are spent on undoing it, and where the loss is out of
all proportion they do not suffice, which a short training shows. Numbers: targets far from 0
are harmless where the optimiser gets there; so a short training measures its pace.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from whet.diagnosis.case import Case
from whet.diagnosis.probes.fresh_loss import FreshLoss, fresh_loss
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.initial_weights import fresh_start
from whet.diagnosis.probes.target_distance import Distance, target_distance
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding

__all__ = ["InitialLoss"]

SOURCE = "Karpathy, A Recipe for Training Neural Networks, 2019 (verify loss at init)"


@dataclass(frozen=True, kw_only=True)
class InitialLoss:
    """Only for a model that was not trained before."""

    far: float = 2.0  # times log K; PyTorch's and He's initial weights stay below 1.6
    absurd: float = 8.0  # times log K: moderate
    hopeless: float = 100.0  # times log K: severe, where a short training does not bring it back
    brought_back: float = 5.0  # times log K, to which it should
    unscaled: float = 10.0  # targets so many times larger than 1 are worth measuring how long the way to them is
    too_long: float = 2.0  # times the planned steps
    title: ClassVar[str] = "loss at the start far from chance"
    stage: ClassVar[Stage] = "before"
    explains: ClassVar[frozenset[str]] = (
        RATES
        | COURSE
        | RESULT
        | frozenset(
            {"exploding", "flat_loss", "underfitting", "below_baseline", "learning_rate_too_low", "stopped_early"}
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """One finding."""
        if case.setup is None or case.setup.was_trained or case.setup.optimizer.state:
            return
        seen = case.ask(fresh_loss)
        if case.ask(goal).kind == "numbers":
            yield from self._numbers(case, seen)
        elif math.isfinite(seen.value) and min(seen.by_batch) > self.far * seen.chance:
            yield self._classes(case, seen)

    def _classes(self, case: Case, seen: FreshLoss) -> Finding:
        times = seen.value / seen.chance
        is_lost = times > self.hopeless and self._stays(case, seen)
        return Finding(
            symptom="initial_loss",
            severity=0.8 if is_lost else 0.5 if times > self.absurd else 0.25,
            confidence=0.8,
            title=self.title,
            statement=f"The loss at the start is {seen.value:.3g}; knowing nothing would cost {seen.chance:.3g}."
            + (" A short training does not bring it back." if is_lost else ""),
            evidence={"rule": "D1", "value": seen.value, "threshold": self.far * seen.chance, "chance": seen.chance},
            where="step 0",
            cures=("reinitialise", "standardise_inputs"),
            advice="Start the last layer near 0: nn.init.zeros_(head.bias), nn.init.normal_(head.weight, std=0.01); "
            "check the scale of the inputs.",
            source=SOURCE,
        )

    def _stays(self, case: Case, seen: FreshLoss) -> bool:
        try:
            return not case.ask(fresh_start).ends()[0] <= self.brought_back * seen.chance
        except CannotJudgeError:
            return False

    def _numbers(self, case: Case, seen: FreshLoss) -> Iterable[Finding]:
        size = math.hypot(seen.target_mean, seen.target_std)
        if not math.isfinite(size) or size < self.unscaled:
            return
        way = case.ask(target_distance)
        if not way.is_broken and way.steps_needed <= self.too_long * way.steps_planned:
            return
        yield Finding(
            symptom="initial_loss",
            severity=0.85 if way.is_broken or way.steps_needed > 4 * self.too_long * way.steps_planned else 0.6,
            confidence=0.85,
            title="targets out of the optimiser's reach",
            statement=f"Targets lie around {seen.target_mean:.4g} (spread {seen.target_std:.3g}) and outputs start at "
            f"{seen.output_mean:.3g}; {_how(way)}.",
            evidence={
                "rule": "D1",
                "value": way.steps_needed,
                "threshold": self.too_long * way.steps_planned,
                "target_mean": seen.target_mean,
                "target_std": seen.target_std,
            },
            where="targets",
            cures=("standardise_targets",),
            advice="Train on (y - y_train.mean()) / y_train.std() and undo it for predictions; or set the last bias to "
            f"the mean of the targets: head.bias.data.fill_({seen.target_mean:.4g}).",
            source=SOURCE,
        )


def _how(way: Distance) -> str:
    if way.is_broken:
        return "the loss breaks within the first steps"
    if not math.isfinite(way.steps_needed):
        return "in a short training they do not come nearer"
    return f"at their pace they need {way.steps_needed:.0f} steps of {way.steps_planned:.0f} planned"


rules.register("initial_loss")(InitialLoss())
