"""Examples that are nearly the same as another: re-saved pictures, texts with one word changed, rows after rounding.

They count double in training, and a random split puts one of them on each side. Whet splits by family; other tools do
not. Which one to keep is a matter for a person, so none is dropped unasked.
Source: Barz & Denzler, "Do we train on test data?", J. Imaging 2020 (arXiv 1902.00423).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.leaks.copies import exact_links, families, near_links
from whet.auditing.leaks.showing_pairs import pair_examples
from whet.finding import Edit, Finding

__all__ = ["NearDuplicates"]

MOST_ROWS = 100_000


@dataclass(frozen=True, kw_only=True)
class NearDuplicates:
    """Counts near copies once exact ones are left out."""

    moderate_share: float = 0.01  # near copies among all examples from which the finding is moderate

    title: str = "near copies"
    effort: int = 1

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        data, pairs = inspection.data, inspection.pairs
        links = near_links(pairs, exact_links(data, pairs), len(data))
        if not len(links):
            return
        groups, count, share = families(links, len(data)), len(links), len(links) / len(data)
        differing = 0 if data.target is None else int((data.target[links[:, 0]] != data.target[links[:, 1]]).sum())
        against = f" {differing:,} of them carry another target than the one they resemble." if differing else ""
        rows = tuple(data.rows[np.sort(links[:, 1])][:MOST_ROWS].tolist())
        yield Finding(
            symptom="near_duplicates",
            title=self.title,
            severity=0.2 if share < self.moderate_share else float(min(0.6, 0.3 + share)),
            statement=f"{count:,} of {len(data):,} examples ({share:.2%}) are nearly the same as an earlier one, in "
            f"{len(groups):,} families; the largest has {len(groups[0]):,} members.{against}",
            evidence={"rule": "near copies", "value": share, "threshold": self.moderate_share},
            count=count,
            total=len(data),
            confidence=0.95,
            rows=rows,
            examples=pair_examples(inspection, links, "nearly the same"),
            cost_unknown="near copies flatter a score only where they cross a split",
            remedy=f"keeps the {len(groups):,} families together in every split",
            advice="Look at them; drop those that are one thing saved twice, and never split a family.",
            edits=(Edit(action="drop_rows", rows=rows),),
        )


checks.register("near_duplicates")(NearDuplicates())
