"""One category written in several ways: "Berlin", "berlin ", "Belrin". A model takes them for different things.

Differences of case and space are counted in full; a slip of the pen only where the right word is far more frequent.
Outer space is cut by reading here, but other programs keep it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.columns.cells import flag_cells, set_cells
from whet.auditing.columns.column_words import Words, word_columns, words_of
from whet.auditing.columns.meant_words import meant_words
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share
from whet.data.kinds import Kind
from whet.finding import Edit, Finding

__all__ = ["CategorySpellings"]


@dataclass(frozen=True, kw_only=True)
class CategorySpellings:
    """Brings variants to the most frequent spelling."""

    ratio: float = 10.0  # how many times as frequent the right word must be for a slip
    fewest: int = 10  # examples of the right word for a slip

    title: str = "categories written in several ways"
    effort: int = 0

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        for name in word_columns(inspection, Kind.CATEGORY):
            words = words_of(inspection, name)
            assert words is not None
            meant = meant_words(inspection, name, ratio=self.ratio, fewest=self.fewest)
            if meant is not None:
                yield from self._look(inspection, name, words, meant)

    def _look(self, inspection: Inspection, name: str, words: Words, meant: list[str]) -> Iterable[Finding]:
        written = words.distinct.to_pylist()
        blank = np.array([a != b and a.split() == b.split() for a, b in zip(written, meant, strict=True)], bool)
        spelt = np.array([a.split() != b.split() for a, b in zip(written, meant, strict=True)], bool)
        if not (blank | spelt).any():
            return
        only_blank = not spelt.any()
        order = np.flatnonzero(blank if only_blank else spelt)
        order = order[np.argsort(-words.counts[order], kind="stable")]
        positions = words.positions(blank if only_blank else spelt)
        shown = ", ".join(f"{written[i]!r} for {meant[i]!r} ({words.counts[i]:,} times)" for i in order[:4])
        yield flag_cells(
            inspection,
            positions,
            symptom="category_spellings",
            title=self.title,
            column=name,
            severity=0.1
            if only_blank
            else by_share(len(positions), len(inspection.data), base=0.3, slope=2.0, cap=0.6),
            statement=f"{name!r} writes {len(order):,} values in more than one way: {shown}.",
            evidence={"rule": "variants of one value", "value": len(order), "threshold": 1},
            advice="Write each value in one way.",
            remedy=f"brings {len(positions):,} values to the most frequent spelling",
            confidence=1.0 if only_blank else 0.9,
            what=lambda p: f"{written[words.codes[p]]!r} for {meant[words.codes[p]]!r}",
            edits=(
                *self._edits(inspection, name, words, meant, blank, certain=True),
                *self._edits(inspection, name, words, meant, spelt, certain=False),
            ),
        )

    def _edits(
        self,
        inspection: Inspection,
        name: str,
        words: Words,
        meant: list[str],
        wanted: np.ndarray,
        *,
        certain: bool,
    ) -> tuple[Edit, ...]:
        positions = words.positions(wanted)
        values = [meant[code] for code in words.codes[positions].tolist()]
        return set_cells(inspection, name, positions, *values, certain=certain) if len(positions) else ()


checks.register("category_spellings")(CategorySpellings())
