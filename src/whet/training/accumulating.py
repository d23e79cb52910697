"""Gradients of one batch, added up over parts of it where the whole does not fit into memory.

The loss of a batch is a mean over its examples, so the mean of the parts' losses, each weighted by its share of the
examples, has the same gradient: the effective batch stays what the recipe says. What sees a whole batch sees a part of
it instead: batch normalisation its statistics, mixup and contrastive losses their partners.
Source: gradient accumulation as in Ott et al., "Scaling Neural Machine Translation", WMT 2018, section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from whet.data.inputs import Batch
from whet.training.out_of_memory import hand_back, is_out_of_memory

__all__ = ["Accumulator"]

LEAST = 2  # examples in a part: batch normalisation cannot learn from one


@dataclass(kw_only=True)
class Accumulator:
    """``num_parts`` doubles whenever memory runs out, and stays so for the rest of the training."""

    num_parts: int = 1
    largest: int = 0  # examples of the largest batch that had to be divided

    def __call__(
        self, model: nn.Module, batch: Batch, targets: Tensor, loss_of: Callable[[Batch, Tensor], Tensor]
    ) -> Tensor:
        """Add the gradients of the batch to the parameters, and give its loss, detached.

        Raises:
            RuntimeError, MemoryError: whatever said so, where not even the smallest parts fit.
        """
        while True:
            try:
                return self._in_parts(batch, targets, loss_of)
            except Exception as fault:
                if not is_out_of_memory(fault) or len(targets) < 2 * self.num_parts * LEAST:
                    raise
            self.num_parts, self.largest = 2 * self.num_parts, max(self.largest, len(targets))
            for parameter in model.parameters():  # those of the parts that did fit
                parameter.grad = None
            hand_back()

    def note(self) -> str | None:
        """For the trial's notes; None where every batch fitted."""
        if self.num_parts == 1:
            return None
        size = -(-self.largest // self.num_parts)
        return (
            f"ran out of memory: batches of {self.largest} examples were taken in {self.num_parts} parts of {size}, "
            "their gradients added up"
        )

    def _in_parts(self, batch: Batch, targets: Tensor, loss_of: Callable[[Batch, Tensor], Tensor]) -> Tensor:
        count = max(1, min(self.num_parts, len(targets) // LEAST))
        if count == 1:
            loss = loss_of(batch, targets)
            loss.backward()  # type: ignore[no-untyped-call]
            return loss.detach()
        total = torch.zeros((), device=targets.device)
        for index in np.array_split(np.arange(len(targets)), count):
            first, after, share = int(index[0]), int(index[-1]) + 1, len(index) / len(targets)
            part = {name: tensor[first:after] for name, tensor in batch.items()}
            loss = loss_of(part, targets[first:after]) * share
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        return total
