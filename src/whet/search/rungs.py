"""One bracket of successive halving: many short trainings, the best third of them three times as long, and so on.

Source: Jamieson & Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS 2016.
    Differs: a longer training begins anew, so that its learning-rate schedule is the one of its length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.search.method import Setup, draw_fresh
from whet.search.tried import Proposal, Tried, by_rank

__all__ = ["Bracket", "num_rungs"]


@dataclass(frozen=True, kw_only=True)
class Bracket:
    """``size`` configurations start at fidelity ``eta ** -top`` and are promoted by rank up to fidelity 1.

    >>> Bracket(number=0, size=9, top=2, eta=3).sizes(), Bracket(number=0, size=9, top=2, eta=3).cost()
    ((9, 3, 1), 3.0)
    """

    number: int
    size: int
    top: int  # rungs are numbered from 0 to ``top``
    eta: int

    def sizes(self) -> tuple[int, ...]:
        """Trials per rung."""
        return tuple(max(1, self.size // self.eta**rung) for rung in range(self.top + 1))

    def fidelity(self, rung: int) -> float:
        """Of a rung, in (0, 1]."""
        return float(self.eta ** (rung - self.top))

    def cost(self) -> float:
        """In full trainings."""
        return sum(size * self.fidelity(rung) for rung, size in enumerate(self.sizes()))

    def propose(self, setup: Setup, history: Sequence[Tried], others: Sequence[Tried]) -> Proposal | None:
        """The next trial of this bracket, of which ``history`` knows the earlier ones; None when it is over or waits.

        ``others``: trials of the study whose values are not drawn again.
        """
        rungs = [[t for t in history if t.note.get("rung") == rung] for rung in range(self.top + 1)]
        if len(rungs[0]) < self.size:
            values = draw_fresh(setup, [*others, *history])
            if values is not None:
                return self._proposal(values, 0)
        for rung in range(self.top):
            if any(t.number in setup.running for t in rungs[rung]):
                return None  # ranks are known when all have ended
            wanted = min(self.sizes()[rung + 1], len(rungs[rung]))
            best = by_rank(rungs[rung], higher_is_better=setup.higher_is_better)[:wanted]
            known = {setup.space.key(t.values) for t in rungs[rung + 1]}
            waiting = [t for t in best if setup.space.key(t.values) not in known]
            if waiting:
                return self._proposal(waiting[0].values, rung + 1)
        return None

    def _proposal(self, values: object, rung: int) -> Proposal:
        assert isinstance(values, dict)
        note = {"bracket": self.number, "rung": rung}
        return Proposal(values=values, fidelity=self.fidelity(rung), note=note)


def num_rungs(size: int, *, eta: int, most: int) -> int:
    """The highest rung that ``size`` configurations reach with at least one of them, at most ``most``.

    >>> [num_rungs(size, eta=3, most=2) for size in (1, 3, 9, 100)]
    [0, 1, 2, 2]
    """
    rung = 0
    while rung < most and eta ** (rung + 1) <= size:
        rung += 1
    return rung
