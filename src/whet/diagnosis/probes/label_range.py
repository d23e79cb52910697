"""Class labels that the outputs have no place for. The loss would stop with an error, so it is looked at before.

On a graphics card such a label breaks the whole process, and not only the batch.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from whet.diagnosis.forwarding import OrdinaryForward
from whet.diagnosis.probes.rows import take
from whet.diagnosis.setup import Setup

__all__ = ["LabelRange", "label_range", "labels_do_not_fit"]


@dataclass(frozen=True, kw_only=True)
class LabelRange:
    """Labels of the batches that were looked at."""

    low: int
    high: int
    num_classes: int  # that occur
    width: int  # outputs: places for labels 0 to width - 1


def labels_do_not_fit(loss: Any, outputs: Any, targets: Any, error: str = "") -> bool:
    """Whether a label lies outside; for other losses than PyTorch's modules only where its ``error`` says so.

    >>> labels_do_not_fit(nn.CrossEntropyLoss(), torch.zeros(2, 3), torch.tensor([1, 3]))
    True
    """
    if not isinstance(outputs, Tensor) or not isinstance(targets, Tensor) or outputs.ndim < 2:
        return False
    if not isinstance(loss, nn.CrossEntropyLoss | nn.NLLLoss) and "out of bounds" not in error:
        return False
    if targets.is_floating_point() or targets.shape != outputs.shape[:1] + outputs.shape[2:]:
        return False
    kept = targets[targets != getattr(loss, "ignore_index", -100)]
    return bool(((kept < 0) | (kept >= outputs.shape[1])).any())


def label_range(setup: Setup, given: tuple[Any, ...]) -> LabelRange | None:
    """Of ``given`` batches, where a label of the first does not fit; else None. ``setup`` is copied."""
    copy = setup.copy()
    copy.model.eval()
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outputs, targets = _run(copy, given[0])
    except Exception:  # other probes say why the model does not run
        return None
    if not labels_do_not_fit(copy.loss, outputs, targets, "out of bounds"):
        return None
    every = [targets.cpu()]
    if isinstance(setup.forward, OrdinaryForward):
        every = [setup.forward.targets(batch).cpu() for batch in given]
    codes = torch.unique(torch.cat([t.reshape(-1) for t in every]))
    codes = codes[codes != getattr(copy.loss, "ignore_index", -100)]
    return LabelRange(low=int(codes.min()), high=int(codes.max()), num_classes=len(codes), width=int(outputs.shape[1]))


def _run(setup: Setup, batch: Any) -> tuple[Any, Any]:
    """Outputs, of which the shape matters here, and targets: a few examples do where the batch can be divided."""
    if isinstance(setup.forward, OrdinaryForward):
        try:
            outputs, few = setup.forward(setup.model, take(batch, range(2)))
            targets = setup.forward.targets(batch)
            is_usual = isinstance(outputs, Tensor) and isinstance(targets, Tensor) and len(outputs) == len(few) == 2
            # two outputs for two examples may be each example against each
            if is_usual and outputs.ndim > 1 and outputs.shape[1] != 2:
                return outputs[:1].expand(len(targets), *outputs.shape[1:]), targets.to(few.device)
        except Exception:  # the model wants whole batches
            return setup.forward(setup.model, batch)
    return setup.forward(setup.model, batch)
