"""The loss gets what the last layer gives, not what an activation after it makes of it.

Helps: softmax or sigmoid before a loss that applies its own, ReLU on logits, tanh before targets beyond 1.
Hurts: outputs that must keep a range which the targets have too.
Source: PyTorch documentation of ``nn.CrossEntropyLoss`` and ``nn.BCEWithLogitsLoss``: the input is unnormalised logits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so
from whet.diagnosis.cures.parts.interception import Call
from whet.diagnosis.cures.parts.loss_rewriting import Rewritten, loss_call
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.cures.parts.output_activation import Found, output_activation, without
from whet.diagnosis.cures.parts.output_ranges import wanted
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError
from whet.finding import Finding

__all__ = ["RemoveOutputActivation"]


MOST = 3  # activations in a row that are removed


@dataclass(frozen=True, kw_only=True)
class RemoveOutputActivation:
    """Modules and functions alike. Where the code cannot be seen, probabilities are turned back into logits."""

    title: str = "remove the activation before the loss"

    def applies(self, case: Case) -> bool:
        """Where an activation stands there that the loss does not want."""
        return is_so(lambda: bool(_found(case)) or _are_probabilities(case))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """Which call to delete."""
        found = _found(case)
        if not found:
            return "return the logits from forward, without softmax: cross_entropy applies its own"
        first = found[0]
        what = f"self.{first.module} ({first.name})" if first.module else f"{first.name}(...)"
        place = "at the end of the model's forward" if first.inside == "forward" else "in the loss"
        return f"remove {what} {place}: {first.loss or 'the loss'} takes the values of the last layer themselves"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Answer the call of the activation with its own input."""
        setup = setup_of(case).copy()
        found = _found(case)
        for one in found:
            setup = without(setup, one)
        if found:
            return setup
        if not _are_probabilities(case):
            raise CannotJudgeError("no activation stands between the last layer and the loss")
        return replace(setup, loss=Rewritten(loss=setup.loss, rewrite=_as_logits))


def _found(case: Case) -> list[Found]:
    """From the loss inwards."""
    setup, found = setup_of(case).copy(), list[Found]()
    setup.model.train()
    batch = case.ask(batches).first[0]
    while len(found) < MOST:
        one = output_activation(setup, batch)
        if one is None or wanted(case, one):
            break
        found.append(one)
        setup = without(setup, one)
    return found


def _are_probabilities(case: Case) -> bool:
    call = case.ask(loss_call)
    values = call.outputs.detach()
    if call.name != "cross_entropy" or values.ndim < 2 or values.shape[1] < 2:
        return False
    return bool((values >= 0).all() and ((values.sum(dim=1) - 1).abs() < 1e-3).all())


def _as_logits(call: Call) -> Call:
    """The softmax of log-probabilities is the probabilities themselves."""
    return call.with_argument(0, "input", call.outputs.clamp_min(1e-12).log())


cures.register("remove_output_activation")(RemoveOutputActivation())
