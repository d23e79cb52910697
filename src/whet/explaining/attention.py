"""Attention: which words, patches or steps the network looked at, from the weights of the pass itself.

Helps: a quick look at what a transformer or an attentive recurrent network reads.
Hurts: as a reason: a part that is attended to need not have decided anything (Jain and Wallace, "Attention is not
    Explanation", NAACL 2019), so ``method="auto"`` prefers integrated gradients, Grad-CAM and occlusion.
Source: Bahdanau et al., ICLR 2015 (pooling weights); Abnar and Zuidema, "Quantifying Attention Flow in Transformers",
    ACL 2020 (rollout).
"""

from __future__ import annotations

from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from whet.bundle.model import Model
from whet.data.inputs import Batch
from whet.errors import ConfigError
from whet.explaining.layout import num_positions, spread
from whet.explaining.members import averaged, batch_of
from whet.explaining.method import Example, Weights, methods
from whet.training.fitted_network import FittedNetwork

__all__ = ["Attention", "AttentionRollout", "received", "rollout"]


@runtime_checkable
class SelfAttentive(Protocol):
    """A transformer."""

    def attention_maps(self, batch: Batch) -> list[Tensor]:
        """For each block (B, H, L, L), query by key, rows summing to 1; channels may take the place of B."""
        ...


@runtime_checkable
class AttentivelyPooled(Protocol):
    """A network that pools its positions by attention."""

    def attention(self, batch: Batch) -> Tensor:
        """(B, L), rows summing to 1; a ConfigError where it was built with another pooling."""
        ...


@methods.register("attention")
class Attention:
    """The attention that positions receive in the last block, or the weights of attentive pooling."""

    title: ClassVar[str] = "attention"
    citation: ClassVar[str] = "Bahdanau et al., ICLR 2015; Vaswani et al., NeurIPS 2017"
    unit: ClassVar[str] = "share of attention"
    is_signed: ClassVar[bool] = False

    def weigh(self, model: Model, example: Example) -> Weights | None:
        """The mean over networks that attend."""

        def ask(fitted: FittedNetwork) -> np.ndarray | None:
            batch, network = batch_of(fitted, example.alone), fitted.model
            if isinstance(network, AttentivelyPooled):
                try:
                    with torch.no_grad():
                        pooled = network.attention(batch)[0]
                except ConfigError:  # it was built with another pooling
                    return None
                return _shares(fitted, example, pooled[None], rows=False)
            maps = _maps(fitted, batch)
            return None if maps is None else _shares(fitted, example, received(maps), rows=True)

        return averaged(model, ask)


@methods.register("attention_rollout")
class AttentionRollout:
    """The attention of all blocks multiplied through, half of each block passing by unattended."""

    title: ClassVar[str] = "attention rollout"
    citation: ClassVar[str] = "Abnar and Zuidema, ACL 2020"
    unit: ClassVar[str] = "share of attention"
    is_signed: ClassVar[bool] = False

    def weigh(self, model: Model, example: Example) -> Weights | None:
        """The mean over the transformers of the model."""

        def ask(fitted: FittedNetwork) -> np.ndarray | None:
            maps = _maps(fitted, batch_of(fitted, example.alone))
            return None if maps is None else _shares(fitted, example, rollout(maps), rows=True)

        return averaged(model, ask)


def received(maps: list[Tensor]) -> Tensor:
    """(L, L) of the last block, query by key: the mean over heads (and over channels read one by one)."""
    return maps[-1].double().mean(dim=(0, 1))


def rollout(maps: list[Tensor]) -> Tensor:
    """(L, L): how much of each first-block position (columns) has reached each last-block position (rows).

    >>> even = torch.full((1, 1, 2, 2), 0.5)
    >>> rollout([even]).tolist()
    [[0.75, 0.25], [0.25, 0.75]]
    """
    identity = torch.eye(maps[0].shape[-1], dtype=torch.float64, device=maps[0].device)
    reached = identity.expand(len(maps[0]), -1, -1)
    for weights in maps:
        reached = (0.5 * weights.double().mean(dim=1) + 0.5 * identity) @ reached
    return reached.mean(dim=0)


def _maps(fitted: FittedNetwork, batch: Batch) -> list[Tensor] | None:
    if not isinstance(fitted.model, SelfAttentive):
        return None
    with torch.no_grad():
        return fitted.model.attention_maps(batch)


def _shares(fitted: FittedNetwork, example: Example, weights: Tensor, *, rows: bool) -> np.ndarray | None:
    """(L, L) query by key, or (1, L), -> shares by word, pixel, step or column that sum to 1.

    What the class token attends to where there is one, otherwise the mean over queries.
    """
    length = weights.shape[1]
    count = num_positions(fitted, example.alone, length)
    if count is None:
        return None
    queries = weights[:1] if rows and count < length else weights
    positions = queries.mean(dim=0)[length - count :]
    values = spread(fitted, example.alone, positions.cpu().numpy())
    return None if values is None else values / (values.sum() or 1.0)
