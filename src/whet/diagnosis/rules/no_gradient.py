"""No gradient: the loss is cut off from the weights, or nothing ever calls backward, so nothing can be learnt.

``.detach()``, ``.item()``, ``torch.no_grad()``, ``argmax`` and a round trip through NumPy cut it.
Source: PyTorch documentation, "Autograd mechanics".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.passes import first_pass
from whet.diagnosis.probes.seen import watched
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RESULT
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
            | {"input_unused", "learning_rate_too_low"}
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        trace = watched(case)
        reason = None if trace is None else self._in_loop(trace)
        if reason is None and case.setup is not None:
            reason = self._in_parts(case)
        if reason is None:
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
            cures=("ordinary_loop", "unfreeze"),
            advice="Keep .detach(), .item(), .numpy(), argmax and torch.no_grad() out of the way from the weights to "
            "the "
            "loss, and call loss.backward() before optimizer.step().",
            source="PyTorch documentation, Autograd mechanics",
        )

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


rules.register("no_gradient")(NoGradient())
