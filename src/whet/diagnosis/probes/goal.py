"""What the training is after, read from the loss that it calls and the targets that it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.passes import Pass, first_pass, run_batch
from whet.diagnosis.probes.rows import num_rows, take
from whet.diagnosis.setup import Setup

__all__ = ["Goal", "goal", "goal_of"]

Kind = Literal["classes", "binary", "numbers", "unknown"]
Form = Literal["logits", "log_probabilities", "probabilities", "values", "log_values", "unknown"]

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
    ignored: int | None = None  # class code that the loss leaves out

    def codes(self, targets: Tensor) -> np.ndarray:
        """(N,) class codes or float64 numbers of one batch's targets, further axes flattened.

        Negative codes, -1 for those that the loss leaves out, are no classes: see ``pairs``.
        """
        flat = targets.detach().cpu()
        if self.kind == "classes" and flat.is_floating_point():
            flat = flat.argmax(dim=1)
        elif self.kind == "classes" and self.ignored is not None:
            flat = torch.where(flat == self.ignored, -1, flat)
        if self.kind in ("classes", "binary"):
            return flat.reshape(-1).to(torch.int64).numpy()
        return flat.reshape(-1).to(torch.float64).numpy()

    def scores(self, outputs: Tensor) -> np.ndarray:
        """(N, K) probabilities, or (N, 1) values, of one batch's outputs, in the order of ``codes``."""
        flat = outputs.detach().float().cpu()
        if self.kind == "classes":
            flat = flat[None] if flat.ndim == 1 else flat  # one example without an axis for it
            flat = flat.movedim(1, -1).reshape(-1, flat.shape[1])
            probs = flat.exp() if self.expects == "log_probabilities" else flat.softmax(dim=1)
            return probs.double().numpy()
        flat = flat.reshape(-1)
        if self.kind == "binary":
            yes = (flat.sigmoid() if self.expects == "logits" else flat).double().numpy()
            return np.stack([1 - yes, yes], axis=1)
        values = flat.double()
        return (values.exp() if self.expects == "log_values" else values).numpy()[:, None]

    def pairs(self, outputs: Tensor, targets: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """``codes`` and ``scores`` of the targets that count: those with a negative class code are left out."""
        codes, scores = self.codes(targets), self.scores(outputs)
        if self.kind != "classes" or len(codes) != len(scores) or not (codes < 0).any():
            return codes, scores
        return codes[codes >= 0], scores[codes >= 0]

    @property
    def metric(self) -> str:
        """Registered name of the metric that says how good predictions are."""
        return "accuracy" if self.kind in ("classes", "binary") else "rmse"


def goal(case: Case) -> Goal:
    """Read from the first batch; unknown where the examples of a batch are each other's classes."""
    seen = case.ask(first_pass)
    found = goal_of(seen)
    if found.kind != "classes" or case.setup is None or not _may_be_each_other(seen):
        return found
    if not _is_each_other(case.setup, seen, case.ask(batches).first[0]):
        return found
    return Goal(kind="unknown", function=found.function, expects="unknown", num_outputs=found.num_outputs)


def _may_be_each_other(seen: Pass) -> bool:
    """As many outputs as examples, as contrastive losses have them, give or take the example itself."""
    outputs, targets = seen.given[0]
    return outputs.ndim == 2 and targets.ndim == 1 and abs(outputs.shape[1] - len(outputs)) <= 1 and len(outputs) > 2


def _is_each_other(setup: Setup, seen: Pass, batch: Any) -> bool:
    """Half a batch has fewer outputs; where that cannot be run, the targets number the examples."""
    copy, width = setup.copy(), seen.given[0][0].shape[1]
    copy.model.eval()
    try:
        with torch.no_grad():
            half = run_batch(copy, take(batch, range(max(2, num_rows(batch) // 2))), seed=setup.seed)
        return bool(half.given) and half.given[0][0].shape[-1] != width
    except Exception:  # a batch that cannot be divided, or a label that the smaller one has no place for
        targets = seen.given[0][1].detach().cpu()
        return not targets.is_floating_point() and bool(torch.equal(targets.sort().values, torch.arange(len(targets))))


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
        return Goal(
            kind="classes",
            function=name,
            expects=_CLASSES[name],
            num_outputs=width,
            ignored=seen.options.get("ignore_index"),
        )
    if name in _BINARY:
        return Goal(kind="binary", function=name, expects=_BINARY[name], num_outputs=_width(outputs))
    if name in _NUMBERS:
        form: Form = "log_values" if name == "poisson_nll_loss" and seen.options.get("log_input", True) else "values"
        return Goal(kind="numbers", function=name, expects=form, num_outputs=_width(outputs))
    return Goal(kind="unknown", function=name, expects="unknown", num_outputs=_width(outputs))


def _width(outputs: object) -> int:
    if not isinstance(outputs, Tensor) or outputs.ndim < 2:
        return 1
    return int(np.prod(outputs.shape[1:]))
