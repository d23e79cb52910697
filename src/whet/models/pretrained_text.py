"""A pretrained text model of the BERT or GPT kind with a linear head.

Helps: nearly every task on texts, most where labels are few: the body has read billions of words. Hurts: a CPU and long
texts, where one epoch costs minutes; words the body has never seen (codes, rare languages).
Source: Devlin et al., "BERT", NAACL 2019; mean pooling after Reimers & Gurevych, "Sentence-BERT", EMNLP 2019.
Differs: the body's own pooling layer is left out, and the head is one linear layer.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import Architecture, architectures
from whet.models.pretrained.transformers_body import (
    body_groups,
    build_body,
    last_hidden,
    num_hidden_states,
    using_eager_attention,
)

__all__ = ["PretrainedText"]

_POOLINGS = ("mean", "cls", "last", "layers")


@architectures.register("pretrained_text")
class PretrainedText(Architecture):
    """The body that ``spec.backbone`` describes, one vector per text, dropout, head.

    Shapes (B = batch, L = longest text in the batch, D = the body's width):
        tokens: (B, L) int64, 0 = padding, otherwise the body's id plus 1 -> features (B, D) -> outputs (B, K).
    Args:
        pooling: "mean" over the text's tokens, "cls" its first, "last" its last, "layers" the means of every layer
            (D is then the width times one more than the number of layers); None: as the body's authors do.
        dropout: probability of zeroing a feature, in [0, 1).
    """

    modality: ClassVar[Modality] = Modality.TEXT
    parts: ClassVar[tuple[str, ...]] = ("tokens",)
    families: ClassVar[tuple[str, ...]] = ("transformer",)
    needs_backbone: ClassVar[bool] = True

    def __init__(self, spec: InputSpec, num_outputs: int, *, pooling: str | None = None, dropout: float = 0.1) -> None:
        super().__init__()
        _check(spec, pooling, dropout)
        self.pooling = pooling or str(spec.backbone["pooling"])
        self.body: Any = build_body(spec.backbone["config"])
        self.dropout = nn.Dropout(dropout)
        self._padding = int(getattr(self.body.config, "pad_token_id", None) or 0)
        self.reset_head(num_outputs)

    def token_features(self, batch: Batch) -> Tensor:
        """(B, L, D): the body's last layer at each token; what stands at padding means nothing."""
        return last_hidden(self._read(batch))

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, D); zeros for a text without tokens."""
        real = batch["tokens"] != 0  # (B, L)
        if self.pooling == "layers":
            states = self._read(batch, output_hidden_states=True).hidden_states
            pooled = torch.cat([_mean(h, real) for h in states], dim=1)
        elif self.pooling == "mean":
            pooled = _mean(self.token_features(batch), real)
        else:
            h = self.token_features(batch)
            last = (torch.arange(h.shape[1], device=h.device) * real).amax(dim=1)
            at = last if self.pooling == "last" else torch.zeros_like(last)
            pooled = h[torch.arange(len(h), device=h.device), at] * real.any(dim=1, keepdim=True)
        features: Tensor = self.dropout(pooled)
        return features

    def attention_maps(self, batch: Batch) -> list[Tensor]:
        """For each block the weights (B, heads, L, L) of the pass over this batch: query by key, rows sum to 1."""
        with using_eager_attention(self.body):
            return list(self._read(batch, output_attentions=True).attentions)

    def reset_head(self, num_outputs: int) -> None:
        """A fresh linear head."""
        config = self.body.config
        repeats = num_hidden_states(config) if self.pooling == "layers" else 1
        self.head = nn.Linear(int(config.hidden_size) * repeats, num_outputs)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Embeddings, each block, head."""
        return [*body_groups(self.body), list(self.head.parameters())]

    def decayed(self) -> list[nn.Parameter]:
        """Matrices, but no embedding: decay would pull rare words to zero at each step they are absent from."""
        tables = {id(m.weight) for m in self.modules() if isinstance(m, nn.Embedding)}
        return [p for p in self.parameters() if p.ndim >= 2 and id(p) not in tables]

    def _read(self, batch: Batch, **settings: bool) -> Any:
        tokens = batch["tokens"]
        real = tokens != 0
        ids = torch.where(real, tokens - 1, self._padding)
        seen = real.clone()
        seen[:, 0] = True  # attention over nothing is not a number; an empty text attends to its padding
        return self.body(input_ids=ids, attention_mask=seen.long(), **settings)


def _mean(h: Tensor, real: Tensor) -> Tensor:
    mask = real.unsqueeze(-1)
    return (h * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)


def _check(spec: InputSpec, pooling: str | None, dropout: float) -> None:
    if spec.backbone.get("kind") != "transformers":
        raise ConfigError(
            "pretrained_text needs a pretrained text model: set Recipe.backbone, for example to 'minilm' or "
            "'hf:org/name'."
        )
    if pooling is not None and pooling not in _POOLINGS:
        raise ConfigError(f"pretrained_text.pooling must be one of {', '.join(_POOLINGS)}, or None; got {pooling!r}.")
    if not 0.0 <= dropout < 1.0:
        raise ConfigError(f"pretrained_text.dropout must be in [0, 1); got {dropout!r}.")
