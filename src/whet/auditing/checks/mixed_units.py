"""One column, two units: "180 cm" beside "1.8 m", or bare numbers of which some are a hundred times smaller.

Units that are written out are beyond doubt. Bare numbers need strong evidence: a minority, apart from the others by a
clear gap, whose middle and spread are those of the others divided by a factor that leads from one unit to another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from whet.auditing.check import checks
from whet.auditing.checks.mixed_types import MOST_WORDS
from whet.auditing.columns.cells import flag_cells, set_cells
from whet.auditing.columns.column_words import word_columns
from whet.auditing.columns.number_words import NumberWords, number_words
from whet.auditing.columns.placeholders import without_placeholders
from whet.auditing.columns.scales import second_scale
from whet.auditing.columns.units import factor_between
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share
from whet.data.kinds import Kind
from whet.finding import Finding

__all__ = ["MixedUnits"]


@dataclass(frozen=True, kw_only=True)
class MixedUnits:
    """Looks at written units first, then at bare numbers."""

    least_share: float = 0.005  # of bare numbers in the other unit
    most_share: float = 0.4
    fewest: int = 3  # bare numbers in the other unit

    title: str = "columns of mixed units"
    effort: int = 0

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        for name in word_columns(inspection, Kind.NUMBER, Kind.CATEGORY, Kind.TEXT, Kind.IGNORED):
            read = number_words(inspection, name)
            assert read is not None
            yield from self._written(inspection, name, read)
        for name in inspection.columns(Kind.NUMBER):
            yield from self._bare(inspection, name)

    def _written(self, inspection: Inspection, name: str, read: NumberWords) -> Iterable[Finding]:
        units = {u: int(read.words.counts[read.units == u].sum()) for u in set(read.units.tolist()) - {""}}
        if len(units) < 2 or read.share(read.decorated | read.plain) < 0.8:
            return
        main = max(units, key=lambda u: (units[u], u))
        positions = read.words.positions((read.units != "") & (read.units != main))
        codes = read.words.codes[positions]
        factors = [factor_between(u, main) for u in read.units[codes].tolist()]
        mended = [None if f is None else f"{v * f:.12g}" for v, f in zip(read.values[codes].tolist(), factors)]
        shown = ", ".join(f"{u} {units[u]:,} times" for u in sorted(units, key=lambda u: (-units[u], u)))
        edits = set_cells(inspection, name, positions, *mended) if None not in factors else ()
        yield flag_cells(
            inspection,
            positions,
            symptom="mixed_units",
            title=self.title,
            column=name,
            severity=by_share(len(positions), len(inspection.data), base=0.5, slope=1.0),
            statement=f"{name!r} is written in {len(units)} units ({shown}), so that it is not read as numbers.",
            evidence={"rule": "units written out", "value": len(units), "threshold": 2},
            advice=f"Write all values in {main}, without the unit.",
            remedy=f"brings {len(positions):,} values to {main}",
            confidence=0.98,
            edits=edits,
            mend=_read_as_numbers(inspection, name, read, main),
        )

    def _bare(self, inspection: Inspection, name: str) -> Iterable[Finding]:
        values = without_placeholders(inspection, name)
        found = second_scale(values, name, least=self.least_share, most=self.most_share, fewest=self.fewest)
        if found is None:
            return
        yield flag_cells(
            inspection,
            found.positions,
            symptom="mixed_units",
            title=self.title,
            column=name,
            severity=by_share(len(found.positions), len(values), base=0.4, slope=1.0),
            statement=f"{name!r} falls into two groups: {len(found.positions):,} values lie apart, and {found.how} "
            "they lie among the others, as if in another unit.",
            evidence={"rule": "a second scale", "value": found.gap, "threshold": 1.0},
            advice="Bring all values to one unit.",
            remedy=f"converts {len(found.positions):,} values",
            confidence=0.85,
            edits=set_cells(inspection, name, found.positions, *(f"{v:.12g}" for v in found.mended.tolist())),
            mend={"rescale": found.line(values)},
        )


def _read_as_numbers(inspection: Inspection, name: str, read: NumberWords, main: str) -> dict[str, Any]:
    """Every written number in the unit of most; nothing where a factor is not known or there are too many words."""
    if name not in inspection.columns(Kind.CATEGORY, Kind.TEXT) or read.decorated.sum() > MOST_WORDS:
        return {}
    factors = {u: 1.0 if u in ("", main) else factor_between(u, main) for u in set(read.units.tolist())}
    if None in factors.values():
        return {}
    known = np.flatnonzero(read.decorated)
    scale = [factors[u] or 1.0 for u in read.units[known].tolist()]
    words = (read.words.distinct[int(i)].as_py() for i in known)
    return {"numbers": dict(zip(words, (read.values[known] * scale).tolist(), strict=True))}


checks.register("mixed_units")(MixedUnits())
