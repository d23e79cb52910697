"""The contract of a check: it looks at an inspection and says what is wrong. One file each, in ``checks/``.

A check is a frozen dataclass: its fields are its settings (thresholds), each with a default and a comment. It starts
no training of its own (``Inspection.quick`` does), writes no file and prints nothing. Where it does not apply (no
pictures, no target) it yields nothing; where it would apply but cannot judge (too few examples) it raises
``CannotJudgeError`` with the reason, which the audit reports.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from whet.auditing.inspection import Inspection
from whet.finding import Finding
from whet.registry import Registry

__all__ = ["Check", "checks"]


class Check(Protocol):
    """Looks for one kind of fault."""

    @property
    def title(self) -> str:
        """For people, in the plural: "labels that look wrong"."""
        ...

    @property
    def effort(self) -> int:
        """When it runs: 0 reads what is decoded, 1 compares examples, 2 needs the quick model, 3 trains more."""
        ...

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """Findings; none when the data are clean."""
        ...


checks: Registry[Check] = Registry("check")
