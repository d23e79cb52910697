"""Pairs of alike examples, for a person to look at side by side."""

from __future__ import annotations

import numpy as np

from whet.auditing.inspection import Inspection
from whet.finding import Example

__all__ = ["cross_pair_examples", "pair_examples"]

MOST = 24


def pair_examples(inspection: Inspection, links: np.ndarray, what: str) -> tuple[Example, ...]:
    """The later example of each link (P, 2) with the earlier one as its partner, at most 24."""
    shown, half = links[:MOST], inspection.train
    others = half.where(shown[:, 0])
    return tuple(
        Example(where=where, what=f"{what} as {other}", row=row, partner=partner)
        for where, other, row, partner in zip(
            half.where(shown[:, 1]),
            others,
            half.data.rows[shown[:, 1]].tolist(),
            half.data.rows[shown[:, 0]].tolist(),
            strict=True,
        )
    )


def cross_pair_examples(inspection: Inspection, links: np.ndarray) -> tuple[Example, ...]:
    """Test examples with their training partner; links are (training position, test position), at most 24."""
    assert inspection.test is not None
    shown, train, test = links[:MOST], inspection.train, inspection.test
    return tuple(
        Example(where=where, what=f"is in training too: {other}", part="test", row=row, partner=partner)
        for where, other, row, partner in zip(
            test.where(shown[:, 1]),
            train.where(shown[:, 0]),
            test.data.rows[shown[:, 1]].tolist(),
            train.data.rows[shown[:, 0]].tolist(),
            strict=True,
        )
    )
