"""HTML tags and web addresses in texts: left over from the page that they were cut out of.

A model learns from them where an example comes from. Where most texts hold addresses (messages do) it is their way,
and nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.columns.cells import flag_cells, set_cells
from whet.auditing.columns.column_words import matches
from whet.auditing.columns.text_arrays import text_columns, texts_of
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share
from whet.finding import Finding

__all__ = ["MarkupInTexts"]

_NAMES = "a|b|i|u|p|br|hr|em|ul|ol|li|td|tr|th|div|img|pre|span|font|code|body|html|head|form|input|table|tbody|script"
_NAMES += "|style|strong|small|center|h[1-6]|iframe|blockquote"
_TAG = rf"(?i)</?(?:{_NAMES})(?:\s+[a-zA-Z-]+=[^<>]*)?\s*/?>"
_ADDRESS = r"(?i)https?://[^\s]+|\bwww\.[a-z0-9-]+\.[a-z]{2,}"


@dataclass(frozen=True, kw_only=True)
class MarkupInTexts:
    """Searches for tags and addresses."""

    least_share: float = 0.001  # of texts with tags; a single "<b>" may be what a text is about
    address_share: float = 0.005  # of texts with addresses, from which they are told
    most_addresses: float = 0.2  # with more, addresses belong to these texts

    title: str = "markup in texts"
    effort: int = 0

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        for name in text_columns(inspection):
            texts = texts_of(inspection, name)
            tagged, addressed = matches(texts, _TAG), matches(texts, _ADDRESS)
            if tagged.mean() < self.least_share:
                tagged = np.zeros_like(tagged)
            if not self.address_share <= addressed.mean() <= self.most_addresses:
                addressed = np.zeros_like(addressed)
            positions = np.concatenate([np.flatnonzero(tagged), np.flatnonzero(addressed & ~tagged)])
            if len(positions):
                yield self._finding(inspection, name, positions, int(tagged.sum()), int(addressed.sum()))

    def _finding(
        self, inspection: Inspection, name: str, positions: np.ndarray, num_tagged: int, num_addressed: int
    ) -> Finding:
        total, tagged = len(inspection.data), positions[:num_tagged]
        texts = texts_of(inspection, name)
        mended = [" ".join(re.sub(_TAG, " ", texts[int(p)].as_py()).split()) for p in tagged]
        return flag_cells(
            inspection,
            positions,
            symptom="markup_in_texts",
            title=self.title,
            column=name,
            severity=by_share(num_tagged, total, base=0.3 if num_tagged >= 0.005 * total else 0.2, slope=0.5, cap=0.5),
            statement=f"Of {total:,} texts in {name!r}, {num_tagged:,} hold HTML tags and {num_addressed:,} web "
            "addresses.",
            evidence={"rule": "markup", "value": len(positions) / total, "threshold": self.least_share},
            advice="Strip the tags, and replace addresses by one word, before training and before predicting.",
            remedy=f"strips the tags of {num_tagged:,} texts",
            confidence=0.95,
            edits=set_cells(inspection, name, tagged, *mended) if num_tagged else (),
        )


checks.register("markup_in_texts")(MarkupInTexts())
