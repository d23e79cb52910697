"""Texts without content: empty, marks only, or a single word where the others have many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.columns.cells import flag_cells
from whet.auditing.columns.text_arrays import char_counts, text_columns, word_counts
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share
from whet.data.kinds import Modality
from whet.finding import Edit, Finding

__all__ = ["EmptyTexts"]


LONGEST_WORD = 25  # characters; longer ones are no words (``unusual_texts``)


@dataclass(frozen=True, kw_only=True)
class EmptyTexts:
    """Counts words."""

    usual_words: int = 8  # median from which a single word is too little
    apart: float = 2.0  # texts of one word, over those of two or three on average: a heap of its own, not a tail

    title: str = "texts without content"
    effort: int = 0

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        for name in text_columns(inspection):
            num_words = word_counts(inspection, name)
            empty = np.flatnonzero(num_words == 0)
            single = np.flatnonzero((num_words == 1) & (char_counts(inspection, name) <= LONGEST_WORD))
            if np.median(num_words) < self.usual_words or not self._is_heap(len(single), num_words):
                single = single[:0]
            positions = np.concatenate([empty, single])
            if len(positions):
                yield self._finding(inspection, name, positions, len(empty), float(np.median(num_words)))

    def _is_heap(self, num_single: int, num_words: np.ndarray) -> bool:
        two_or_three = int(((num_words == 2) | (num_words == 3)).sum())
        return num_single >= 3 and num_single > self.apart * two_or_three / 2

    def _finding(
        self, inspection: Inspection, name: str, positions: np.ndarray, num_empty: int, usual: float
    ) -> Finding:
        total = len(inspection.data)
        lone = inspection.modality is Modality.TEXT
        single = f"; {len(positions) - num_empty:,} are a single word" if len(positions) > num_empty else ""
        rows = tuple(inspection.data.rows[positions[:num_empty]].tolist())
        return flag_cells(
            inspection,
            positions,
            symptom="empty_texts",
            title=self.title,
            column=name,
            severity=by_share(len(positions), total, base=0.3 if len(positions) >= 0.005 * total else 0.15, slope=3.0),
            statement=f"{num_empty:,} of {total:,} texts in {name!r} are empty or hold marks only{single}; half of all "
            f"have {usual:.0f} words or more.",
            evidence={"rule": "no content", "value": num_empty / total, "threshold": self.usual_words},
            advice="Leave them out, or find out where their text was lost.",
            remedy=f"leaves {num_empty:,} examples out of training" if lone else "",
            confidence=0.95,
            edits=(Edit(action="drop_rows", rows=rows),) if lone and rows else (),
        )


checks.register("empty_texts")(EmptyTexts())
