"""Examples that reading left out: malformed lines, missing targets, unreadable files.

They are lost already, and nobody may have noticed. Severe from 5 %: then an export or a delimiter is wrong rather than
single rows, and what is left need not be like what was lost.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from whet.auditing.check import checks
from whet.auditing.inspection import Half, Inspection
from whet.auditing.media.flagging import MOST_EXAMPLES, MOST_ROWS
from whet.data.raw import Problem
from whet.finding import Example, Finding, Part

__all__ = ["SetAside"]

_DETAIL = re.compile(r"""'[^']*'|"[^"]*"|:.*|;.*|[0-9]+""", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class SetAside:
    """Counts what was reported instead of kept."""

    moderate_share: float = 0.01
    severe_share: float = 0.05

    title: str = "examples that could not be read"
    effort: int = 0

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        yield from self._look(inspection.train, "train")
        if inspection.test is not None:
            yield from self._look(inspection.test, "test")

    def _look(self, half: Half, part: Part) -> Iterable[Finding]:
        lost = [p for p in half.data.problems if not p.kept]
        if not lost:
            return
        total = len(half.data) + len(lost)
        share = len(lost) / total
        kinds = Counter(_kind(p) for p in lost).most_common(3)
        said = "; ".join(f"{count:,}: {kind}" for kind, count in kinds)
        yield Finding(
            symptom="set_aside",
            title=self.title,
            severity=self._severity(share),
            statement=f"{len(lost):,} of {total:,} examples ({share:.2%}) were left out because they cannot be used "
            f"({said}).",
            evidence={"rule": "share left out", "value": share, "threshold": self.moderate_share},
            part=part,
            count=len(lost),
            total=total,
            confidence=1.0,
            rows=tuple(p.row for p in lost if p.row is not None)[:MOST_ROWS],
            examples=tuple(Example(where=p.where, what=p.what, part=part, row=p.row) for p in lost[:MOST_EXAMPLES]),
            cost_unknown="what could not be read cannot be trained on",
            remedy="training goes on without them",
            advice="Repair them in the source, or export the data again.",
        )

    def _severity(self, share: float) -> float:
        if share >= self.severe_share:
            return min(0.9, 0.7 + share)
        return 0.4 if share >= self.moderate_share else 0.2


def _kind(problem: Problem) -> str:
    """What is wrong, without the details of the one case."""
    return " ".join(_DETAIL.sub(" ", problem.what.replace("; the example is left out", "")).split()) or problem.what


checks.register("set_aside")(SetAside())
