"""One class written in several ways ("Cat", "cat ", "cta"), and labels that mean "no label".

A model is asked to tell the variants apart, which it cannot, and each has fewer examples than the class.
Differences of case and white space are beyond dispute; accents and slips of the pen wait for a person. Numbers, single
letters and short words ("cat", "car") are left alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.check import checks
from whet.auditing.columns.cells import flag_cells, set_cells
from whet.auditing.inspection import Inspection
from whet.auditing.labels.label_families import Variant, placeholder_labels, variants
from whet.auditing.media.flagging import by_share
from whet.finding import Edit, Finding

__all__ = ["LabelSpellings"]


@dataclass(frozen=True, kw_only=True)
class LabelSpellings:
    """Brings the variants of a label to the most frequent one."""

    ratio: float = 20.0  # how many times as frequent the right label must be for a slip of the pen
    severe: float = 0.1  # share of examples under a variant from which what is learnt is spoilt

    title: str = "classes written in several ways"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, ratio=(1, 1e6), severe=(0, 1))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if not inspection.is_classes or inspection.target is None:
            return
        labels = inspection.target.labels
        counts = np.bincount(inspection.truth, minlength=len(labels)).tolist()
        found = variants(labels, counts, ratio=self.ratio)
        if found:
            yield self._of_variants(inspection, found, counts)
        for code, may_be_class in placeholder_labels(labels):
            yield self._of_placeholder(inspection, code, counts[code], may_be_class)

    def _of_variants(self, inspection: Inspection, found: list[Variant], counts: list[int]) -> Finding:
        assert inspection.target is not None
        labels, column = inspection.target.labels, str(inspection.data.schema.target)
        meant = {v.written: v for v in sorted(found, key=lambda v: -counts[v.written])}
        positions = np.concatenate([np.flatnonzero(inspection.truth == code) for code in meant])
        is_sure = all(v.how in ("case or space", "number") for v in found)
        share = len(positions) / len(inspection.data)
        shown = ", ".join(f"{labels[c]!r} for {labels[v.meant]!r} ({counts[c]:,})" for c, v in list(meant.items())[:5])
        return flag_cells(
            inspection,
            positions,
            symptom="label_spellings",
            title=self.title,
            column=column,
            severity=0.75
            if share >= self.severe and is_sure
            else by_share(len(positions), len(inspection.data), base=0.35, slope=3),
            statement=f"{len(meant):,} of {len(labels):,} classes are other ways to write a class: {shown}.",
            evidence={"rule": "variants of a label", "value": len(meant), "threshold": 1},
            advice="Write each class in one way.",
            remedy=f"brings {len(positions):,} labels to the most frequent spelling",
            confidence=0.98 if is_sure else 0.85,
            what=lambda p: (
                f"labelled {labels[inspection.truth[p]]!r}, meant {labels[meant[inspection.truth[p]].meant]!r}"
            ),
            edits=(
                *_edits(inspection, [v for v in found if v.how == "case or space"], column, certain=True),
                *_edits(inspection, [v for v in found if v.how != "case or space"], column, certain=False),
            ),
        )

    def _of_placeholder(self, inspection: Inspection, code: int, count: int, may_be_class: bool) -> Finding:
        assert inspection.target is not None
        label, column = inspection.target.labels[code], str(inspection.data.schema.target)
        positions = np.flatnonzero(inspection.truth == code)
        rows = tuple(inspection.data.rows[positions].tolist())
        return flag_cells(
            inspection,
            positions,
            symptom="label_spellings",
            title="labels that mean no label",
            column=column,
            severity=0.2 if may_be_class else by_share(count, len(inspection.data), base=0.35, slope=3),
            statement=f"{count:,} examples are labelled {label!r}, which reads like a missing label and is learnt as a "
            "class.",
            evidence={"rule": "label reads like a missing value", "value": count, "threshold": 1},
            advice="If it is no class of its own, leave these examples out or have them labelled.",
            remedy=f"leaves the {count:,} out of training",
            confidence=0.5 if may_be_class else 0.9,
            what=lambda _: f"labelled {label!r}",
            edits=(Edit(action="drop_rows", rows=rows),),
        )


def _edits(inspection: Inspection, found: list[Variant], column: str, *, certain: bool) -> tuple[Edit, ...]:
    assert inspection.target is not None
    meant = {v.written: inspection.target.labels[v.meant] for v in found}
    positions = np.flatnonzero(np.isin(inspection.truth, list(meant)))
    values = [meant[code] for code in inspection.truth[positions].tolist()]
    return set_cells(inspection, column, positions, *values, certain=certain) if len(positions) else ()


checks.register("label_spellings")(LabelSpellings())
