"""What can be set about boosted trees, checked in one place, and its translation for LightGBM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from whet.data.encoders.table_settings import TableSettings
from whet.errors import ConfigError, did_you_mean

__all__ = ["BoostedSettings"]

_FEATURES = TableSettings(crosses=32)  # trees bear more columns than networks do
_FEATURE_NAMES = tuple(name for name in asdict(_FEATURES) if name != "number_transform")  # trees need no scale


@dataclass(frozen=True, kw_only=True)
class BoostedSettings:
    """Settings of "boosted_trees"; those of ``features`` are given by their own names beside the others.

    >>> chosen = BoostedSettings.from_mapping({"num_leaves": 15, "ratios": 8})
    >>> chosen.num_leaves, chosen.features.ratios
    (15, 8)
    """

    learning_rate: float = 0.05
    num_leaves: int = 31  # most leaves of one tree, at least 2
    min_leaf: int | None = None  # fewest rows in a leaf; None: 20, fewer below 1,000 rows
    column_fraction: float = 0.4  # columns that each tree may use, in (0, 1]
    row_fraction: float = 0.8  # rows that each tree sees, in (0, 1]
    l2: float = 0.0  # penalty on leaf values
    extra_trees: bool = False  # thresholds drawn at random: weaker alone, different in an ensemble
    features: TableSettings = _FEATURES  # what is made of the columns; trees need no ``number_transform``
    bags: int = 1  # models averaged, each with other draws and, without validation rows, another inner split
    rounds: int = 4000  # most trees
    patience: int = 100  # rounds without a better validation loss before it stops

    def __post_init__(self) -> None:
        rules = [
            ("learning_rate", 0 < self.learning_rate <= 1, "in (0, 1]"),
            ("num_leaves", self.num_leaves >= 2, "at least 2"),
            ("min_leaf", self.min_leaf is None or self.min_leaf >= 1, "at least 1, or None"),
            ("column_fraction", 0 < self.column_fraction <= 1, "in (0, 1]"),
            ("row_fraction", 0 < self.row_fraction <= 1, "in (0, 1]"),
            ("l2", self.l2 >= 0, "0 or more"),
            ("bags", self.bags >= 1, "at least 1"),
            ("rounds", self.rounds >= 1, "at least 1"),
            ("patience", self.patience >= 1, "at least 1"),
        ]
        faults = [f"boosted_trees.{n} must be {wanted}; got {getattr(self, n)!r}." for n, ok, wanted in rules if not ok]
        if faults:
            raise ConfigError(" ".join(faults))

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> Self:
        """The settings with defaults for what is not given; unknown names are a ConfigError."""
        known = [*(f.name for f in fields(cls) if f.name != "features"), *_FEATURE_NAMES]
        unknown = [key for key in settings if key not in known]
        if unknown:
            hints = " ".join(f"{key!r}: {did_you_mean(key, known)}" for key in unknown)
            raise ConfigError(f"boosted_trees has no setting {hints}")
        own = {name: value for name, value in settings.items() if name not in _FEATURE_NAMES}
        made = {name: value for name, value in settings.items() if name in _FEATURE_NAMES}
        return cls(**own, features=TableSettings.from_mapping({**asdict(_FEATURES), **made}))

    def parameters(self, *, num_rows: int, num_threads: int, seed: int) -> dict[str, Any]:
        """LightGBM's names; nothing it draws depends on the number of threads."""
        return {
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves,
            "min_data_in_leaf": self.min_leaf or min(20, max(2, num_rows // 50)),
            "feature_fraction": self.column_fraction,
            "bagging_fraction": self.row_fraction,
            "bagging_freq": int(self.row_fraction < 1),
            "lambda_l2": self.l2,
            "extra_trees": self.extra_trees,
            "seed": seed % 2**31,
            "num_threads": num_threads,
            "deterministic": True,
            "force_row_wise": True,
            "verbose": -1,
        }
