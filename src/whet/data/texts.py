"""The text of each example, and how it falls into words: shared by the text encoder and the linear text models."""

from __future__ import annotations

import re

import numpy as np

from whet.data.columns import TextColumn
from whet.data.dataset import Dataset
from whet.data.kinds import Kind
from whet.errors import DataError

__all__ = ["END", "START", "WORD_PATTERN", "joined_texts", "split_words"]

# Markers let a bigram say "first word is 'who'"; no word can equal them, since "<" is a word of its own.
START, END = "<s>", "</s>"

# Words keep inner apostrophes ("don't", "n't"); every mark is a word, since "?" and "!" carry meaning.
WORD_PATTERN = r"\w+(?:['’]\w+)*|['’]\w+|[^\w\s]"
_WORD = re.compile(WORD_PATTERN)


def split_words(text: str) -> list[str]:
    """Lower-case words and marks, between a start and an end marker.

    >>> split_words("Who wasn't there ?")
    ['<s>', 'who', "wasn't", 'there', '?', '</s>']
    >>> split_words("")
    ['<s>', '</s>']
    """
    return [START, *_WORD.findall(text.lower()), END]


def joined_texts(dataset: Dataset, index: np.ndarray | slice = slice(None)) -> list[str]:
    """The texts of the examples at ``index``; several text columns are joined by a line break in schema order."""
    columns = [dataset.columns[c.name] for c in dataset.schema.of_kind(Kind.TEXT)]
    texts = [column.texts(index) for column in columns if isinstance(column, TextColumn)]
    if not texts:
        raise DataError(
            f"{dataset.origin} has no text column to read; its columns are "
            f"{', '.join(f'{c.name!r} ({c.kind})' for c in dataset.schema.features) or 'none'}. "
            "Declare one with `types={'<column>': 'text'}`."
        )
    return texts[0] if len(texts) == 1 else ["\n".join(parts) for parts in zip(*texts, strict=True)]
