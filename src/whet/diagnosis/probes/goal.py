"""What the training is after, read from the loss that it calls and the targets that it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.probes.passes import Pass, first_pass

__all__ = ["Goal", "goal", "goal_of"]

Kind = Literal["classes", "binary", "numbers", "unknown"]
Form = Literal["logits", "log_probabilities", "probabilities", "values", "unknown"]

_CLASSES: dict[str, Form] = {"cross_entropy": "logits", "nll_loss": "log_probabilities"}
_BINARY: dict[str, Form] = {
    "binary_cross_entropy": "probabilities",
    "binary_cross_entropy_with_logits": "logits",
}
_NUMBERS = {"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "gaussian_nll_loss", "poisson_nll_loss"}


@dataclass(frozen=True, kw_only=True)
class Goal:
    """``unknown`` for losses of the user's own that call none of PyTorch's; rules about classes then keep silent.

    Shapes: classes: outputs (B, K, ...) and targets (B, ...) codes or (B, K, ...) shares; binary, also of several
    labels at a time: outputs and targets of one shape; numbers: outputs and targets of one shape.
    """

    kind: Kind
    function: str  # PyTorch's loss function, empty where unknown
    expects: Form  # what that function takes
    num_outputs: int  # K for classes; 1 for one number or one yes/no, else how many per example

    def codes(self, targets: Tensor) -> np.ndarray:
        """(N,) class codes or float64 numbers of one batch's targets, further axes flattened."""
        flat = targets.detach().cpu()
        if self.kind == "classes" and flat.is_floating_point():
            flat = flat.argmax(dim=1)
        if self.kind in ("classes", "binary"):
            return flat.reshape(-1).to(torch.int64).numpy()
        return flat.reshape(-1).to(torch.float64).numpy()

    def scores(self, outputs: Tensor) -> np.ndarray:
        """(N, K) probabilities, or (N, 1) values, of one batch's outputs, in the order of ``codes``."""
        flat = outputs.detach().float().cpu()
        if self.kind == "classes":
            flat = flat.movedim(1, -1).reshape(-1, flat.shape[1])
            probs = flat.exp() if self.expects == "log_probabilities" else flat.softmax(dim=1)
            return probs.double().numpy()
        flat = flat.reshape(-1)
        if self.kind == "binary":
            yes = (flat.sigmoid() if self.expects == "logits" else flat).double().numpy()
            return np.stack([1 - yes, yes], axis=1)
        return flat.double().numpy()[:, None]

    @property
    def metric(self) -> str:
        """Registered name of the metric that says how good predictions are."""
        return "accuracy" if self.kind in ("classes", "binary") else "rmse"


def goal(case: Case) -> Goal:
    """Read from the first batch."""
    return goal_of(case.ask(first_pass))


def goal_of(seen: Pass) -> Goal:
    """Of one pass.

    A loss that calls several of PyTorch's functions (a sum of two heads) is judged by the first.
    """
    if not seen.calls:
        return Goal(kind="unknown", function="", expects="unknown", num_outputs=_width(seen.outputs))
    call, (outputs, _) = seen.calls[0], seen.given[0]
    name = call.function
    if name in _CLASSES:
        width = outputs.shape[1] if outputs.ndim > 1 else outputs.shape[0]
        return Goal(kind="classes", function=name, expects=_CLASSES[name], num_outputs=width)
    if name in _BINARY:
        return Goal(kind="binary", function=name, expects=_BINARY[name], num_outputs=_width(outputs))
    if name in _NUMBERS:
        return Goal(kind="numbers", function=name, expects="values", num_outputs=_width(outputs))
    return Goal(kind="unknown", function=name, expects="unknown", num_outputs=_width(outputs))


def _width(outputs: object) -> int:
    if not isinstance(outputs, Tensor) or outputs.ndim < 2:
        return 1
    return int(np.prod(outputs.shape[1:]))
