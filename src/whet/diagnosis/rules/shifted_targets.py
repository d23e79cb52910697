"""Shifted targets: each input stands beside the target of its neighbour, in a dataset or along a sequence.

Next-step prediction is healthy: there the target is the input one step on. Where the steps of a sequence resemble their
neighbours, their own input must add nothing to the neighbour's. Where windows are cut from one series, the target must
not be a value of its own window, bit for bit. Rows that follow each other in time are not judged, for neighbours then
tell of each other honestly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from whet.diagnosis.case import Case
from whet.diagnosis.probes.given_away import GivenAway, given_away
from whet.diagnosis.probes.neighbours import Lagged, copied_steps, lagged_rows, lagged_steps
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding, Line, Plot

__all__ = ["ShiftedTargets"]

T = TypeVar("T")
SOURCE = "Sculley et al., Hidden Technical Debt in Machine Learning Systems, NeurIPS 2015 (data dependencies)"


@dataclass(frozen=True, kw_only=True)
class ShiftedTargets:
    """Skill at another distance far above the skill at distance 0, which is hardly above chance."""

    least: float = 0.2  # skill above chance at the best distance
    own: float = 0.25  # of that, the most that is left at distance 0
    alike: float = 0.7  # the same where steps resemble their neighbours, so that the own one adds nothing to them
    adds: float = 0.05  # of the best skill: less added is nothing
    errors: float = 6.0  # standard errors between the two
    title: ClassVar[str] = "targets belong to the neighbouring inputs"
    stage: ClassVar[Stage] = "before"
    explains: ClassVar[frozenset[str]] = (
        COURSE
        | RESULT
        | frozenset({"label_noise", "flat_loss", "underfitting", "below_baseline", "overfitting", "bad_labels"})
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """One finding."""
        if case.setup is None:
            return
        held = _asked(case, given_away)
        if held is not None:
            yield self._held(held)
            return
        copied = _asked(case, copied_steps)
        if copied is not None:
            lag, share, is_causal = copied
            if lag != 1 and (is_causal or lag not in (0, 1)):
                yield self._copied(lag, share)
            return  # next-step prediction, or an autoencoder
        for probe, what, severity in (
            (lagged_steps, "steps of the sequence", 0.85),
            (lagged_rows, "rows of the dataset", 0.9),
        ):
            seen = _asked(case, probe)
            if seen is not None and (lag := self._best(seen)):
                yield self._neighbour(seen, lag, what, severity)
                return

    def _best(self, seen: Lagged) -> int:
        """The distance that the targets are shifted by; 0: none."""
        lag = max(seen.skill, key=lambda k: seen.skill[k])
        best, own = seen.skill[lag] - seen.chance, seen.skill[0] - seen.chance
        adds_nothing = seen.both is not None and seen.both - seen.skill[lag] <= self.adds * best
        most = self.alike if adds_nothing else self.own
        is_far = best >= self.least and own <= most * best and best - own > self.errors * seen.error
        return lag if is_far else 0

    def _neighbour(self, seen: Lagged, lag: int, what: str, severity: float) -> Finding:
        where = f"{abs(lag)} {'later' if lag > 0 else 'earlier'}"
        lags = sorted(seen.skill)
        return Finding(
            symptom="shifted_targets",
            severity=severity,
            confidence=0.9,
            title=self.title,
            statement=f"A quick model predicts a target from the input {where} ({what}) with a score of "
            f"{seen.skill[lag]:.2f}, from its own input with {seen.skill[0]:.2f} (chance: {seen.chance:.2f}).",
            evidence={"rule": "shifted_targets", "value": lag, "threshold": 0, "skill": dict(seen.skill)},
            where="training targets",
            cures=("shift_targets",),
            advice=f"Pair target i with input i{lag:+d}: look for np.roll, shift, an index that starts at 1, a header "
            "row read in one file only.",
            source=SOURCE,
            plot=Plot(
                title="How well inputs predict targets some places away",
                x="place of the input, relative to its target",
                y="score on held-out examples",
                lines=(Line(name="score", x=tuple(map(float, lags)), y=tuple(seen.skill[k] for k in lags)),),
                threshold=seen.chance,
            ),
        )

    def _held(self, held: GivenAway) -> Finding:
        """Of a value further back someone may ask on purpose, to measure memory: never severe."""
        place = "the last value" if held.back == 0 else f"the value {held.back} steps before the end"
        return Finding(
            symptom="shifted_targets",
            severity=0.85 if held.back == 0 else 0.6,
            confidence=0.9,
            title="the target is in the window already",
            statement=f"The windows are cut from one series, and the targets of {held.share:.0%} of {held.num:,} of "
            f"them are {place} of their own window, bit for bit: nothing is forecast.",
            evidence={"rule": "shifted_targets", "value": -held.back - 1, "threshold": 0, "share": held.share},
            where="training targets",
            advice=f"Take the target {held.back + 1} step{'s' if held.back else ''} later: with windows "
            "series[i : i + width] the next value is series[i + width].",
            source=SOURCE,
        )

    def _copied(self, lag: int, share: float) -> Finding:
        how = "at the same step" if lag == 0 else f"{abs(lag)} steps {'later' if lag > 0 else 'earlier'}"
        return Finding(
            symptom="shifted_targets",
            severity=0.85 if lag <= 0 else 0.7,
            confidence=0.85,
            title="targets are not the next step",
            statement=f"{share:.0%} of the targets are the input {how}; the next step would be one step later.",
            evidence={"rule": "shifted_targets", "value": lag, "threshold": 1},
            where="training targets",
            cures=("shift_targets",),
            advice="inputs, targets = tokens[:, :-1], tokens[:, 1:]",
            source=SOURCE,
        )


def _asked(case: Case, probe: Callable[[Case], T]) -> T | None:
    try:
        return case.ask(probe)
    except CannotJudgeError:
        return None


rules.register("shifted_targets")(ShiftedTargets())
