"""What to expect of a change: its author's claim, corrected by what it was worth on other data.

An estimate is a weighted mean of the claim and of the gains seen. Data of the same kind count fully, other data count
a third, and so do data in which the symptom was (not) found where here it was not (was).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whet.planning.belief import Expectation
from whet.planning.portfolio import Portfolio, Seen

__all__ = ["Claim", "Prospect", "expect"]

CLAIM = 2.0  # data sets that the author's claim counts as
UNASKED = 0.5  # of the claim, where the symptom was not found: claims are made for data that show it
ELSEWHERE = 1 / 3  # weight of data of another kind, or whose symptoms differ
SPREAD = 1.0  # points by which gains differ between data sets at the least


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A change, and what its author says of it."""

    remedy: str
    treats: frozenset[str]
    gain: float  # points of a hundred where its symptom is there
    cost: float  # relative to one training
    found: bool  # is its symptom there


@dataclass(frozen=True, kw_only=True)
class Prospect:
    """What is expected of it here."""

    expectation: Expectation
    cost: float
    helped: int  # data sets of this kind in which it gained
    num: int  # of so many

    def in_words(self) -> str:
        """For the reader of the report.

        >>> e = Expectation(remedy="ema", treats=frozenset(), mean=0.42, std=1.0)
        >>> Prospect(expectation=e, cost=1.0, helped=3, num=5).in_words()
        '+0.4 points expected: it helped in 3 of 5 earlier data sets of this kind'
        """
        expected = f"{self.expectation.mean:+.1f} points expected"
        if self.num == 0:
            return f"{expected}: no earlier data set of this kind tried it"
        return f"{expected}: it helped in {self.helped} of {self.num} earlier data sets of this kind"


def expect(claim: Claim, modality: str, portfolio: Portfolio) -> Prospect:
    """The expectation of ``claim`` for data of ``modality``."""
    rows = portfolio.of(claim.remedy)
    gains = np.array([claim.gain * (1.0 if claim.found else UNASKED), *(row.gain for row in rows)])
    weights = np.array([CLAIM, *(_weight(row, claim, modality) for row in rows)])
    mean = float(np.average(gains, weights=weights))
    spread = float(np.sqrt(np.average((gains - mean) ** 2, weights=weights)))
    known = weights.sum()
    alike = {row.data: 0.0 for row in rows if row.modality == modality}
    for row in rows:
        if row.data in alike:
            alike[row.data] = max(alike[row.data], row.gain)
    costs = np.array([claim.cost, *(row.cost for row in rows)])
    return Prospect(
        expectation=Expectation(
            remedy=claim.remedy,
            treats=claim.treats,
            mean=mean,
            # between data sets, and of the mean itself
            std=max(SPREAD, spread) * float(np.sqrt(1 + 1 / known)),
        ),
        # the median: single trainings are timed beside whatever else the machine did
        cost=0.0 if claim.cost == 0 else float(np.median(costs)),
        helped=sum(gain > 0 for gain in alike.values()),
        num=len(alike),
    )


def _weight(row: Seen, claim: Claim, modality: str) -> float:
    same_kind = 1.0 if row.modality == modality else ELSEWHERE
    return same_kind * (1.0 if row.found == claim.found else ELSEWHERE)
