"""Holds a network back from learning its training examples by heart: stop in time, decay the weights, drop units.

Helps: a wide gap between training and validation. Hurts: networks that under-fit.
Source: Prechelt, "Early Stopping - But When?", 1998; Krogh and Hertz, "A Simple Weight Decay Can Improve
    Generalization", NIPS 1991; Srivastava et al., "Dropout", JMLR 2014.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so
from whet.diagnosis.cures.parts.best_length import best_length
from whet.diagnosis.cures.parts.input_hooks import DropInputs
from whet.diagnosis.cures.parts.last_layer import last_layer
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError
from whet.finding import Finding

__all__ = ["Regularise"]


@dataclass(frozen=True, kw_only=True)
class Regularise:
    """Three remedies at once: each alone is often too little, and none needs the user's code to change much."""

    title: str = "regularise"
    weight_decay: float = 1e-3  # added to the gradient (SGD, Adam)
    weight_decay_decoupled: float = 0.1  # AdamW
    dropout: float = 0.3  # before the last layer

    def applies(self, case: Case) -> bool:
        """Where there is anything to train."""
        return is_so(lambda: any(p.requires_grad for p in setup_of(case).model.parameters()))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The settings."""
        length = _length(case)
        stop = "" if length is None else f", stop after {length:g} epochs (lowest validation loss)"
        decay = max(self._decay(group) for group in setup_of(case).optimizer.param_groups)
        return f"weight_decay={decay:g} in the optimizer, nn.Dropout({self.dropout:g}) before the last layer{stop}"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Edit copies of model and optimiser, and shorten the training."""
        setup = setup_of(case).copy()
        is_sparse = any(getattr(m, "sparse", False) for m in setup.model.modules())  # cannot be decayed
        for group in setup.optimizer.param_groups:
            if "weight_decay" in group and not is_sparse:
                group["weight_decay"] = max(group["weight_decay"], self._decay(group))
        last = last_layer(case)
        if last is not None:
            layer = setup.model.get_submodule(last[0])
            layer.register_forward_pre_hook(DropInputs(rate=self.dropout))
        length = _length(case)
        return setup if length is None else replace(setup, epochs=length)

    def _decay(self, group: dict[str, Any]) -> float:
        return self.weight_decay_decoupled if group.get("decoupled_weight_decay") else self.weight_decay


def _length(case: Case) -> float | None:
    try:
        return case.ask(best_length)
    except CannotJudgeError:
        return None


cures.register("regularise")(Regularise())
