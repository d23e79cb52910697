"""Masked modelling of texts: some words are hidden, and the encoder says which they were.

Helps: texts without labels, from some thousands on, of the kind that will later be classified. Hurts: few or very short
texts, from which little but word counts can be learnt; the time might go into n-grams instead.
Source: Devlin et al., "BERT", NAACL 2019: 15 % of the tokens are asked for, of which 80 % are replaced by a mask, 10 %
by a random token and 10 % stay; the output layer shares the token embeddings.
Differs: the mask is the id of unknown words (1), so that the vocabulary and the network stay as they are; every text
hides at least one word, because short ones would teach nothing; unknown words are never asked for.
"""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whet.data.inputs import Batch
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import Architecture, architectures
from whet.pretraining.answers import Answers
from whet.pretraining.pretext import Given, pretexts

__all__ = ["MaskedWords", "hide_words"]

ASKED, MASKED, RANDOM = 0.15, 0.8, 0.1  # shares: of the tokens, and of those asked for
UNKNOWN = 1  # id of the text encoder, here the mask too
FIRST_WORD = 2  # ids below it pad or are unknown


@pretexts.register("masked_words")
class MaskedWords:
    """See ``Pretext``."""

    objective: ClassVar[str] = "masked"
    modalities: ClassVar[tuple[Modality, ...]] = (Modality.TEXT,)
    what: str = "hidden words found"
    plain: ClassVar[bool] = True

    def __init__(self, given: Given) -> None:
        self.vocab_size = given.spec.vocab_size
        if self.vocab_size <= FIRST_WORD:
            raise ConfigError("masked modelling needs a vocabulary, but no word of these texts comes twice.")

    def build_head(self, body: Architecture) -> nn.Module:
        """What comes before the shared output layer, and a bias per word."""
        if not callable(getattr(body, "token_features", None)) or not isinstance(
            getattr(body, "embed", None), nn.Embedding
        ):
            able = [n for n, a in architectures.items() if a.modality == Modality.TEXT and hasattr(a, "token_features")]
            raise ConfigError(
                f"{type(body).__name__} has no feature per token, which masked modelling needs. "
                f"Choose one of: {', '.join(able)}."
            )
        assert isinstance(body.embed, nn.Embedding)
        return _WordHead(body.embed.embedding_dim, self.vocab_size - FIRST_WORD)

    def answers(
        self, body: Architecture, head: nn.Module, batch: Batch, targets: Tensor, *, generator: torch.Generator
    ) -> Answers:
        """One question a hidden word."""
        tokens = batch["tokens"]
        shown, asked = hide_words(tokens, self.vocab_size, generator=generator)
        features = body.token_features({**batch, "tokens": shown})  # type: ignore[operator]  # checked in build_head
        words = body.embed.weight[FIRST_WORD:]  # type: ignore[union-attr, index]
        logits = head(features[asked], words).float()  # (n, V - 2)
        truth = tokens[asked] - FIRST_WORD
        losses = F.cross_entropy(logits, truth, reduction="none")
        return Answers(losses=losses, truth=truth, right=logits.argmax(dim=1) == truth)


class _WordHead(nn.Module):
    """(n, D) features and (V, D) word embeddings -> (n, V) logits."""

    def __init__(self, width: int, num_words: int) -> None:
        super().__init__()
        self.transform = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.bias = nn.Parameter(torch.zeros(num_words))

    def forward(self, features: Tensor, words: Tensor) -> Tensor:
        return F.linear(self.transform(features), words.to(features.dtype), self.bias.to(features.dtype))


def hide_words(tokens: Tensor, vocab_size: int, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """(B, L) ids -> the ids that are shown, and (B, L) bool: which positions are asked for."""
    draws = torch.rand(3, *tokens.shape, generator=generator).to(tokens.device)
    chance = draws[0].masked_fill(tokens < FIRST_WORD, 2.0)  # padding and unknown words are not asked for
    asked = (chance < ASKED) | ((chance == chance.amin(dim=1, keepdim=True)) & (chance < 1))
    strangers = torch.randint(FIRST_WORD, vocab_size, tokens.shape, generator=generator).to(tokens.device)
    hidden = torch.where(draws[1] < MASKED + RANDOM, strangers, tokens)
    hidden = hidden.masked_fill(draws[1] < MASKED, UNKNOWN)
    return torch.where(asked, hidden, tokens), asked
