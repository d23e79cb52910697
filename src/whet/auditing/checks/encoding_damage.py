"""Texts and categories damaged on their way: "schÃ¶n", "�", "&amp;", control characters.

A damaged word is another word to a model, and the damage often marks where an example comes from. Mojibake is told by
ftfy: letters that no language puts side by side, and that turn into sound text when read in the right encoding.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from whet.auditing.check import checks
from whet.auditing.columns.cells import flag_cells, set_cells
from whet.auditing.columns.column_words import matches, word_columns, words_of
from whet.auditing.columns.text_arrays import text_columns, texts_of
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share
from whet.data.kinds import Kind
from whet.finding import Finding

__all__ = ["EncodingDamage"]

_DAMAGE = {  # what it is -> pattern that shows it
    "replacement characters": r"\x{FFFD}",
    "HTML entities": r"&(?:amp|lt|gt|quot|nbsp|apos|[aeiouAEIOU](?:uml|acute|grave|circ)|szlig|#x?[0-9a-fA-F]{2,5});",
    "control characters": r"[\x00-\x08\x0b\x0e-\x1f\x7f]",
}
_MAYBE_MOJIBAKE = r"[\x{80}-\x{9f}]|[\x{c0}-\x{ff}\x{152}-\x{178}\x{3b1}-\x{3c9}\x{410}-\x{44f}][^\x00-\x7f]"


@dataclass(frozen=True, kw_only=True)
class EncodingDamage:
    """Looks at every text and at every category."""

    moderate_share: float = 0.005  # damaged texts

    title: str = "texts with a damaged encoding"
    effort: int = 0

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        for name in text_columns(inspection):
            texts = texts_of(inspection, name)
            kinds = _damage(texts)
            yield from self._findings(inspection, name, kinds, {k: np.flatnonzero(found) for k, found in kinds.items()})
        for name in word_columns(inspection, Kind.CATEGORY):
            words = words_of(inspection, name)
            assert words is not None
            kinds = _damage(words.trimmed)
            yield from self._findings(inspection, name, kinds, {k: words.positions(f) for k, f in kinds.items()})

    def _findings(
        self, inspection: Inspection, name: str, kinds: dict[str, np.ndarray], places: dict[str, np.ndarray]
    ) -> Iterable[Finding]:
        positions = np.unique(np.concatenate(list(places.values()))) if kinds else np.zeros(0, np.int64)
        if not len(positions):
            return
        shown = ", ".join(f"{kind} in {len(found):,}" for kind, found in places.items() if len(found))
        share = len(positions) / len(inspection.data)
        yield flag_cells(
            inspection,
            positions,
            symptom="encoding_damage",
            title=self.title,
            column=name,
            severity=by_share(len(positions), len(inspection.data), base=0.35, slope=1.0)
            if share >= self.moderate_share
            else 0.25,
            statement=f"{len(positions):,} of {len(inspection.data):,} values of {name!r} are damaged: {shown}.",
            evidence={"rule": "damaged encoding", "value": share, "threshold": self.moderate_share},
            advice="Read the source again in the right encoding, or repair the texts.",
            remedy=f"repairs {len(positions):,} texts",
            confidence=0.95,
            edits=set_cells(inspection, name, positions, *_mended(inspection, name, positions)),
        )


def _damage(texts: pa.Array) -> dict[str, np.ndarray]:
    """(M,) bool by kind of damage, for the kinds that there are."""
    import ftfy
    from ftfy.badness import is_bad

    found = {kind: matches(texts, pattern) for kind, pattern in _DAMAGE.items()}
    mojibake = np.zeros(len(texts), bool)
    maybe = np.flatnonzero(matches(texts, _MAYBE_MOJIBAKE))
    for line, text in zip(maybe.tolist(), texts.take(pa.array(maybe)).to_pylist(), strict=True):
        mojibake[line] = is_bad(text) and ftfy.fix_encoding(text) != text
    found["letters read in the wrong encoding"] = mojibake
    return {kind: mask for kind, mask in found.items() if mask.any()}


def _mended(inspection: Inspection, name: str, positions: np.ndarray) -> list[str]:
    import ftfy

    # Only what is damaged: typographic quotes, ligatures and wide letters are a matter of taste.
    keep = ftfy.TextFixerConfig(
        uncurl_quotes=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        normalization=None,
        unescape_html=True,
    )
    column = inspection.train.raw.table.column(name).take(pa.array(inspection.train.positions[positions]))
    return [ftfy.fix_text(text, keep) for text in column.to_pylist()]


checks.register("encoding_damage")(EncodingDamage())
