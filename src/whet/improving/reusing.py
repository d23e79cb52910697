"""Other uses of the network that was trained last: what trains nothing is judged once more, now that it has learnt.

A short run looks at such changes (averaging over views) on a network that has hardly learnt anything; the one that it
hands over may well gain from them, and to find out takes predictions only.
"""

from __future__ import annotations

from dataclasses import replace

from whet.comparing.latency import milliseconds_per_example
from whet.improving.confirming import confirm
from whet.improving.planner import Proposal, propose
from whet.improving.session import Session
from whet.training.restore import restore

__all__ = ["reusing_seconds", "run_reuses"]

LOOK_S, BATCH = 0.5, 64  # how long and with how many examples at once a use is timed
MOST = 0.12  # share of the exploring time beyond which predictions are too slow for it


def reusing_seconds(session: Session, *, exploring_s: float) -> float:
    """To keep free for ``run_reuses`` and for opening the sealed test with what it adopts; 0: leave it."""
    seconds = sum(_seconds(session, proposal) for proposal in _proposals(session, tried=set()))
    return seconds if seconds <= MOST * exploring_s else 0.0


def run_reuses(session: Session) -> None:
    """Judge them on the incumbent, however small a gain is plausible: nothing has to be trained for it."""
    for proposal in _proposals(session, tried=session.tried):
        confirm(session, proposal, repeats=len(session.incumbent), also_hidden=True)


def _proposals(session: Session, *, tried: set[str]) -> list[Proposal]:
    facts = replace(session.prepared.facts, seconds_left=None)
    found = propose(session.incumbent[0].recipe, facts, session.findings, tried=tried)
    return [p for p in found if p.cost == 0]


def _seconds(session: Session, proposal: Proposal) -> float:
    """Predicting the validation examples and the sealed ones that way."""
    prepared, arena = session.prepared, session.arena
    weights = session.trials.fitted(session.incumbent[0])[0].state()
    changed = restore(proposal.recipe, prepared.target, weights)
    data = prepared.data.take(arena.evaluated)
    each_s = milliseconds_per_example(changed, data, batch=BATCH, seconds=LOOK_S) / 1000
    return each_s * (len(data) + arena.num_parts * prepared.sealed.num)
