"""Repeated batches: the loop trains on one batch, or on a few, over and over, though its loader has many.

Seen in a watched loop: ``next(iter(loader))`` at every step makes a new iterator each time and takes its first batch;
a ``break`` or a count leaves the rest of every epoch unread. A loader of one batch, several steps on one batch before
the next, and augmented or shuffled examples are healthy and silent.
Source: Python documentation, "Iterator Types"; Karpathy, "A Recipe for Training Neural Networks", 2019.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches_used import BatchesUsed, batches_used
from whet.diagnosis.probes.seen import watched
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.finding import Finding

__all__ = ["RepeatedBatches"]


@dataclass(frozen=True, kw_only=True)
class RepeatedBatches:
    """Fewer different batches than the loader would have given."""

    fewest: int = 12  # steps looked at
    late: int = 4  # of them far apart: steps next to each other may share a batch on purpose
    part: float = 0.5  # of the batches expected
    far: float = 0.7  # of those expected at steps far apart

    title: str = "trains on the same batches over and over"
    stage: Stage = "during"
    explains: frozenset[str] = (
        RATES | COURSE | RESULT | frozenset({"overfitting", "more_data", "normalisation_gap", "unshuffled"})
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        if case.setup is None or watched(case) is None:
            return
        seen = case.ask(batches_used)
        if seen.steps < self.fewest or seen.late < self.late or min(seen.given, seen.expected) < 2:
            return
        if seen.used > self.part * seen.expected or seen.late_used > self.far * seen.late_expected:
            return
        yield self._told(seen)

    def _told(self, seen: BatchesUsed) -> Finding:
        only = "one and the same batch" if seen.used == 1 else f"only {seen.used} different batches"
        share = seen.used / seen.given
        return Finding(
            symptom="repeated_batches",
            title=self.title,
            severity=0.9 if seen.used == 1 else float(max(0.5, 0.9 - share)),
            confidence=0.95,
            statement=f"The {seen.steps} steps looked at were given {only}; the loader gives "
            f"{'' if seen.is_whole else 'at least '}{seen.given} in an epoch, of which {seen.expected} were to be seen "
            "at these steps.",
            evidence={"rule": "loop", "value": seen.used, "threshold": self.part * seen.expected, "given": seen.given},
            where="training loop",
            cures=("ordinary_loop",),
            advice="Write `for x, y in loader:` around the steps. `next(iter(loader))` begins anew each time: make the "
            "iterator once, before the loop.",
            source="Python documentation, Iterator Types; Karpathy, A Recipe for Training Neural Networks, 2019",
        )


rules.register("repeated_batches")(RepeatedBatches())
