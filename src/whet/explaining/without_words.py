"""The text with one word left out at a time; of a long text, several words in a row."""

from __future__ import annotations

import numpy as np

from whet.data.columns import TextColumn
from whet.data.kinds import Kind
from whet.explaining.method import Example
from whet.explaining.without import Without, changed, cut
from whet.explaining.words import pieces_of, word_spans

__all__ = ["without_words"]

MOST = 96  # texts to score


def without_words(example: Example) -> Without:
    """Weights are shared evenly by the words that were left out together."""
    alone = example.alone
    names = [c.name for c in alone.schema.of_kind(Kind.TEXT)]
    texts = {name: column.texts()[0] for name in names if isinstance(column := alone.columns[name], TextColumn)}
    pieces = [(name, piece) for name, text in texts.items() for piece in pieces_of(text, word_spans(text))]
    stretches = cut(len(pieces), most=MOST)
    kept = [[*pieces[:start], *pieces[end:]] for start, end in stretches]
    columns = {
        name: _text_column(["".join(piece for owner, piece in variant if owner == name) for variant in kept])
        for name in texts
    }
    repeated = alone.take(np.zeros(len(stretches), dtype=np.int64))
    lengths = np.array([end - start for start, end in stretches], dtype=np.int64)
    return Without(
        variants=changed(repeated, {**repeated.columns, **columns}, purpose="without words"),
        spread=lambda weights: np.repeat(weights / lengths, lengths),
    )


def _text_column(texts: list[str]) -> TextColumn:
    encoded = [text.encode() for text in texts]
    offsets = np.concatenate([[0], np.cumsum([len(text) for text in encoded])]).astype(np.int64)
    return TextColumn(np.frombuffer(b"".join(encoded), dtype=np.uint8), offsets, np.arange(len(texts)))
