"""Outputs as the loss takes them: log-probabilities for ``nll_loss``, probabilities for ``binary_cross_entropy``.

Helps: raw logits given to either. Hurts: nothing; outputs that already have the form are left alone.
Source: PyTorch documentation of ``nn.NLLLoss`` and ``nn.BCELoss``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.interception import Call
from whet.diagnosis.cures.parts.loss_rewriting import Rewritten, loss_call
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.cures.parts.output_activation import Found, output_activation, without
from whet.diagnosis.cures.parts.output_ranges import wanted
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["LogSoftmaxOutputs"]


@dataclass(frozen=True, kw_only=True)
class LogSoftmaxOutputs:
    """``log_softmax`` or ``sigmoid`` before the loss, in place of another activation where one stands there."""

    title: str = "give the loss log-probabilities"

    def applies(self, case: Case) -> bool:
        """Where the outputs are not of the form."""
        return is_so(lambda: _is_raw(case))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The simplest line: the loss that takes logits."""
        if case.ask(loss_call).name == "nll_loss":
            return "loss = nn.CrossEntropyLoss()  # was NLLLoss, which takes log_softmax(outputs, dim=1)"
        return "loss = nn.BCEWithLogitsLoss()  # was BCELoss, which takes sigmoid(outputs)"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change what the loss is given."""
        need(_is_raw(case), "the outputs already are what the loss takes")
        setup = setup_of(case).copy()
        other = case.ask(_activation)
        if other is not None:
            setup = without(setup, other)
        return replace(setup, loss=Rewritten(loss=setup.loss, rewrite=_in_form))


def _is_raw(case: Case) -> bool:
    call = case.ask(loss_call)
    values = call.outputs.detach()
    if call.name == "nll_loss":
        return bool(((values.exp().sum(dim=1) - 1).abs() > 1e-3).any())
    if call.name != "binary_cross_entropy":
        return False
    other = case.ask(_activation)
    is_other = other is not None and not wanted(case, other)  # a ReLU's values may lie in [0, 1] by chance
    return is_other or bool(((values < 0) | (values > 1)).any())


def _activation(case: Case) -> Found | None:
    return output_activation(setup_of(case).copy(), case.ask(batches).first[0])


def _in_form(call: Call) -> Call:
    if call.name == "nll_loss":
        return call.with_argument(0, "input", call.outputs.log_softmax(dim=1))
    if call.name == "binary_cross_entropy":
        return call.with_argument(0, "input", call.outputs.sigmoid())
    return call


cures.register("log_softmax_outputs")(LogSoftmaxOutputs())
