"""Texts that are far longer than all others, or that repeat one letter or one word on and on.

Mostly two examples run together, a whole page pasted in, or a cat on the keyboard.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from whet.auditing.check import checks
from whet.auditing.columns.cells import flag_cells
from whet.auditing.columns.tails import beyond_gap
from whet.auditing.columns.text_arrays import char_counts, text_columns, texts_of
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share
from whet.finding import Finding

__all__ = ["UnusualTexts"]


@dataclass(frozen=True, kw_only=True)
class UnusualTexts:
    """Looks at length and at runs of one letter."""

    ratio: float = 2.0  # length of the shortest over-long text to the longest ordinary one
    longest_run: int = 12  # equal letters or marks in a row; "baaaaaaaaad" and "!!!" are ordinary

    title: str = "texts of unusual length or form"
    effort: int = 0

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        for name in text_columns(inspection):
            lengths = char_counts(inspection, name).astype(np.float64)
            long = lengths >= beyond_gap(lengths, ratio=self.ratio)
            runs = _has_run(texts_of(inspection, name), self.longest_run)
            positions = np.concatenate([np.flatnonzero(runs), np.flatnonzero(long & ~runs)])
            if not len(positions):
                continue
            yield flag_cells(
                inspection,
                positions,
                symptom="unusual_texts",
                title=self.title,
                column=name,
                severity=by_share(len(positions), len(lengths), base=0.25, slope=3.0, cap=0.5),
                statement=f"Of {len(lengths):,} texts in {name!r}, {int(runs.sum()):,} repeat one letter or mark "
                f"{self.longest_run} times or more, and {int(long.sum()):,} are far longer than all others "
                f"(median {np.median(lengths):,.0f} characters).",
                evidence={"rule": "length and runs", "value": float(lengths.max()), "threshold": self.ratio},
                advice="Read them; leave out what is no text.",
                confidence=0.85,
            )


def _has_run(texts: pa.LargeStringArray, least: int) -> np.ndarray:
    """(N,) bool: holds the same letter, "!" or "?" so many times in a row (bytes; other marks draw lines)."""
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    flat = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    lower = flat | 0x20
    counted = ((lower >= ord("a")) & (lower <= ord("z"))) | (flat == ord("!")) | (flat == ord("?"))
    same = (flat[1:] == flat[:-1]) & counted[1:]
    run = same.copy()  # ends as: the least - 1 steps from here are all equal
    for step in range(1, least - 1):
        kept = max(0, len(run) - step)  # fewer characters than a run is long: none
        run[:kept] &= same[step:]
        run[kept:] = False
    starts = np.flatnonzero(run)
    owner = np.searchsorted(offsets, starts, side="right") - 1
    inside = (owner >= 0) & (owner < len(texts))
    inside[inside] &= starts[inside] + least <= offsets[owner[inside] + 1]
    found = np.zeros(len(texts), bool)
    found[owner[inside]] = True
    return found


checks.register("unusual_texts")(UnusualTexts())
