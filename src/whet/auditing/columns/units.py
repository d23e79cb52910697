"""Units that people write behind numbers, and how many of the base unit of their dimension each is."""

from __future__ import annotations

__all__ = ["UNITS", "factor_between"]

UNITS: dict[str, tuple[str, float]] = {
    **{u: ("length", f) for u, f in (("mm", 1e-3), ("cm", 1e-2), ("m", 1.0), ("km", 1e3), ("mi", 1609.344))},
    **{u: ("length", f) for u, f in (("mile", 1609.344), ("miles", 1609.344), ("yd", 0.9144), ("feet", 0.3048))},
    **{u: ("length", f) for u, f in (("ft", 0.3048), ("'", 0.3048), ("in", 0.0254), ("inch", 0.0254), ('"', 0.0254))},
    **{u: ("mass", f) for u, f in (("mg", 1e-6), ("g", 1e-3), ("kg", 1.0), ("t", 1e3), ("lb", 0.45359237))},
    **{u: ("mass", f) for u, f in (("lbs", 0.45359237), ("oz", 0.028349523), ("st", 6.35029318))},
    **{u: ("time", f) for u, f in (("ms", 1e-3), ("s", 1.0), ("sec", 1.0), ("min", 60.0), ("mins", 60.0))},
    **{
        u: ("time", f)
        for u, f in (("h", 3600.0), ("hr", 3600.0), ("hrs", 3600.0), ("hours", 3600.0), ("days", 86400.0))
    },
    **{u: ("volume", f) for u, f in (("ml", 1e-3), ("cl", 1e-2), ("dl", 0.1), ("l", 1.0), ("gal", 3.785411784))},
    **{u: ("bytes", f) for u, f in (("kb", 1e3), ("mb", 1e6), ("gb", 1e9), ("tb", 1e12))},
    **{u: ("frequency", f) for u, f in (("hz", 1.0), ("khz", 1e3), ("mhz", 1e6), ("ghz", 1e9))},
    **{u: ("power", f) for u, f in (("w", 1.0), ("kw", 1e3), ("mw", 1e6))},
    **{u: ("speed", f) for u, f in (("km/h", 1.0), ("kmh", 1.0), ("kph", 1.0), ("mph", 1.609344), ("m/s", 3.6))},
    **dict.fromkeys(("°c", "c"), ("celsius", 1.0)),  # no factor leads from one to the other
    **dict.fromkeys(("°f", "f"), ("fahrenheit", 1.0)),
    **{u: ("thousands", f) for u, f in (("k", 1e3),)},
}


def factor_between(unit: str, other: str) -> float | None:
    """By which a number of ``unit`` is multiplied to be one of ``other``; None where no factor does it.

    >>> factor_between("m", "cm"), factor_between("kg", "cm")
    (100.0, None)
    """
    if unit not in UNITS or other not in UNITS or UNITS[unit][0] != UNITS[other][0]:
        return None
    return UNITS[unit][1] / UNITS[other][1]
