"""Parameters without a use: a layer that forward forgets, or whose results are thrown away.

A layer that is never called costs little: it is usually an older version left behind, and some ready-made models have
such heads. Layers that run, and whose results go nowhere, are graver the more of the model they are; teachers without
gradients and heads that are returned and not used have their use. A graph that is cut (``detach()``, a ``no_grad``
block) before layers that do have a use is ``no_gradient``'s matter.
Gradients of exactly 0 are not meant here: dead units and fresh zero heads have them.

Rule: gradient None after several batches while others have one (reference rule D17).
Source: documentation of torch.autograd ("locally disabling gradient computation").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.cut_graph import cut_graph
from whet.diagnosis.probes.discarded import is_discarded
from whet.diagnosis.probes.flow import Flow, ParameterFlow, flow
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding

__all__ = ["UnusedParameters"]


@dataclass(frozen=True, kw_only=True)
class UnusedParameters:
    """Looks at which parameters have a gradient."""

    share: float = 0.05  # of the trainable values, from which a layer never called is worth more than a remark

    most: float = 1 / 3  # the same, from which layers that run and are thrown away are at least moderate

    title: str = "parameters that no gradient reaches"
    stage: Stage = "before"
    explains: frozenset[str] = (
        COURSE
        | RESULT
        | frozenset(
            {"cannot_memorise", "underfitting", "below_baseline", "input_unused", "flat_loss", "learning_rate_too_low"}
            | {"stopped_early"}
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """At most one finding."""
        if case.setup is None:
            return
        seen = case.ask(flow)
        trained = [p for p in seen.parameters if p.trains]
        reached = [p for p in trained if p.gradient != "none"]
        lost = [p for p in trained if p.gradient == "none" and p.weighs]
        if not reached or not lost:
            return  # no gradient at all is another rule's matter
        total = sum(p.size for p in trained)
        cut = case.ask(cut_graph)
        before = {p.name for p in cut.before} if cut is not None else set()
        rest = [p for p in lost if p.name not in before]
        if rest:
            large = sum(p.size for p in rest) > self.share * total
            never = [p for p in rest if not p.called]
            thrown = self._thrown_away(case, seen, [p for p in rest if p.called], total)
            yield _idle(rest, never, total, max(thrown, 0.45 if large and never else 0.2))

    def _thrown_away(self, case: Case, seen: Flow, ran: Sequence[ParameterFlow], total: int) -> float:
        """Severity of layers that run and have no say; 0 for small ones, and for those that change outputs or loss."""
        share = sum(p.size for p in ran) / total
        is_cut = share > self.share and seen.reaches_inputs is False
        if not (is_cut or share >= self.most) or not _asked(case):
            return 0.0
        return min(0.75, 0.5 + 0.4 * max(0.0, share - self.most) + 0.25 * (is_cut and share >= self.most))


def _asked(case: Case) -> bool:
    try:
        return case.ask(is_discarded)
    except CannotJudgeError:
        return False


def _names(parameters: Sequence[ParameterFlow]) -> str:
    names = list(dict.fromkeys(p.owner or p.name for p in parameters))
    return ", ".join(repr(n) for n in names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _idle(rest: Sequence[ParameterFlow], never: Sequence[ParameterFlow], total: int, severity: float) -> Finding:
    share = sum(p.size for p in rest) / total
    what = "are never called by forward" if never else "run, and what they give does not reach the loss"
    return Finding(
        symptom="unused_parameters",
        title="Layers without a use",
        severity=severity,
        confidence=0.9,
        statement=f"{_names(never or rest)} {what} ({100 * share:.0f} % of the trainable values have no gradient).",
        evidence={"rule": "D17", "value": share, "threshold": 0.0, "unused": tuple(p.name for p in rest)},
        where=f"layer {(never or rest)[0].owner!r}",
        cures=("call_unused_layers",),
        advice=f"Use {_names(never or rest)} in forward, or remove it from the model.",
        source="documentation of torch.nn.parallel.DistributedDataParallel (find_unused_parameters)",
    )


rules.register("unused_parameters")(UnusedParameters())
