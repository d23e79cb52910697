"""How people write an amount of memory, and how they read one."""

from __future__ import annotations

import re

from whet.errors import ConfigError

__all__ = ["parse_memory", "say_memory"]

UNITS = {"": 1.0, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KIB": 2.0**10, "MIB": 2.0**20, "GIB": 2.0**30}
SHORT = {"K": "KB", "M": "MB", "G": "GB", "T": "TB"}


def parse_memory(text: str | float) -> int:
    """Bytes from "4GB", "800MB", "1.5g", "2GiB" or a bare number of bytes.

    >>> parse_memory("4GB"), parse_memory("1.5g"), parse_memory("1GiB"), parse_memory(5e8)
    (4000000000, 1500000000, 1073741824, 500000000)
    """
    if isinstance(text, int | float):
        return int(text)
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Z]*)", text.strip().upper().replace(" ", ""))
    unit = "" if found is None else SHORT.get(found[2], found[2])
    if found is None or unit not in UNITS:
        raise ConfigError(f"memory {text!r} is not an amount. Write 4GB, 800MB or a number of bytes.")
    return int(float(found[1]) * UNITS[unit])


def say_memory(size_bytes: float) -> str:
    """With a unit that suits it.

    >>> say_memory(4e9), say_memory(812_000_000)
    ('4.0 GB', '812 MB')
    """
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"
