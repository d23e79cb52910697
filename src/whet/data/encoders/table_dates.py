"""A date as numbers: the elapsed time, and where it stands in the year, the week and the day.

Cycles are given as sine and cosine, so that December is next to January. Parts that never change in the training rows
come out constant and cost nothing.
"""

from __future__ import annotations

import numpy as np

__all__ = ["DATE_PARTS", "date_numbers"]

DATE_PARTS = ("elapsed", "year", "month_sin", "month_cos", "weekday_sin", "weekday_cos", "hour_sin", "hour_cos")

_DAY = 86_400.0  # seconds


def date_numbers(seconds: np.ndarray) -> np.ndarray:
    """(N,) float64 seconds since 1970-01-01 UTC -> (N, 8) float64; a missing date is a row of NaN.

    >>> date_numbers(np.array([0.0]))[0, :2].tolist()  # days elapsed, year
    [0.0, 1970.0]
    """
    known = np.isfinite(seconds)
    filled = np.where(known, seconds, 0.0)
    days = filled / _DAY
    stamps = np.floor(filled).astype("datetime64[s]")
    year = stamps.astype("datetime64[Y]")
    # Where in the year, not which month: the 31st of January is nearer to February than the 1st is.
    in_year = (stamps - year.astype("datetime64[s]")).astype(np.float64) / (365.25 * _DAY)
    weekday = np.mod(np.floor(days) + 3.0, 7.0) / 7.0  # 1970-01-01 was a Thursday; Monday is 0
    hour = np.mod(days, 1.0)
    cycles = [wave(2.0 * np.pi * part) for part in (in_year, weekday, hour) for wave in (np.sin, np.cos)]
    parts = np.stack([days, year.astype(np.int64) + 1970.0, *cycles], axis=1)  # (N, 8)
    parts[~known] = np.nan
    return parts
