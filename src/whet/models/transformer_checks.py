"""Settings that the transformers share, checked in one place and reported together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from whet.errors import ConfigError
from whet.models.positions import POSITIONS
from whet.models.transformer_block import NORMS

__all__ = ["Rule", "check_transformer"]

Rule = tuple[str, object, bool, str]  # setting, value received, whether it holds, what is wanted


def check_transformer(
    owner: str,
    *,
    width: int,
    depth: int,
    heads: int,
    probabilities: Mapping[str, float],
    positions: str | None = None,
    known_positions: tuple[str, ...] = POSITIONS,
    norm: str = "pre",
    others: Iterable[Rule] = (),
) -> None:
    """One ConfigError with every fault; ``probabilities`` by the name of their setting."""
    rules: list[Rule] = [
        ("heads", heads, heads >= 1, "at least 1"),
        ("width", width, width >= 1 and width % max(heads, 1) == 0, f"positive and divisible by heads ({heads!r})"),
        ("depth", depth, depth >= 1, "at least 1"),
        *((name, value, 0.0 <= value < 1.0, "in [0, 1)") for name, value in probabilities.items()),
        ("norm", norm, norm in NORMS, f"one of {', '.join(NORMS)}"),
        *others,
    ]
    if positions is not None:
        rules.append(("positions", positions, positions in known_positions, f"one of {', '.join(known_positions)}"))
        is_even = positions != "rotary" or heads < 1 or (width // heads) % 2 == 0
        rules.append(("width", width, is_even, f"an even number per head for rotary positions ({heads!r} heads)"))
    faults = [f"{owner}.{name} must be {wanted}; got {value!r}." for name, value, holds, wanted in rules if not holds]
    if faults:
        raise ConfigError(" ".join(faults))
