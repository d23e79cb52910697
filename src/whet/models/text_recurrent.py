"""A recurrent network over the words of a text, in both directions.

Helps: texts whose meaning hangs on word order (negation, questions), from a few thousand examples on; a different view
beside bags and filters in an ensemble. Hurts: long documents whose words alone decide, where a bag of n-grams is as
good and many times as fast.
Source: Graves & Schmidhuber, Neural Networks 2005 (bidirectional LSTM); additive attention after Yang et al., NAACL
2016. Differs: embeddings start at random; words that word dropout hides are left out, not replaced by a mark.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import Architecture, architectures
from whet.models.recurrent import RecurrentLayers
from whet.models.recurrent_checks import check_recurrent
from whet.models.recurrent_pooling import Pooled, SequencePooling
from whet.recipe import AugmentStep, Length, Optimiser, Recipe, Regularisation, Schedule
from whet.tasks.facts import Facts

__all__ = ["TextRecurrent"]

_RATES = {"rnn": 1e-3, "lstm": 2e-3, "gru": 2e-3}  # Elman's network is unstable at the rates that gates allow


@architectures.register("text_recurrent")
class TextRecurrent(Architecture):
    """Token embeddings -> recurrent layers -> pooling -> head.

    Shapes (B = batch, L = longest text in the batch, D = ``width``, or 2 ``width`` in both directions):
        tokens: (B, L) int64, 0 = padding, wherever it stands -> features (B, D) -> outputs (B, K).
    Args:
        cell: one of "rnn", "lstm", "gru".
        dim: length of a token's embedding, at least 1.
        width: units per layer and direction, at least 1.
        layers: recurrent layers, at least 1.
        bidirectional: read each text also from its end.
        pooling: one of "last", "mean", "attention".
        dropout: probability of zeroing a unit of the embeddings, between layers and of the features, in [0, 1).
        truncate: words after which the state is carried on without its gradient, only with ``bidirectional`` False;
            with pooling "last" the gradient then reaches nothing before the last chunk. None: never.
    """

    modality: ClassVar[Modality] = Modality.TEXT
    parts: ClassVar[tuple[str, ...]] = ("tokens",)
    families: ClassVar[tuple[str, ...]] = ("rnn", "lstm", "gru")

    def __init__(
        self,
        spec: InputSpec,
        num_outputs: int,
        *,
        cell: str = "lstm",
        dim: int = 96,
        width: int = 64,
        layers: int = 1,
        bidirectional: bool = True,
        pooling: str = "attention",
        dropout: float = 0.3,
        truncate: int | None = None,
    ) -> None:
        super().__init__()
        check_recurrent("text_recurrent", cell=cell, pooling=pooling, width=width, layers=layers, dropout=dropout,
                        bidirectional=bidirectional, truncate=truncate,
                        others=[("dim", dim, dim >= 1, "at least 1")])  # fmt: skip
        self.embed = nn.Embedding(spec.vocab_size, dim, padding_idx=0)
        with torch.no_grad():
            self.embed.weight.mul_(0.5)  # so that gates and tanh start out where their slope is large
        self.layers = RecurrentLayers(dim, width, cell=cell, layers=layers, bidirectional=bidirectional,
                                      dropout=dropout, truncate=truncate)  # fmt: skip
        self.pooling = SequencePooling(self.layers.num_features, pooling)
        self.dropout = nn.Dropout(dropout)
        self.reset_head(num_outputs)

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """One per cell; gradients are clipped, because recurrent ones can explode (Pascanu et al., ICML 2013)."""
        return {cell: _recipe(cell) for cell in cls.families}

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, D)."""
        pooled, _ = self._read(batch)
        features: Tensor = self.dropout(pooled.features)
        return features

    def attention(self, batch: Batch) -> Tensor:
        """(B, L): the weight with which each token entered the features; 0 for padding, otherwise summing to 1."""
        pooled, order = self._read(batch)
        if pooled.weights is None:
            raise ConfigError(
                f"text_recurrent has attention weights only with pooling 'attention'; it was built with "
                f"{self.pooling.pooling!r}. Build and train it with pooling='attention'."
            )
        return torch.zeros_like(pooled.weights).scatter(1, order, pooled.weights)

    def reset_head(self, num_outputs: int) -> None:
        """A fresh linear head."""
        self.head = nn.Linear(self.layers.num_features, num_outputs)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Embeddings, each recurrent layer, attention where there is one, head."""
        top = [list(part.parameters()) for part in (self.pooling, self.head)]
        return [group for group in (list(self.embed.parameters()), *self.layers.layer_groups(), *top) if group]

    def decayed(self) -> list[nn.Parameter]:
        """Matrices, not the embeddings: decay would pull rare words to zero while they are absent."""
        return [p for p in self.parameters() if p.ndim >= 2 and p is not self.embed.weight]

    def _read(self, batch: Batch) -> tuple[Pooled, Tensor]:
        tokens = batch["tokens"]
        # Words first, in their order: a gap left by word dropout is no step, as padding at the end is none.
        order = torch.argsort((tokens == 0).long(), dim=1, stable=True)  # (B, L): where each step stood
        tokens = tokens.gather(1, order)
        real = tokens != 0
        run = self.layers(self.dropout(self.embed(tokens)), real.sum(dim=1))
        return self.pooling(run, real), order


def _recipe(cell: str) -> Recipe:
    return Recipe(
        architecture="text_recurrent",
        settings={"cell": cell},
        augment=(AugmentStep(name="word_dropout", settings={"p": 0.1}),),
        optimiser=Optimiser(name="adamw", lr=_RATES[cell]),
        schedule=Schedule(name="linear", warmup=0.1),
        regularisation=Regularisation(weight_decay=0.05, grad_clip=1.0),
        length=Length(epochs=8.0),
        batch_size=64,
    )
