"""Would more examples help, how much, and of which class?

Trains the quick recipe on an eighth, a quarter, half and all of the examples, scores all on the same held-out ones, and
extends the curve to twice as many. The forecast is refused where the curve falls, or where it would have missed its
own largest size. Helps: deciding whether to pay for labels. Hurts: little; it takes about as long as the quick model.
A better model than the quick one may gain less or more. Sources: see ``whet.evaluation.extrapolation``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.learning_curve import LearningCurve, learning_curve
from whet.errors import CannotJudgeError, ConfigError
from whet.evaluation.extrapolation import Forecast, forecast
from whet.finding import Cost, Finding
from whet.rng import make_numpy_generator
from whet.tasks.classes import ClassTarget

__all__ = ["MoreData"]

PLAN = ((0.125, 3), (0.25, 3), (0.5, 3), (1.0, 1))
THRIFTY = ((0.125, 2), (0.25, 2), (0.5, 1), (1.0, 1))
FARTHEST = 4  # times the examples trained on, beyond which no curve is trusted
MOST_S = 120.0  # seconds that more folds may take where nothing limits the time
TYPICAL_ERROR = 0.0105  # root mean square over ten curves of real data of which half was hidden
CHOICES = ((PLAN, 3), (PLAN, 2), (PLAN, 1), (THRIFTY, 1))  # (plan, folds), the steadiest first


@dataclass(frozen=True, kw_only=True)
class MoreData:
    """Forecasts the score at ``factor`` times the examples."""

    factor: float = 2.0  # times as many examples; beyond 4 nothing is forecast
    least: float = 0.01  # gain worth a finding: a point, or for numbers this share of the error
    tolerance: float = 0.01  # miss of the hidden largest size that is forgiven, in the same unit
    fewest: int = 200
    time_share: float = 1 / 3  # of the time left that the trainings may take

    title: str = "examples that are still too few: what more would bring"
    effort: int = 3

    def __post_init__(self) -> None:
        if not 1.0 < self.factor <= 4.0 or not 0.0 < self.time_share <= 1.0:
            raise ConfigError(
                f"MoreData.factor must be in (1, 4] and time_share in (0, 1]; got {self.factor!r} and "
                f"{self.time_share!r}. The defaults are 2 and 1/3."
            )

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if inspection.target is None:
            return
        if len(inspection.data) < self.fewest:
            raise CannotJudgeError(f"needs {self.fewest} examples for a curve; there are {len(inspection.data)}")
        _refuse_far(inspection)
        plan, num_parts = self._plan(inspection)
        curve = learning_curve(inspection, plan, num_parts=num_parts)
        seen = self._forecast(inspection, curve)
        if seen.refusal:
            raise CannotJudgeError(f"no forecast: {seen.refusal}")
        if seen.gain.low <= 0 or seen.gain.value < self.least * self._scale(inspection, curve):
            return
        yield self._told(inspection, curve, seen)

    def _plan(self, inspection: Inspection) -> tuple[tuple[tuple[float, int], ...], int]:
        quick = inspection.quick
        one = quick.seconds / len(quick.parts)  # a training on all
        allowed = self.time_share * inspection.stopwatch.left()
        if np.isinf(allowed):
            allowed = max(MOST_S, one * 4.0)  # without a budget: for the plain plan always
        for plan, num_parts in CHOICES:
            # small trainings have costs that do not shrink: a tenth of a large one each
            takes = one * num_parts * sum(seeds * (share + 0.1) for share, seeds in plan)
            if takes <= allowed:
                return plan, num_parts
        raise CannotJudgeError(
            f"a learning curve takes about {takes:.0f} s, and {allowed:.0f} s of the time left may be spent on it"
        )

    def _forecast(self, inspection: Inspection, curve: LearningCurve) -> Forecast:
        now = float(len(inspection.data))
        return forecast(
            curve.points(),
            self.factor * now,
            start=now,
            guessing=curve.guessing,
            tolerance=self.tolerance * self._scale(inspection, curve),
            typical_error=TYPICAL_ERROR * self._scale(inspection, curve),
            seed_generator=make_numpy_generator(inspection.seed, "forecast"),
        )

    def _scale(self, inspection: Inspection, curve: LearningCurve) -> float:
        """1 for metrics that are fractions; for others the loss itself, so that a point is a hundredth of it."""
        return 1.0 if inspection.metric.unit == "fraction" else curve.points()[-1].loss

    def _told(self, inspection: Inspection, curve: LearningCurve, seen: Forecast) -> Finding:
        gain, points = seen.gain, curve.points()
        named, advice = _next_class(inspection, curve)
        relative = gain.low / self._scale(inspection, curve)
        sizes = ", ".join(f"{p.size:,.0f}: {_score(inspection, p.loss):.4g}" for p in points)
        amount = (
            f"{100 * gain.low:+.1f} to {100 * gain.high:+.1f} points of {inspection.metric.title}"
            if inspection.metric.unit == "fraction"
            else f"{gain.low:.4g} to {gain.high:.4g} less {inspection.metric.title}"
        )
        return Finding(
            symptom="more_data",
            title=self.title,
            severity=float(np.clip(0.1 + 10 * relative, 0.1, 0.5)),  # moderate where the low end is 2 points
            statement=f"{self.factor:g} times the examples would bring {amount} (the quick model by training size: "
            f"{sizes}).",
            evidence={
                "rule": f"forecast gain at {self.factor:g} times the examples",
                "value": gain.value,
                "threshold": self.least,
                "sizes": [p.size for p in points],
                "scores": [_score(inspection, p.loss) for p in points],
                "missed_when_hidden": seen.missed,
                "next_class": named,
            },
            total=curve.num_held,
            confidence=0.7,  # share of ten such forecasts within a point when half of real data was hidden
            cost=Cost(
                meaning="gain",
                value=gain.value,
                low=gain.low,
                high=gain.high,
                how=f"{inspection.quick.title} trained on {len(points)} sizes, scored on the same "
                f"{curve.num_held:,} held-out examples, and extended by POW4 and MMF4",
            ),
            advice=advice,
        )


def _score(inspection: Inspection, loss: float) -> float:
    return 1.0 - loss if inspection.metric.higher_is_better else loss


def _next_class(inspection: Inspection, curve: LearningCurve) -> tuple[str, str]:
    """(class, advice): the class whose recall rose most with the last doubling, where that stands out."""
    plain = "Collect more examples; the gain holds for examples like those that are there."
    if not isinstance(inspection.target, ClassTarget):
        return "", plain
    half, whole = curve.recalls(0.5), curve.recalls(1.0)
    sizes, rise = curve.class_sizes.sum(axis=0), whole - half
    error = np.sqrt(np.maximum(rise.clip(0, 1) * (1 - rise.clip(0, 1)), 0.01) / np.maximum(sizes, 1))
    sure = np.where((sizes >= 20) & (rise > 2 * error), rise, -np.inf)
    best = int(np.nanargmax(sure))
    if not np.isfinite(sure[best]):
        return "", plain
    label = inspection.target.labels[best]
    return label, (
        f"Collect {label!r} next: with the last doubling its recall rose most, by {100 * rise[best]:.0f} points to "
        f"{whole[best]:.2f}."
    )


def _refuse_far(inspection: Inspection) -> None:
    """Before a curve is trained: of a small sample of large data none could be told."""
    quick, twice = inspection.quick, 2 * len(inspection.data)
    trained = max(len(train) for train, _ in quick.parts)
    if twice > FARTHEST * trained:
        raise CannotJudgeError(
            f"no forecast: {twice:,} examples are more than {FARTHEST} times the {trained:,} that were trained on"
        )


checks.register("more_data")(MoreData())
