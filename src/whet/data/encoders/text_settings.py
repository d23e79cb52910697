"""What can be set about the text encoder, checked in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Self

from whet.errors import ConfigError, did_you_mean

__all__ = ["TextSettings"]


@dataclass(frozen=True, kw_only=True)
class TextSettings:
    """Settings of the "text" encoder.

    >>> TextSettings.from_mapping({"vocab_size": 100}).vocab_size
    100
    """

    # bpe: pieces of words, for many rare words or rich morphology; given: that of a pretrained body, never chosen here
    tokenizer: Literal["word", "bpe", "given"] = "word"
    vocab_size: int = 20_000  # most token ids, padding and unknown included
    min_frequency: int = 2  # a token (word) or merge (bpe) occurs at least so often in training
    max_tokens: int = 128  # a longer text is cut there, for "tokens"
    num_buckets: int = 1 << 18  # most n-gram ids, padding included
    min_count: int = 1  # an n-gram occurs at least so often in training
    word_ngrams: int = 2  # longest run of words that is one n-gram, 1 to 5
    min_piece: int = 0  # shortest word piece in characters; with max_piece 0, no pieces
    max_piece: int = 0  # longest word piece in characters
    max_words: int = 1000  # a longer text is cut there, for "ngrams"

    def __post_init__(self) -> None:
        faults = [f"TextSettings.{name} must be {wanted}; got {value!r}." for name, value, wanted in self._faults()]
        if faults:
            raise ConfigError(" ".join(faults))

    def _faults(self) -> list[tuple[str, object, str]]:
        pieces_fit = (self.min_piece == self.max_piece == 0) or 1 <= self.min_piece <= self.max_piece
        rules = [
            ("tokenizer", self.tokenizer in ("word", "bpe", "given"), "'word' or 'bpe'"),
            ("vocab_size", self.vocab_size >= 3, "at least 3"),
            ("min_frequency", self.min_frequency >= 1, "at least 1"),
            ("max_tokens", self.max_tokens >= 1, "at least 1"),
            ("num_buckets", self.num_buckets >= 2, "at least 2"),
            ("min_count", self.min_count >= 1, "at least 1"),
            ("word_ngrams", 1 <= self.word_ngrams <= 5, "in 1 to 5"),
            ("min_piece", pieces_fit, f"in 1 to max_piece ({self.max_piece!r}), or both 0 for no pieces"),
            ("max_words", self.max_words >= 1, "at least 1"),
        ]
        return [(name, getattr(self, name), wanted) for name, holds, wanted in rules if not holds]

    @classmethod
    def of_given_tokenizer(cls, settings: Mapping[str, Any], *, longest: int) -> Self:
        """Around a pretrained body that reads at most ``longest`` tokens; only ``max_tokens`` can be set.

        >>> TextSettings.of_given_tokenizer({}, longest=512).max_tokens
        128
        """
        for key in settings:
            if key != "max_tokens":
                raise ConfigError(f"a pretrained tokeniser has one setting, 'max_tokens'; got {key!r}. Remove it.")
        wanted = cls(tokenizer="given", **settings)
        return replace(wanted, max_tokens=min(wanted.max_tokens, longest))

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> Self:
        """The settings with defaults for what is not given; unknown names are a ConfigError."""
        known = [f.name for f in fields(cls)]
        unknown = [key for key in settings if key not in known]
        if unknown:
            hints = " ".join(f"{key!r}: {did_you_mean(key, known)}" for key in unknown)
            raise ConfigError(f"the text encoder has no setting {hints}")
        return cls(**settings)
