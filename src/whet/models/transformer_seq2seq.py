"""A full transformer from one token sequence to another: encoder, decoder, and words to choose from.

Helps: translation, correction, summaries: an answer that is itself a sequence.
Hurts: a few hundred pairs without pretraining; answers that are a label or a number.
Source: Vaswani et al., NeurIPS 2017. Differs: pre-norm by default; embeddings start small instead of being multiplied
by the root of the width; source and target share one vocabulary and its embeddings.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from whet.models.attention_cache import DecoderCache
from whet.models.positions import Positions
from whet.models.transformer import TransformerDecoder, TransformerEncoder
from whet.models.transformer_block import BlockSettings

__all__ = ["TransformerSeq2Seq"]

_EMBEDDING_STD = 0.1


class TransformerSeq2Seq(nn.Module):
    """Source ids and the target so far -> logits of the next target id at every place.

    Shapes (B = batch, S = source length, T = target length, V = ``vocab_size``):
        source: (B, S) int64, target: (B, T) int64, 0 = padding -> (B, T, V) logits; those at place t are of the id
        after ``target[:, t]``, and depend on nothing behind it.
    Args:
        vocab_size: V, ids from 0 (padding) on.
        settings: of every block.
        depth: blocks of the encoder and of the decoder.
        longest: places that learned positions have vectors for.
        positions: one of "learned", "sinusoidal", "rotary", "none".
        ties_weights: the logits are products with the embeddings (Press & Wolf, EACL 2017), instead of a matrix of
            their own.
    """

    def __init__(
        self,
        vocab_size: int,
        settings: BlockSettings,
        *,
        depth: int = 2,
        longest: int = 512,
        positions: str = "sinusoidal",
        ties_weights: bool = True,
    ) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab_size, settings.width, padding_idx=0)
        with torch.no_grad():
            self.embed.weight.mul_(_EMBEDDING_STD)

        def places() -> Positions:
            return Positions(positions, settings.width, longest=longest, heads=settings.heads, scale=_EMBEDDING_STD)

        self.source_positions, self.target_positions = places(), places()
        self.dropout = nn.Dropout(settings.dropout)
        self.encoder = TransformerEncoder(depth, settings)
        self.decoder = TransformerDecoder(depth, settings)
        self.out = nn.Linear(settings.width, vocab_size)
        if ties_weights:
            self.out.weight = self.embed.weight

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """(B, T, V) logits with the true target given (teacher forcing)."""
        return self.decode(target, *self.encode(source))

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """(B, S, D) memory and (B, S) where it is real."""
        real = source != 0
        h = self.dropout(self.source_positions(self.embed(source)))
        rotation = self.source_positions.rotation(source.shape[1], like=h)
        return self.encoder(h, real=real, rotation=rotation), real

    def decode(
        self,
        target: Tensor,
        memory: Tensor,
        memory_real: Tensor,
        *,
        cache: DecoderCache | None = None,
        maps: list[Tensor] | None = None,
    ) -> Tensor:
        """(B, T, V) logits; with ``cache``, ``target`` holds only the ids that come after those it has seen.

        With ``cache`` all ids so far count as real: padding behind the end of a finished answer is cut off afterwards.
        """
        start = 0 if cache is None else cache.length
        h = self.dropout(self.target_positions(self.embed(target), start=start))
        rotation = self.target_positions.rotation(target.shape[1], like=h, start=start)
        states = self.decoder(h, memory, real=target != 0 if cache is None else None, memory_real=memory_real,
                              rotation=rotation, cache=cache, maps=maps)  # fmt: skip
        logits: Tensor = self.out(states)
        return logits

    @torch.no_grad()
    def generate(self, source: Tensor, *, start_id: int, end_id: int, max_tokens: int) -> Tensor:
        """(B, up to max_tokens) int64: the likeliest id after each other, ``end_id`` last, then 0.

        Padding is never chosen. Call it in evaluation mode.
        """
        memory, memory_real = self.encode(source)
        cache = self.decoder.new_cache()
        last = torch.full((len(source), 1), start_id, dtype=torch.int64, device=source.device)
        is_over = torch.zeros_like(last, dtype=torch.bool)
        chosen = []
        for _ in range(max_tokens):
            logits = self.decode(last, memory, memory_real, cache=cache)[:, -1]
            logits[:, 0] = float("-inf")
            following = logits.argmax(dim=-1, keepdim=True)
            chosen.append(following.masked_fill(is_over, 0))
            is_over = is_over | (following == end_id)
            if bool(is_over.all()):
                break
            last = following
        return torch.cat(chosen, dim=1)
