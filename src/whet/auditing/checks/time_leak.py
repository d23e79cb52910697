"""Training on the future: test examples from before the last training time, where the target changes with time.

With a time column (declared, or a column of dates) and a test part: does the test lie after the training? Without a
test part: does the target drift with time, so that a split at random would be too kind?
Source: Kapoor & Narayanan, "Leakage and the reproducibility crisis", Patterns 2023 (type L3.1, temporal leakage).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.leaks.target_drift import target_drift
from whet.data.columns import DateColumn
from whet.data.kinds import Kind
from whet.finding import Edit, Finding

__all__ = ["TimeLeak"]

MOST_ROWS = 100_000


@dataclass(frozen=True, kw_only=True)
class TimeLeak:
    """Looks at the times of both parts, and at how far time alone tells the target."""

    drift: float = 0.05  # share of the target's variance that stretches of time explain, from which time matters
    strong: float = 0.2  # the same for a column of dates that nobody declared and no test part: it may be a birthday
    overlap: float = 0.05  # share of the test from before the last training time that is worth telling
    fewest: int = 100  # examples with a time

    title: str = "training on the future"
    effort: int = 1

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        for name, times, test_times in _timed(inspection):
            known = np.isfinite(times)
            if known.sum() < self.fewest or len(np.unique(times[known][:10_000])) < 10:
                continue
            found = target_drift(inspection, times)
            is_declared = name == inspection.data.schema.time
            if test_times is not None and np.isfinite(test_times).any():
                yield from self._split(inspection, name, times, test_times, found, is_declared)
            elif inspection.test is None and not is_declared and found >= self.strong:
                yield self._drifting(inspection, name, found)

    def _split(
        self,
        inspection: Inspection,
        name: str,
        times: np.ndarray,
        test_times: np.ndarray,
        found: float,
        is_declared: bool,
    ) -> Iterable[Finding]:
        assert inspection.test is not None
        early = test_times <= np.nanmax(times)
        share = float(early.mean())
        matters = found >= self.drift
        if share < self.overlap or not (is_declared or matters):
            return
        past = np.flatnonzero(times > np.nanmin(test_times))
        severity = (0.75 if matters else 0.35) if is_declared else 0.45
        yield Finding(
            symptom="time_leak",
            title=self.title,
            severity=severity,
            statement=f"{int(early.sum()):,} of {len(early):,} test examples ({share:.1%}) are from before the last "
            f"training time in {name!r}, and {len(past):,} training examples are from after the first test time. "
            f"Time alone explains {found:.0%} of the target.",
            evidence={"rule": "test before training", "value": share, "threshold": self.overlap, "drift": found},
            part="test",
            column=name,
            count=int(early.sum()),
            total=len(early),
            confidence=0.95 if is_declared else 0.6,
            rows=tuple(inspection.test.data.rows[early][:MOST_ROWS].tolist()),
            cost_unknown="needs a later test part",
            remedy=f"leaves the {len(past):,} training examples from after the first test time out of training",
            advice="Test on what came after the training examples, as in use.",
            edits=(Edit(action="drop_rows", rows=tuple(inspection.data.rows[past][:MOST_ROWS].tolist())),),
        )

    def _drifting(self, inspection: Inspection, name: str, found: float) -> Finding:
        return Finding(
            symptom="time_leak",
            title=self.title,
            severity=0.35,
            statement=f"The target drifts with {name!r}: stretches of time explain {found:.0%} of it, so a split at "
            "random tests on times that were trained on.",
            evidence={"rule": "drift", "value": found, "threshold": self.strong},
            column=name,
            count=len(inspection.data),
            total=len(inspection.data),
            confidence=0.5,
            cost_unknown="needs a split in order of time: declare it",
            remedy=f"once declared, splits in order of {name!r}",
            advice=f"If {name!r} is when examples arise and the model will predict later ones, pass --time {name}.",
        )


def _timed(inspection: Inspection) -> Iterator[tuple[str, np.ndarray, np.ndarray | None]]:
    """The declared time, else every column of dates: name, (N,) and (M,) seconds or other sortable numbers."""
    data, test = inspection.data, None if inspection.test is None else inspection.test.data
    if data.schema.time is not None and data.times is not None:
        yield data.schema.time, data.times, None if test is None else test.times
        return
    for column in data.schema.of_kind(Kind.DATE):
        mine, other = data.columns[column.name], None if test is None else test.columns[column.name]
        if isinstance(mine, DateColumn):
            yield column.name, mine.values, other.values if isinstance(other, DateColumn) else None


checks.register("time_leak")(TimeLeak())
