"""The mends of columns that findings propose, in the form that ``Facts`` hands to remedies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from whet.finding import Finding

__all__ = ["mends_of"]


def mends_of(findings: Iterable[Finding]) -> dict[str, dict[str, Mapping[str, Any]]]:
    """By symptom and column.

    >>> mends_of([Finding(symptom="id_columns", severity=0.2, statement="", column="id", mend={"left_out": True})])
    {'id_columns': {'id': {'left_out': True}}}
    """
    mends: dict[str, dict[str, Mapping[str, Any]]] = {}
    for finding in findings:
        if finding.mend:
            mends.setdefault(finding.symptom, {})[finding.column] = finding.mend
    return mends
