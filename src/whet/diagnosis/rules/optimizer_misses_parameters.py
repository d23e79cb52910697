"""The optimiser does not hold what the model trains.

It was made before the head was replaced, for another model, for one part only, or the model keeps layers in a plain
list, where ``model.parameters()`` does not find them. Parameters that are meant to stay as they are have
``requires_grad`` False; an optimiser that holds the head of a trained body alone is taken for deliberate.

Rule: parameters with a gradient that no group holds, or whose group has a rate of 0 and no scheduler (reference
rule D17); in a watched loop also those of an optimiser that never steps while another does.
Source: documentation of torch.optim ("constructing it") and torch.nn.ModuleList.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.flow import Flow, ParameterFlow, flow
from whet.diagnosis.probes.seen import watched
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.setup import Setup
from whet.diagnosis.symptoms import COURSE, RESULT
from whet.finding import Finding
from whet.watching.trace import Trace

__all__ = ["OptimizerMissesParameters"]


@dataclass(frozen=True, kw_only=True)
class OptimizerMissesParameters:
    """Compares what gets gradients with what is held."""

    small: float = 0.02  # share of the trained values below which what is missed hardly matters

    title: str = "parameters that the optimizer does not hold"
    stage: Stage = "before"
    explains: frozenset[str] = (
        COURSE
        | RESULT
        | frozenset(
            {"cannot_memorise", "flat_loss", "underfitting", "below_baseline", "stopped_early", "learning_rate_too_low"}
            | {"unused_parameters", "symmetric_start"}
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """At most one finding."""
        if case.setup is None:
            return
        seen = case.ask(flow)
        if seen.hidden:
            yield _hidden(seen)
            return
        reached = [p for p in seen.parameters if p.trains and p.gradient != "none"]
        trace = watched(case)
        missed = _by_setup(reached, case.setup) if trace is None else _by_loop(reached, case.setup, trace)
        idle = [] if trace is None else [p for p in missed if p.name in trace.idle and p.gradient == "some"]
        if idle and len(idle) == len(missed):
            yield _idle(idle, reached, self._severity_of_idle(idle))
        elif missed:
            yield _finding(missed, reached, seen, self._severity(missed, reached, seen))

    def _severity_of_idle(self, idle: Sequence[ParameterFlow]) -> float:
        """Whoever makes an optimiser for them wants them to move, a head's body too."""
        lost = [p for p in idle if p.weighs]
        if not lost:
            return 0.3
        return 0.85 if any(p.fresh is not False for p in lost) else 0.45

    def _severity(self, missed: Sequence[ParameterFlow], reached: Sequence[ParameterFlow], seen: Flow) -> float:
        if len(missed) == len(reached):
            return 0.97
        layers = [p for p in reached if p.weighs]
        lost = [p for p in missed if p.weighs]
        if not lost:
            return 0.3 if _size(missed) > self.small * _size(reached) else 0.2
        if seen.foreign or layers[-1] in lost:
            return 0.9
        fresh = all(p.fresh is not False for p in lost)
        held = [p for p in layers if p not in lost]
        if len({p.owner for p in held}) == 1 and all(p.order >= max(q.order for q in lost) for p in held):
            return 0.6 if fresh else 0.25  # the head alone
        return 0.8 if fresh else 0.45


def _by_setup(reached: Sequence[ParameterFlow], setup: Setup) -> list[ParameterFlow]:
    """What the user's optimiser does not hold, or holds at a rate of 0."""
    if setup.optimizer_is_ours:
        return []
    return [p for p in reached if not p.held or (p.rate == 0 and setup.scheduler is None)]


def _by_loop(reached: Sequence[ParameterFlow], setup: Setup, trace: Trace) -> list[ParameterFlow]:
    """The same where the loop was watched, with one optimiser or several: what moved there is not missed."""
    still = {*trace.unheld, *trace.idle}
    by_setup = {p.name for p in _by_setup(reached, setup)} & {*trace.never_moved, *trace.unheld}
    return [p for p in reached if p.name in still | by_setup | _at_rate_zero(trace)]


def _at_rate_zero(trace: Trace) -> set[str]:
    """Got gradients from an optimiser that had a group with a rate of 0 at every step, and never moved."""
    zero = {s.optimizer for s in trace.steps} - {s.optimizer for s in trace.steps if 0.0 not in s.rates}
    given = {n for s in trace.looked_at if s.optimizer in zero for n, seen in s.parameters.items() if seen.gradient}
    return given & {*trace.never_moved}


def _size(parameters: Sequence[ParameterFlow]) -> int:
    return sum(p.size for p in parameters)


def _names(names: Sequence[str]) -> str:
    return ", ".join(repr(n) for n in names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _finding(missed: Sequence[ParameterFlow], reached: Sequence[ParameterFlow], seen: Flow, severity: float) -> Finding:
    share = _size(missed) / max(1, _size(reached))
    still = any(p.held for p in missed)
    foreign = f" It holds {seen.foreign} values that the model does not have." if seen.foreign else ""
    return Finding(
        symptom="optimizer_misses_parameters",
        title="The optimizer misses parameters",
        severity=severity,
        confidence=0.95 if severity > 0.7 else 0.7,
        statement=f"{len(missed)} of {len(reached)} parameters that get gradients ({100 * share:.0f} % of the "
        "values) are "
        f"{'in a group with a learning rate of 0' if still else 'not in the optimizer'} and never move: "
        f"{_names([p.name for p in missed])}.{foreign}",
        evidence={"rule": "D17", "value": share, "threshold": 0.0, "missed": tuple(p.name for p in missed)},
        where=f"parameter {missed[0].name!r}" + (" and others" if len(missed) > 1 else ""),
        cures=("give_all_parameters",),
        advice="Give that group a learning rate above 0."
        if still
        else "Make the optimizer after the last change of the model, with all of it: optimizer = "
        "...(model.parameters(), lr=...). "
        "What is meant to stay: requires_grad_(False).",
        source="documentation of torch.optim (constructing it)",
    )


def _idle(idle: Sequence[ParameterFlow], reached: Sequence[ParameterFlow], severity: float) -> Finding:
    share = _size(idle) / max(1, _size(reached))
    return Finding(
        symptom="optimizer_misses_parameters",
        title="An optimizer never steps",
        severity=severity,
        confidence=0.95,
        statement=f"{len(idle)} of {len(reached)} parameters that get gradients ({100 * share:.0f} % of the values) "
        f"are held by an optimizer that never stepped, while another did: {_names([p.name for p in idle])}.",
        evidence={"rule": "D17", "value": share, "threshold": 0.0, "missed": tuple(p.name for p in idle)},
        where=f"parameter {idle[0].name!r}" + (" and others" if len(idle) > 1 else ""),
        cures=(),  # there is nothing to add: with all parameters in one optimiser, a copy trains them
        advice="Call step() of every optimizer after backward(), or give all parameters to one optimizer.",
        source="documentation of torch.optim (taking an optimization step)",
    )


def _hidden(seen: Flow) -> Finding:
    size = sum(p.size for p in seen.parameters)
    share = seen.hidden_size / max(1, seen.hidden_size + size)
    return Finding(
        symptom="optimizer_misses_parameters",
        title="Layers that the model does not list",
        severity=min(0.95, 0.75 + 0.2 * share),
        confidence=0.95,
        statement=f"The loss depends on {len(seen.hidden)} parameters ({100 * share:.0f} % of the values) that "
        f"model.parameters() does not give, so no optimizer moves them: {_names(seen.hidden)}.",
        evidence={"rule": "D17", "value": share, "threshold": 0.0, "missed": seen.hidden},
        where=seen.hidden[0],
        cures=("give_all_parameters",),
        advice="Keep layers in nn.ModuleList or nn.ModuleDict, not in a plain list or dict; then make the "
        "optimizer again.",
        source="documentation of torch.nn.ModuleList",
    )


rules.register("optimizer_misses_parameters")(OptimizerMissesParameters())
