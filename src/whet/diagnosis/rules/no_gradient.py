"""No gradient: the loss is cut off from the weights, or nothing ever calls backward, so nothing can be learnt.

``.detach()``, ``.item()``, ``torch.no_grad()``, ``argmax`` and a round trip through NumPy cut it. In the middle of a
model they leave everything before the cut untrained, without a word: layers that run and whose gradient is None, though
other weights in them change the loss.
Source: PyTorch documentation, "Autograd mechanics".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.cut_graph import CutGraph, cut_graph
from whet.diagnosis.probes.passes import first_pass
from whet.diagnosis.probes.seen import watched
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding
from whet.watching.trace import Trace

__all__ = ["NoGradient"]


@dataclass(frozen=True, kw_only=True)
class NoGradient:
    """Steps, or a first batch, without any gradient."""

    share: float = 0.9  # of the steps of a watched loop
    fewest: int = 3  # steps

    title: str = "no gradient reaches the weights"
    stage: Stage = "during"
    explains: frozenset[str] = (
        COURSE
        | RESULT
        | frozenset(
            {"flat_loss", "underfitting", "below_baseline", "cannot_memorise", "unused_parameters", "vanishing"}
            | {"input_unused", "learning_rate_too_low", "more_data"}
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        trace = watched(case)
        reason = None if trace is None else self._in_loop(trace)
        in_loop = reason is not None
        if reason is None and case.setup is not None:
            reason = self._in_parts(case)
        if reason is None:
            yield from self._in_model(case)
            return
        statement, value = reason
        yield Finding(
            symptom="no_gradient",
            title=self.title,
            severity=0.98,
            confidence=0.97,
            statement=statement,
            evidence={"rule": "gradient", "value": value, "threshold": self.share},
            where="loss",
            cures=("ordinary_loop",) if in_loop else ("keep_gradients", "unfreeze"),
            advice="Keep .detach(), .item(), .numpy(), argmax and torch.no_grad() out of the way from the weights to "
            "the "
            "loss, and call loss.backward() before optimizer.step().",
            source="PyTorch documentation, Autograd mechanics",
        )

    def _in_model(self, case: Case) -> Iterable[Finding]:
        """A part of the model only."""
        try:
            cut = None if case.setup is None else case.ask(cut_graph)
        except CannotJudgeError:
            return
        if cut is not None:
            yield _cut(cut, 0.8 if cut.fresh else 0.4)

    def _in_loop(self, trace: Trace) -> tuple[str, float] | None:
        steps = trace.steps
        if len(steps) < self.fewest:
            return None
        without = [s for s in steps if s.num_backward == 0]
        if len(without) >= self.share * len(steps) and not any(s.gradient for s in without):
            return f"{len(without)} of {len(steps)} steps had no backward pass before them.", len(without) / len(steps)
        zero = [s for s in trace.looked_at if not any(p.gradient for p in s.parameters.values())]
        if len(trace.looked_at) >= self.fewest and len(zero) >= self.share * len(trace.looked_at):
            share = len(zero) / len(trace.looked_at)
            return f"At {len(zero)} of {len(trace.looked_at)} steps looked at no weight had a gradient.", share
        return None

    def _in_parts(self, case: Case) -> tuple[str, float] | None:
        assert case.setup is not None
        trainable = any(p.requires_grad for p in case.setup.model.parameters())
        if not trainable or case.ask(first_pass).loss.requires_grad:
            return None  # all frozen is another rule's
        return "The loss of the first batch does not depend on any weight as far as gradients are concerned.", 1.0


def _cut(cut: CutGraph, severity: float) -> Finding:
    names = list(dict.fromkeys(p.owner or p.name for p in cut.before))
    shown = ", ".join(repr(n) for n in names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    return Finding(
        symptom="no_gradient",
        title="the graph is cut inside the model",
        severity=severity,
        confidence=0.9 if severity > 0.7 else 0.6,
        statement=f"The first layers run and no gradient comes back to them: {shown} "
        f"({100 * cut.share:.0f} % of the trainable values). The graph is cut before {cut.after.owner!r}.",
        evidence={
            "rule": "D17",
            "value": cut.share,
            "threshold": 0.0,
            "without_gradient": tuple(p.name for p in cut.before),
        },
        where=f"before layer {cut.after.owner!r}",
        cures=("keep_gradients",),
        advice=f"Remove the .detach(), .data, .numpy() or torch.no_grad() between {names[-1]!r} and "
        f"{cut.after.owner!r} in forward. If these layers are meant to stay as they are, load trained weights and set "
        "requires_grad_(False).",
        source="PyTorch documentation, Autograd mechanics, locally disabling gradient computation",
    )


rules.register("no_gradient")(NoGradient())
