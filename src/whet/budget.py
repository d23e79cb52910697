"""How people write a duration."""

from __future__ import annotations

import re

from whet.errors import ConfigError

__all__ = ["parse_budget"]

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


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
