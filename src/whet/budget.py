"""How people write a duration or a size."""

from __future__ import annotations

import re
from collections.abc import Mapping

from whet.errors import ConfigError

__all__ = ["parse_budget", "parse_latency", "parse_size"]

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
SHORT_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
SIZES = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


def parse_budget(text: str | float) -> float:
    """Seconds from "90s", "5m", "1.5h", "1h30m" or a bare number of seconds.

    >>> parse_budget("5m"), parse_budget("1h30m"), parse_budget(20)
    (300.0, 5400.0, 20.0)
    """
    if isinstance(text, int | float):
        return float(text)
    cleaned = text.strip().lower().replace(" ", "")
    parts = re.findall(r"(\d+(?:\.\d+)?)([smh]?)", cleaned)
    if not parts or "".join(n + u for n, u in parts) != cleaned:
        raise ConfigError(f"budget {text!r} is not a duration. Write 90s, 5m, 1h30m or a number of seconds.")
    return float(sum(float(number) * UNITS[unit or "s"] for number, unit in parts))


def parse_latency(text: str | float) -> float:
    """Seconds from "5ms", "200us", "0.1s" or a number of seconds.

    >>> parse_latency("5ms"), parse_latency(0.25)
    (0.005, 0.25)
    """
    return _quantity(text, SHORT_UNITS, "latency", "5ms, 200us or 0.1s")


def parse_size(text: str | int) -> int:
    """Bytes from "5MB", "300kB", "2GiB" or a number of bytes.

    >>> parse_size("5MB"), parse_size("1KiB"), parse_size(100)
    (5000000, 1024, 100)
    """
    return int(_quantity(text, SIZES, "size", "5MB, 300kB or 2GiB"))


def _quantity(text: str | float, units: Mapping[str, float], what: str, examples: str) -> float:
    """A positive number with one of the units."""
    if isinstance(text, int | float):
        found, factor = float(text), 1.0
    else:
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([a-z]+)", text.strip().lower().replace(" ", ""))
        if match is None or match[2] not in units:
            raise ConfigError(f"{what} {text!r} cannot be read. Write {examples}.")
        found, factor = float(match[1]), units[match[2]]
    if not found > 0:
        raise ConfigError(f"{what} must be positive; got {text!r}. Write {examples}.")
    return round(found * factor, 12)
