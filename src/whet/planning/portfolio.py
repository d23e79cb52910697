"""What changes were worth on other data, measured beforehand: numbers with their provenance, no data and no weights.

``python -m benchmarks portfolio`` measures and writes ``portfolio.json``. The idea of a portfolio chosen on other data
is that of TabRepo (Salinas and Erickson, arXiv 2311.02971); here it sets expectations, and the run's own evidence
changes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from whet.errors import ConfigError

__all__ = ["ARCHITECTURE", "Look", "Portfolio", "Seen", "load_portfolio"]

VERSION = 1
ARCHITECTURE = "architecture"  # stands for a remedy in the rows of other architectures


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One change on one data set."""

    remedy: str
    change: str
    data: str
    modality: str
    found: bool  # was a symptom that the remedy treats found there
    gain: float  # points of a hundred, mean over paired repeats
    cost: float  # training time relative to the default recipe's


@dataclass(frozen=True, kw_only=True)
class Look:
    """How well cheap looks of one fidelity told the gains of full trainings."""

    by_loss: Mapping[str, float]  # data set -> Spearman's correlation of the loss gained with the points gained in full
    by_metric: Mapping[str, float]  # the same of the points gained
    slope: float  # points in full per unit of ``fine_loss.loss_gain``
    noise: float  # points: spread of the gains in full around that


@dataclass(frozen=True, kw_only=True)
class Portfolio:
    """Every change on every data set, and how well cheap looks ranked the changes of each data set."""

    seen: tuple[Seen, ...]
    looks: Mapping[str, Look]  # by the fidelity's name
    provenance: Mapping[str, Any]

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Portfolio:
        """Read what ``learning.portfolio_of`` made."""
        if plain.get("version") != VERSION:
            raise ConfigError(f"portfolio version {plain.get('version')!r} is not known; this Whet reads {VERSION}.")
        return cls(
            seen=tuple(Seen(**row) for row in plain["seen"]),
            looks={name: Look(**look) for name, look in plain["looks"].items()},
            provenance=plain["provenance"],
        )

    def of(self, remedy: str) -> tuple[Seen, ...]:
        """What is known about one remedy."""
        return tuple(row for row in self.seen if row.remedy == remedy)


@cache
def load_portfolio() -> Portfolio:
    """The one that comes with Whet."""
    text = files("whet.planning").joinpath("portfolio.json").read_text(encoding="utf-8")
    return Portfolio.from_dict(json.loads(text))
