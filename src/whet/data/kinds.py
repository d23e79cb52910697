"""The kinds of column and the modalities that a set of columns adds up to."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Kind", "Modality"]


class Kind(StrEnum):
    """What one column holds."""

    IMAGE = "image"
    TEXT = "text"
    NUMBER = "number"
    CATEGORY = "category"
    DATE = "date"
    SERIES = "series"
    AUDIO = "audio"
    IGNORED = "ignored"  # constant, all missing or id-like: kept out of the model, and said so


class Modality(StrEnum):
    """What the examples are, seen whole; it decides encoder, baselines and default architecture."""

    IMAGE = "image"
    TEXT = "text"
    TABLE = "table"
    SERIES = "series"
    AUDIO = "audio"
