"""What can be set about the table encoder, checked in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Self

from whet.data.encoders.table_mends import Mends, require_mends
from whet.errors import ConfigError, did_you_mean

__all__ = ["TableSettings"]

_TRANSFORMS = ("quantile", "standard", "robust_clip")
_DATE_PARTS = ("cycles", "calendar")
_INDICATORS = ("numbers", "all")


@dataclass(frozen=True, kw_only=True)
class TableSettings:
    """Settings of the "table" encoder.

    >>> TableSettings.from_mapping({"rare": 5}).rare
    5
    """

    number_transform: Literal["quantile", "standard", "robust_clip"] = "quantile"
    rare: int = 10  # category values seen fewer times than this in training share one id
    max_values: int = 512  # most ids that one category column gets; rarer values share one id
    text_components: int = 16  # numbers made of each text column; 0 leaves text columns out
    crosses: int = 24  # numbers made of pairs of columns that matter together (see table_crosses); 0: none
    ratios: int = 0  # products, differences and ratios of two numbers (see table_pairs), at most so many; 0: none
    date_parts: Literal["cycles", "calendar"] = "cycles"  # calendar: month, day, weekday, hour and weekend beside them
    missing_indicators: Literal["numbers", "all"] = "numbers"  # all: of categories and texts too, and their count
    target_encoding: float = 0.0  # categories as smoothed means of the target; rows' worth of smoothing; 0: off
    target_pairs: int = 0  # pairs of categories encoded in that way together, at most so many
    text_ngrams: int = 0  # numbers made of each text's word pairs, and as many of its character pieces; 0: none
    mends: Mends = field(default_factory=dict)  # by column, what is put right in it first (see table_mends)

    def __post_init__(self) -> None:
        rules = [
            ("number_transform", self.number_transform in _TRANSFORMS, f"one of {', '.join(_TRANSFORMS)}"),
            ("rare", self.rare >= 1, "at least 1"),
            ("max_values", self.max_values >= 2, "at least 2"),
            ("text_components", self.text_components >= 0, "0 or more"),
            ("crosses", self.crosses >= 0, "0 or more"),
            ("ratios", self.ratios >= 0, "0 or more"),
            ("date_parts", self.date_parts in _DATE_PARTS, f"one of {', '.join(_DATE_PARTS)}"),
            ("missing_indicators", self.missing_indicators in _INDICATORS, f"one of {', '.join(_INDICATORS)}"),
            ("target_encoding", self.target_encoding >= 0, "0 or more"),
            ("target_pairs", self.target_pairs >= 0, "0 or more"),
            ("target_pairs", not self.target_pairs or self.target_encoding > 0, "0 while target_encoding is 0"),
            ("text_ngrams", self.text_ngrams >= 0, "0 or more"),
        ]
        faults = [f"TableSettings.{n} must be {wanted}; got {getattr(self, n)!r}." for n, ok, wanted in rules if not ok]
        if faults:
            raise ConfigError(" ".join(faults))
        require_mends(self.mends)

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> Self:
        """The settings with defaults for what is not given; unknown names are a ConfigError."""
        known = [f.name for f in fields(cls)]
        unknown = [key for key in settings if key not in known]
        if unknown:
            hints = " ".join(f"{key!r}: {did_you_mean(key, known)}" for key in unknown)
            raise ConfigError(f"the table encoder has no setting {hints}")
        return cls(**settings)
