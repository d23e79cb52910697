"""What is handed over where latency or size is limited: the best candidate that fits.

Candidates are the ensemble, the ensemble cut to its heaviest members, ensembles of trials that are fast by
themselves, every single trial (soups and the distilled model among them), the best networks without the views of
test-time augmentation, and each of these with one part of its cross-validated trials instead of all. They are looked
at from the best validation score down; the first one that is measured to fit is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from whet.ensembling.ways.greedy import leaning_weights
from whet.evaluation.blend import Blend
from whet.improving.candidate import Candidate, excess_of, is_same, measured, one_part, title_of
from whet.improving.costs import latencies, stored_bytes
from whet.improving.handover import Handover, alone, pooled
from whet.improving.session import Session
from whet.improving.trials import Trial, Weighted

__all__ = ["Guesses", "limited"]

LOOK_S = 0.12  # seconds for the latency of one part, from which a candidate's is estimated
VIEWED = 4  # trials that are also looked at without the views of test-time augmentation
CLEARLY = 1.3  # an estimate this much over a limit is believed without measuring


def limited(session: Session, handover: Handover, further: Sequence[Trial] = ()) -> tuple[Handover, list[Candidate]]:
    """The best candidate within the limits, and all that were measured; where none fits, a message and the smallest."""
    seen: list[Candidate] = []
    guesses = Guesses(session)
    refused: list[tuple[float, Handover]] = []
    for each in _candidates(session, handover, further, guesses):
        excess = excess_of(session, guesses.latency_ms(each), stored_bytes(session.trials, each.members))
        if excess <= CLEARLY:
            candidate = measured(session, each)
            seen.append(candidate)
            if candidate.fits:
                return each, seen
            excess = excess_of(session, candidate.costs.latency_ms[1], candidate.costs.size_bytes)
        refused.append((excess, each))
    smallest = min(refused, key=lambda pair: pair[0])[1]
    session.observer.say(
        f"no model fits {_limits(session)}: the smallest, {title_of(smallest)}, is handed over. "
        "Allow more, or start from a smaller network."
    )
    if not any(is_same(c.handover, smallest) for c in seen):
        seen.append(measured(session, smallest))
    return smallest, seen


class Guesses:
    """What a candidate's latency is about: the sum over its parts, each trial looked at once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, float] = {}

    def latency_ms(self, handover: Handover) -> float:
        """For one example alone."""
        return sum(self.of_part(m.trial) * (m.num_parts or self._session.arena.num_parts) for m in handover.members)

    def of_part(self, trial: Trial) -> float:
        """Of one of the trial's models."""
        if trial.key not in self._known:
            one = Weighted(trial=trial, num_parts=1)
            data = self._session.prepared.data.take(self._session.arena.evaluated)
            self._known[trial.key] = latencies(self._session.model_of([one]), data, seconds=LOOK_S)[1]
        return self._known[trial.key]


def _candidates(session: Session, handover: Handover, further: Sequence[Trial], guesses: Guesses) -> Iterator[Handover]:
    """The best first; of the same score, the one with more parts first, which is the better one on new examples."""
    pool = [*session.pool, *further, *_single_views(session)]
    found = [handover, *_cuts(session, handover), *(alone(t) for t in pool)]
    limit = session.options.max_latency_s
    if limit is not None:
        fast = [t for t in pool if guesses.of_part(t) <= 500 * limit]
        if len(fast) > 1:
            few = _averaged(session, [Weighted(trial=t) for t in fast])
            found += [few, *_cuts(session, few)]
    if session.arena.num_parts > 1:
        found += [one_part(each) for each in found]
    sign = 1.0 if session.prepared.metric.higher_is_better else -1.0

    def worth(each: Handover) -> tuple[float, int]:
        decided = each.blend.decide(each.scores)
        score = float(session.prepared.metric.compute(session.arena.truth, decided))
        return (sign * score, sum(m.num_parts or session.arena.num_parts for m in each.members))

    yield from sorted(found, key=worth, reverse=True)


def _single_views(session: Session) -> list[Trial]:
    """The best networks that average over views, with the picture itself as the only view: several times faster."""
    sign = 1.0 if session.prepared.metric.higher_is_better else -1.0
    viewed = sorted((t for t in session.pool if t.recipe.test_time_augmentation), key=lambda t: -sign * t.score)
    return [
        session.trials.rescored(
            session.arena, t, replace(t.recipe, test_time_augmentation=False), title=f"{t.title}, single view"
        )
        for t in viewed[:VIEWED]
    ]


def _cuts(session: Session, handover: Handover) -> list[Handover]:
    """Its heaviest members alone, with weights of their own."""
    heavy = sorted(handover.members, key=lambda m: -m.weight)
    return [_averaged(session, heavy[:count]) for count in range(len(heavy) - 1, 1, -1)]


def _averaged(session: Session, members: Sequence[Weighted]) -> Handover:
    weights = leaning_weights([m.trial.scores for m in members], session.arena.truth)
    kept = [Weighted(trial=m.trial, weight=float(w)) for m, w in zip(members, weights, strict=True) if w > 0]
    return pooled(kept, Blend(weights=()))


def _limits(session: Session) -> str:
    options = session.options
    parts = [] if options.max_latency_s is None else [f"--max-latency {1000 * options.max_latency_s:g}ms"]
    parts += [] if options.max_size_bytes is None else [f"--max-size {options.max_size_bytes / 1e6:g}MB"]
    return " and ".join(parts)
