"""A graph that is cut inside the model: first layers that run, and that no gradient of the loss comes back to."""

from __future__ import annotations

from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.flow import ParameterFlow, flow

__all__ = ["CutGraph", "cut_graph"]


@dataclass(frozen=True, kw_only=True)
class CutGraph:
    """What lies before the cut."""

    before: tuple[ParameterFlow, ...]  # weights of layers, in order of use
    after: ParameterFlow  # the first one that a gradient reaches
    share: float  # of the trainable values, that lie before it
    fresh: bool  # what lies before was never trained, as far as is known


def cut_graph(case: Case) -> CutGraph | None:
    """None where gradients come back to the inputs, or to no layer at all."""
    seen = case.ask(flow)
    trained = [p for p in seen.parameters if p.trains]
    reached = [p for p in trained if p.gradient != "none"]
    if not reached or seen.reaches_inputs:
        return None
    after = min(reached, key=lambda p: p.order)
    before = [p for p in trained if p.gradient == "none" and p.weighs and p.called and p.order < after.order]
    if not before:
        return None
    return CutGraph(
        before=tuple(before),
        after=after,
        share=sum(p.size for p in before) / sum(p.size for p in trained),
        fresh=all(p.fresh is not False for p in before),
    )
