"""What a search trains next, and why it has come to its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from whet.errors import ConfigError
from whet.search.fidelity import Look
from whet.search.study import Running
from whet.search.tried import Proposal, Tried, by_rank
from whet.tuning.session import TuningSession

__all__ = ["Asking", "in_words", "look_of"]

STALE = 100  # duplicates in a row after which the space counts as exhausted
BROKEN = 20  # failures in a row after which the search gives up


class Asking:
    """Asks the method; what was written down before a kill comes first, and what was tried before is not run again."""

    def __init__(self, session: TuningSession) -> None:
        self.session = session
        self.why = ""  # the search came to its end; empty while it goes on
        self.left = session.study.left_running()
        self._num_stale = self._num_broken = 0

    def next(self, beside: Sequence[Running] = ()) -> Running | None:
        """The trial to train now, which has been written down; None: nothing now and, where ``why`` says so, any more.

        ``beside``: trials that are being trained just now.
        """
        while self.left:
            number = self.left.pop(0)
            if self.session.fits(1.0, keep_s=self._reserve_s()):
                return self.session.study.again(number)
        while not self.why:
            proposal = self._proposal(beside)
            if proposal is None:
                return None
            look = look_of(self.session, proposal)
            digest = "" if isinstance(look, ConfigError) else look.digest()
            history = self.session.study.history()
            if digest and digest in {t.digest for t in history if t.number in _numbers(beside)}:
                return None  # its outcome will be known soon
            earlier = self._earlier(history, digest)
            if earlier is not None:
                self.session.study.repeat(proposal, digest, earlier)
            elif (running := self.session.study.claim(proposal, digest)) is not None:
                self._num_stale = 0
                return running
            self._num_stale += 1
            if self._num_stale >= STALE:
                self.why = "no new combination turns up any more"
        return None

    def ended(self, *, is_fine: bool) -> None:
        """A trial has ended, and was no failure."""
        self._num_broken = 0 if is_fine else self._num_broken + 1
        if self._num_broken >= BROKEN:
            self.why = f"{BROKEN} trials in a row failed"

    def _proposal(self, beside: Sequence[Running]) -> Proposal | None:
        """What the method wants to see, where there is time for it."""
        session, history = self.session, self.session.study.history()
        proposal = session.method.propose(replace(session.setup, running=_numbers(beside)), history)
        if proposal is None:
            self.why = "" if beside else "everything that was asked for has been tried"
            return None
        proposal = self._last_chance(history, proposal)
        if session.fits(proposal.fidelity, keep_s=self._reserve_s()):
            return proposal
        self.why = "the rest of the budget is kept for the comparison at the end"
        return None

    def _last_chance(self, history: list[Tried], proposal: Proposal) -> Proposal:
        """Where a look would use up the time of the only full training, the best one looked at is trained in full.

        Plans go wrong when the machine turns slow; without this a search by rank could end with looks alone.
        """
        if proposal.fidelity == 1.0 or any(t.fidelity == 1.0 for t in history):
            return proposal
        if self.session.fits(1.0, proposal.fidelity, keep_s=self._reserve_s()):
            return proposal
        longest = max((t.fidelity for t in history if t.score is not None), default=0.0)
        higher = self.session.prepared.metric.higher_is_better
        ranked = by_rank([t for t in history if t.fidelity == longest], higher_is_better=higher)
        return Proposal(values=ranked[0].values, note={"early": 1}) if ranked else proposal

    def _reserve_s(self) -> float:
        session = self.session
        assert session.start is not None
        has_winner = session.best is not None and session.better(session.best.score, session.start.score)
        return session.finish_s() + session.plan.comparing_s(has_winner=has_winner)

    def _earlier(self, history: list[Tried], digest: str) -> Tried | None:
        """The trial that trained this very recipe before."""
        start = self.session.start
        assert start is not None
        if digest and digest == self.session.base.digest():
            return Tried(
                number=-1, values={}, state="complete", digest=digest, score=start.score, trial=start.key,
                curve={},
            )  # fmt: skip
        same = [t for t in history if digest and t.digest == digest and t.state != "running" and t.duplicate_of is None]
        return same[0] if same else None


def look_of(session: TuningSession, proposal: Proposal) -> Look | ConfigError:
    """What is trained, or why these values make no recipe: each was allowed for itself, but not together."""
    try:
        return session.look_of(dict(proposal.values), proposal.fidelity)
    except ConfigError as fault:
        return fault


def in_words(proposal: Proposal, share_of: str) -> str:
    """For people; ``share_of``: what a look has a share of."""
    shown = ", ".join(f"{name.rpartition('.')[2]} {value}" for name, value in proposal.values.items())
    return shown if proposal.fidelity == 1.0 else f"{shown} at {proposal.fidelity:.2g} of the {share_of}"


def _numbers(running: Sequence[Running]) -> frozenset[int]:
    return frozenset(each.number for each in running)
