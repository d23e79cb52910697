"""Texts as ids: "tokens" in reading order for sequence models, "ngrams" for bags.

Tokens are words or byte-pair pieces learnt from the training texts with the `tokenizers` library; id 0 pads, id 1 is
any token that training did not keep. n-grams are those of ``ngrams.py``. Case is dropped in both.
A text longer than ``max_tokens`` tokens (or ``max_words`` words, for n-grams) is cut at its end; an empty text is an
empty token sequence. Source of the byte-pair pieces: Sennrich et al., ACL 2016.

Around a pretrained body (``TextEncoder.given``) the tokens are the body's own, special ones included, each id plus 1
because 0 pads here; there are no n-grams.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np
from tokenizers import Tokenizer

from whet.data.dataset import Dataset
from whet.data.encoders.encoder import encoders
from whet.data.encoders.ngrams import NgramHasher, NgramTable
from whet.data.encoders.ragged import RaggedWriter
from whet.data.encoders.text_settings import TextSettings
from whet.data.encoders.tokens import train_tokenizer
from whet.data.inputs import Inputs, InputSpec
from whet.data.kinds import Modality
from whet.data.texts import joined_texts
from whet.errors import ConfigError
from whet.state import State

__all__ = ["TextEncoder"]

_BLOCK = 4096  # texts held as Python strings at a time


@encoders.register("text")
class TextEncoder:
    """Dataset -> "tokens" and "ngrams"; fit it with ``TextEncoder.fit``."""

    def __init__(
        self, settings: TextSettings, tokenizer: Tokenizer, table: NgramTable, *, given: InputSpec | None = None
    ) -> None:
        """``given``: the sizes of the pretrained body whose tokeniser this is; None where it was learnt here."""
        self.settings = settings
        self._given = given
        self._tokenizer = tokenizer
        self._table = table
        self._hasher = _hasher(settings)
        if given is not None:
            tokenizer.no_padding()
            tokenizer.enable_truncation(settings.max_tokens)  # keeps the special tokens at the end
        self.spec = given or InputSpec(
            modality=Modality.TEXT,
            vocab_size=tokenizer.get_vocab_size(),
            num_buckets=table.num_ids,
            max_tokens=settings.max_tokens,
        )

    @classmethod
    def given(
        cls,
        tokenizer: str,
        settings: Mapping[str, Any],
        *,
        vocab_size: int,
        max_tokens: int,
        backbone: Mapping[str, Any],
    ) -> Self:
        """Around the body described by ``backbone``, with its ``tokenizer`` as JSON and its ``vocab_size`` ids.

        ``settings`` may hold ``max_tokens``, to read less of a long text than the body's own ``max_tokens``.
        """
        chosen = TextSettings.of_given_tokenizer(settings, longest=max_tokens)
        spec = InputSpec(
            modality=Modality.TEXT, vocab_size=vocab_size + 1, max_tokens=chosen.max_tokens, backbone=backbone
        )
        return cls(chosen, Tokenizer.from_str(tokenizer), _no_ngrams(), given=spec)

    @classmethod
    def fit(cls, train: Dataset, settings: Mapping[str, Any], *, seed: int) -> Self:
        """Learn tokens and n-grams from the training texts; nothing here is random, so ``seed`` changes nothing."""
        chosen = TextSettings.from_mapping(settings)
        if chosen.tokenizer == "given":
            raise ConfigError(
                "the text encoder's tokenizer 'given' is the one of a pretrained body and is not fitted; "
                "set Recipe.backbone, or take 'word' or 'bpe'."
            )
        hasher = _hasher(chosen)
        table = NgramTable.fit(
            (hasher.hashes(texts)[0] for texts in _blocks(train)),
            num_ids=chosen.num_buckets,
            min_count=chosen.min_count,
        )
        return cls(chosen, train_tokenizer((t for texts in _blocks(train) for t in texts), chosen), table)

    def encode(self, dataset: Dataset, *, scratch: Path | None = None) -> Inputs:
        """Ids for every example, a block of texts at a time."""
        tokens, ngrams = RaggedWriter(scratch), RaggedWriter(scratch)
        for texts in _blocks(dataset):
            encoded = [e.ids[: self.settings.max_tokens] for e in self._tokenizer.encode_batch_fast(texts)]
            ids = np.fromiter((i for ids in encoded for i in ids), np.int32)
            tokens.add(ids + (self._given is not None), np.array([len(ids) for ids in encoded]))
            if self._given is None:
                ngrams.add(*self._table.ids(*self._hasher.hashes(texts)))
        if self._given is not None:
            return Inputs({"tokens": tokens.part()})
        return Inputs({"tokens": tokens.part(), "ngrams": ngrams.part()})

    def state(self) -> State:
        """Settings, the tokeniser as JSON, and the table of n-gram hashes as bytes."""
        config = {"settings": asdict(self.settings), "tokenizer": self._tokenizer.to_str()}
        if self._given is not None:
            return State({**config, "spec": self.spec.to_dict()})
        # As bytes, little-endian: not every reader of safetensors knows unsigned 64-bit numbers.
        return State(config, {"ngrams": self._table.seen.astype("<u8").view(np.uint8)})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same encoder again."""
        if "spec" in state.config:
            settings, given = TextSettings(**state.config["settings"]), InputSpec.from_dict(state.config["spec"])
            return cls(settings, Tokenizer.from_str(state.config["tokenizer"]), _no_ngrams(), given=given)
        seen = np.ascontiguousarray(state.arrays["ngrams"]).view("<u8").astype(np.uint64)
        tokenizer = Tokenizer.from_str(state.config["tokenizer"])
        return cls(TextSettings.from_mapping(state.config["settings"]), tokenizer, NgramTable(seen))


def _hasher(settings: TextSettings) -> NgramHasher:
    pieces = (settings.min_piece, settings.max_piece)
    return NgramHasher(word_ngrams=settings.word_ngrams, pieces=pieces, max_words=settings.max_words)


def _no_ngrams() -> NgramTable:
    return NgramTable(np.zeros(0, np.uint64))


def _blocks(dataset: Dataset) -> Iterator[list[str]]:
    for start in range(0, len(dataset), _BLOCK):
        yield joined_texts(dataset, slice(start, start + _BLOCK))
