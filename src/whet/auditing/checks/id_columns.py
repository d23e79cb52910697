"""Columns that name the example instead of describing it: numbers that count rows, UUIDs, hashes, addresses.

A model can only learn them by heart; on new examples they mean nothing. Whet leaves most of them out by itself and
says so; one that it uses because it looks like a measurement is worth a question. Whether such a column predicts the
target, and so betrays how the file was made, is for ``order_leak``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whet.auditing.check import checks
from whet.auditing.columns.naming_columns import naming_columns
from whet.auditing.inspection import Inspection
from whet.finding import Edit, Finding

__all__ = ["IdColumns"]


@dataclass(frozen=True, kw_only=True)
class IdColumns:
    """One finding per column."""

    used: float = 0.25  # severity of a column that feeds the model
    left_out: float = 0.1  # of one that does not

    title: str = "columns that name the example"
    effort: int = 0

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        for column in naming_columns(inspection.train):
            role = "feeds the model" if column.is_feature else "is left out of the model"
            yield Finding(
                symptom="id_columns",
                title=self.title,
                severity=self.used if column.is_feature else self.left_out,
                statement=f"Column {column.name!r} names the examples ({column.what}); it {role}.",
                evidence={"rule": "names the example", "value": column.what, "threshold": "nearly every value differs"},
                column=column.name,
                count=len(inspection.data),
                total=len(inspection.data),
                confidence=0.9,
                cost_unknown="such a column costs little unless it tells the target",
                remedy=f"leaves column {column.name!r} out",
                advice=f"Leave {column.name!r} out, also of other models, unless it measures something after all.",
                mend={"left_out": True} if column.is_feature else {},
                edits=(Edit(action="drop_column", column=column.name),) if column.is_feature else (),
            )


checks.register("id_columns")(IdColumns())
