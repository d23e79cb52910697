"""Word dropout: hide tokens and n-grams of a training text at random.

Helps: texts with few examples, where single rare words would be memorised.
Hurts: texts decided by one word (negation, very short questions) when ``p`` is large.
Source: Iyyer et al., "Deep Unordered Composition Rivals Syntactic Methods", ACL 2015, section 3.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whet.augment.augmentation import augmentations
from whet.data.inputs import Batch
from whet.data.kinds import Modality
from whet.errors import ConfigError

__all__ = ["WordDropout"]

_PARTS = ("tokens", "ngrams")


@augmentations.register("word_dropout")
@dataclass(frozen=True, kw_only=True)
class WordDropout:
    """Turn each id into padding with probability ``p``; a text that would lose all of them keeps all of them."""

    modality: ClassVar[Modality] = Modality.TEXT

    p: float = 0.1  # probability of hiding an id, in [0, 1)

    def __post_init__(self) -> None:
        if not 0.0 <= self.p < 1.0:
            raise ConfigError(f"WordDropout.p must be in [0, 1); got {self.p!r}. Start from 0.1; 0 switches it off.")

    def __call__(self, batch: Batch, *, rows: Tensor, epoch: int, generator: torch.Generator) -> Batch:
        """A copy with ids hidden; parts that hold no ids are passed on."""
        if self.p == 0.0:
            return batch
        hidden = {name: _hide(batch[name], self.p, generator) for name in _PARTS if name in batch}
        return {**batch, **hidden}

    def views(self, batch: Batch) -> list[Batch]:
        """The batch itself: hiding words tells nothing at prediction time."""
        return [batch]


def _hide(ids: Tensor, p: float, generator: torch.Generator) -> Tensor:
    # Drawn on the CPU, where the generator lives, so that a run is the same on every device.
    kept = (torch.rand(ids.shape, generator=generator) >= p).to(ids.device)
    some_left = ((ids != 0) & kept).any(dim=1, keepdim=True)
    return torch.where(kept | ~some_left, ids, 0)
