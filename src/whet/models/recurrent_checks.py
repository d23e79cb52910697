"""Settings that the recurrent networks share, checked in one place and reported together."""

from __future__ import annotations

from collections.abc import Iterable

from whet.errors import ConfigError
from whet.models.recurrent import CELLS
from whet.models.recurrent_pooling import POOLINGS

__all__ = ["check_recurrent"]

Rule = tuple[str, object, bool, str]  # setting, value received, whether it holds, what is wanted


def check_recurrent(
    owner: str,
    *,
    cell: str,
    pooling: str,
    width: int,
    layers: int,
    bidirectional: bool,
    dropout: float,
    truncate: int | None,
    others: Iterable[Rule] = (),
) -> None:
    """One ConfigError with every fault."""
    rules: list[Rule] = [
        ("cell", cell, cell in CELLS, f"one of {', '.join(CELLS)}"),
        ("pooling", pooling, pooling in POOLINGS, f"one of {', '.join(POOLINGS)}"),
        ("width", width, width >= 1, "at least 1"),
        ("layers", layers, layers >= 1, "at least 1"),
        ("dropout", dropout, 0.0 <= dropout < 1.0, "in [0, 1)"),
        ("truncate", truncate, truncate is None or truncate >= 1, "at least 1 step, or None"),
        *others,
    ]
    faults = [f"{owner}.{name} must be {wanted}; got {value!r}." for name, value, holds, wanted in rules if not holds]
    if bidirectional and truncate is not None:
        faults.append(
            f"{owner}.truncate carries the state forward in time, which a backward direction cannot do; got truncate "
            f"{truncate!r} with bidirectional. Set bidirectional to False, or truncate to None."
        )
    if faults:
        raise ConfigError(" ".join(faults))
