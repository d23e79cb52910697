"""The contract of a rule: it looks at a case and says what is wrong with the training. One file each, in ``rules/``.

A rule is a frozen dataclass: its fields are its settings (thresholds), each with a default and a comment. It trains
nothing itself (probes do, through ``Case.ask``), writes no file and prints nothing. What it needs and the case does not
have makes it yield nothing; where it would apply but cannot say (too few steps) it raises ``CannotJudgeError``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol

from whet.diagnosis.case import Case
from whet.finding import Finding
from whet.registry import Registry

__all__ = ["Rule", "Stage", "rules"]

Stage = Literal["before", "during", "after"]


class Rule(Protocol):
    """Looks for one fault or symptom."""

    @property
    def title(self) -> str:
        """For people: "softmax applied twice"."""
        ...

    @property
    def stage(self) -> Stage:
        """Before training (parts, data, probes), during (a trace), or after (an outcome)."""
        ...

    @property
    def explains(self) -> frozenset[str]:
        """Names of rules whose findings this one would bring about: where both are found, this is nearer the root."""
        ...

    def check(self, case: Case) -> Iterable[Finding]:
        """Findings, whose ``symptom`` is the name under which the rule is registered; none when all is well."""
        ...


rules: Registry[Rule] = Registry("rule")
