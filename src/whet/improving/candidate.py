"""Something that could be handed over, what it costs, and whether it keeps the limits."""

from __future__ import annotations

from dataclasses import dataclass, replace

from whet.improving.costs import Costs, costs_of_model
from whet.improving.handover import Handover
from whet.improving.session import Session

__all__ = ["MEASURE_S", "Candidate", "costs_of", "excess_of", "is_same", "measured", "one_part", "title_of", "within"]

MEASURE_S = 0.25  # seconds for the latency of a candidate


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Something that could be handed over, with what was measured of it."""

    name: str
    handover: Handover
    score: float  # primary metric on validation examples
    costs: Costs
    fits: bool  # the limits, where there are any


def measured(session: Session, handover: Handover) -> Candidate:
    """``handover`` with its costs on this machine."""
    costs = costs_of(session, handover, seconds=MEASURE_S)
    decided = handover.blend.decide(handover.scores)
    return Candidate(
        name=title_of(handover),
        handover=handover,
        score=float(session.prepared.metric.compute(session.arena.truth, decided)),
        costs=costs,
        fits=within(session, costs),
    )


def within(session: Session, costs: Costs) -> bool:
    """Do the costs keep the limits."""
    return excess_of(session, costs.latency_ms[1], costs.size_bytes) <= 1


def costs_of(session: Session, handover: Handover, *, seconds: float) -> Costs:
    """Measured on validation examples."""
    model = session.model_of(handover.members, handover.blend)
    data = session.prepared.data.take(session.arena.evaluated)
    return costs_of_model(model, data, seconds=seconds, scratch=session.folder.cache)


def is_same(one: Handover, other: Handover) -> bool:
    """The same models, whatever is made of their scores afterwards."""
    first, second = ({(m.trial.key, m.num_parts) for m in each.members} for each in (one, other))
    return first == second


def title_of(handover: Handover) -> str:
    """For people: "ensemble of 3, mostly boosted trees", or the title of the only trial."""
    members = handover.members
    if len(members) > 1:
        first = max(members, key=lambda m: m.weight).trial.title
        return f"ensemble of {len(members)}, mostly {first}" + (", one part each" if members[0].num_parts == 1 else "")
    return members[0].trial.title + (", one part" if members[0].num_parts == 1 else "")


def one_part(handover: Handover) -> Handover:
    """Of each cross-validated trial one model instead of all: so many times faster, of the same validation score."""
    return replace(handover, members=tuple(replace(m, num_parts=1) for m in handover.members))


def excess_of(session: Session, latency_ms: float, size_bytes: float) -> float:
    """The larger of the two costs as a share of what is allowed."""
    options = session.options
    slow = 0.0 if options.max_latency_s is None else latency_ms / (1000 * options.max_latency_s)
    large = 0.0 if options.max_size_bytes is None else size_bytes / options.max_size_bytes
    return max(slow, large)
