"""Examples that are there twice, to the last bit and with the same target: they count double and cross random splits.

Tables only where a row carries enough information that a twin cannot be chance (``whet.data.near.rows``). Copies with
different targets contradict each other; they are told, but never dropped, since it is open which one is right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.leaks.copies import exact_links, families
from whet.auditing.leaks.showing_pairs import pair_examples
from whet.data.kinds import Modality
from whet.finding import Edit, Finding

__all__ = ["ExactDuplicates"]

MOST_ROWS = 100_000


@dataclass(frozen=True, kw_only=True)
class ExactDuplicates:
    """Counts the copies beyond the first of each kind."""

    moderate_share: float = 0.01  # copies among all examples from which the finding is moderate
    certain_columns: int = 10  # columns of a table from which equal rows are copies beyond dispute

    title: str = "exact copies"
    effort: int = 1

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        data = inspection.data
        links = exact_links(data, inspection.pairs)
        same = (
            np.ones(len(links), bool) if data.target is None else data.target[links[:, 0]] == data.target[links[:, 1]]
        )
        agreeing, against = links[same], int((~same).sum())
        if not len(agreeing):
            return
        groups, count, share = families(agreeing, len(data)), len(agreeing), len(agreeing) / len(data)
        rows = tuple(data.rows[np.sort(agreeing[:, 1])][:MOST_ROWS].tolist())
        yield Finding(
            symptom="exact_duplicates",
            title=self.title,
            severity=_severity(share, self.moderate_share),
            statement=f"{count:,} of {len(data):,} examples ({share:.2%}) are exact copies of an earlier one, in "
            f"{len(groups):,} families; the largest has {len(groups[0]):,} members.{_contradicting(against)}",
            evidence={"rule": "exact copies", "value": share, "threshold": self.moderate_share},
            count=count,
            total=len(data),
            confidence=1.0 if self._beyond_dispute(inspection) else 0.9,
            rows=rows,
            examples=pair_examples(inspection, agreeing, "the same to the last bit"),
            cost_unknown="copies of training examples flatter a score only where they cross a split",
            remedy=f"leaves {count:,} copies out of training; one of each kind stays",
            advice="Drop them, or split so that copies stay on one side.",
            edits=(Edit(action="drop_rows", rows=rows, certain=self._beyond_dispute(inspection)),),
        )

    def _beyond_dispute(self, inspection: Inspection) -> bool:
        is_table = inspection.modality is Modality.TABLE
        return not is_table or len(inspection.data.schema.features) >= self.certain_columns


def _severity(share: float, moderate_share: float) -> float:
    if share < moderate_share:
        return 0.2
    return float(min(0.6, 0.3 + share))


def _contradicting(count: int) -> str:
    return f" {count:,} further copies carry another target than the first." if count else ""


checks.register("exact_duplicates")(ExactDuplicates())
