"""Test examples that are in the training part too, exactly or nearly: a model may know them by heart.

Helps: 3 % of CIFAR-10's test pictures have a near copy among its training pictures, and without them models lose up to
a seventh of their accuracy. The statement says how much the quick model gains by them; models that remember more,
such as large networks, gain more.
Source: Barz & Denzler, "Do we train on test data?", J. Imaging 2020 (arXiv 1902.00423).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.leaks.showing_pairs import cross_pair_examples
from whet.auditing.leaks.split_scores import copied_flattery
from whet.errors import CannotJudgeError, TrainingFailedError
from whet.finding import Cost, Edit, Finding

__all__ = ["SplitDuplicates"]

MOST_ROWS = 100_000


@dataclass(frozen=True, kw_only=True)
class SplitDuplicates:
    """Counts test examples with a copy in training."""

    severe_share: float = 0.01  # of the test part
    severe_count: int = 10  # as many are severe too, once they reach ``least_share``
    least_share: float = 0.005  # below it ten twins in a large table (26 of 16,281 in Adult) move no score

    title: str = "test examples that are in training too"
    effort: int = 2

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        links = inspection.cross_pairs
        if inspection.test is None or not len(links):
            return
        count, total = len(links), len(inspection.test.data)
        share = count / total
        severe = share >= self.severe_share or (count >= self.severe_count and share >= self.least_share)
        severity = _severity(share, is_severe=severe, count=count)
        cost, unknown = _cost(inspection, links[:, 1]) if severity >= 0.3 else (None, "too few to move the score")
        yield Finding(
            symptom="split_duplicates",
            title=self.title,
            severity=severity,
            statement=f"{count:,} of {total:,} test examples ({share:.2%}) are exact or near copies of training ones"
            f"{_differing(inspection, links)}.",
            evidence={"rule": "cross-split copies", "value": share, "threshold": self.severe_share},
            part="test",
            count=count,
            total=total,
            confidence=0.95,
            rows=tuple(inspection.test.data.rows[links[:, 1]][:MOST_ROWS].tolist()),
            examples=cross_pair_examples(inspection, links),
            cost=cost,
            cost_unknown=unknown,
            remedy=f"leaves the training copies of {count:,} test examples out of training",
            advice="Drop the copies from training or from the test, and quote the score on the others.",
            edits=(Edit(action="drop_rows", rows=tuple(np.unique(inspection.data.rows[links[:, 0]]).tolist())),),
        )


def _severity(share: float, *, is_severe: bool, count: int) -> float:
    if is_severe:
        return float(min(0.95, 0.75 + share))
    return 0.4 if share >= 0.001 and count > 1 else 0.2


def _cost(inspection: Inspection, copied: np.ndarray) -> tuple[Cost | None, str]:
    try:
        return copied_flattery(inspection, inspection.split_scores, copied), ""
    except (CannotJudgeError, TrainingFailedError) as reason:
        return None, str(reason)


def _differing(inspection: Inspection, links: np.ndarray) -> str:
    assert inspection.test is not None
    train, test = inspection.data.target, inspection.test.data.target
    if train is None or test is None:
        return ""
    count = int((train[links[:, 0]] != test[links[:, 1]]).sum())
    return f"; {count:,} of them carry another target there" if count else ""


checks.register("split_duplicates")(SplitDuplicates())
