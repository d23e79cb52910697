"""Train a tokeniser on the training texts: whole words, or byte-pair pieces of them."""

from __future__ import annotations

from collections.abc import Iterator

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from whet.data.encoders.text_settings import TextSettings
from whet.data.texts import WORD_PATTERN

__all__ = ["train_tokenizer"]

_SPECIAL = ["[PAD]", "[UNK]"]  # ids 0 and 1


def train_tokenizer(texts: Iterator[str], settings: TextSettings) -> Tokenizer:
    """A tokeniser whose id 0 pads and id 1 is unknown."""
    is_bpe = settings.tokenizer == "bpe"
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]") if is_bpe else models.WordLevel({}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    # "removed" inverted: what matches the pattern is kept, what lies between (white space) is dropped.
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(WORD_PATTERN), behavior="removed", invert=True)
    trainer = trainers.BpeTrainer if is_bpe else trainers.WordLevelTrainer
    tokenizer.train_from_iterator(
        texts,
        trainer(
            vocab_size=settings.vocab_size,
            min_frequency=settings.min_frequency,
            special_tokens=_SPECIAL,
            show_progress=False,
        ),
    )
    return tokenizer
