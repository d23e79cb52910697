"""A date as numbers: the elapsed time, and where it stands in the year, the week and the day.

Cycles are given as sine and cosine, so that December is next to January. Parts that never change in the training rows
come out constant and cost nothing. Calendar parts are the plain ones of a calendar leaf: one cut finds the weekend.

Helps (calendar parts): effects of a weekday, an hour or a pay day that are no smooth wave. Hurts: little; short spans.
The days since the first training date are "elapsed" but for a constant, which every scale takes away.
"""

from __future__ import annotations

import numpy as np

__all__ = ["CALENDAR_PARTS", "DATE_PARTS", "calendar_numbers", "date_numbers"]

DATE_PARTS = ("elapsed", "year", "month_sin", "month_cos", "weekday_sin", "weekday_cos", "hour_sin", "hour_cos")
CALENDAR_PARTS = ("month", "day", "weekday", "hour", "is_weekend", "day_sin", "day_cos")

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


def calendar_numbers(seconds: np.ndarray) -> np.ndarray:
    """(N,) float64 seconds since 1970-01-01 UTC -> (N, 7) float64; a missing date is a row of NaN.

    Month 1 to 12, day 1 to 31, weekday 0 (Monday) to 6, hour 0 to 23, weekend 0 or 1, place in the month as a cycle.

    >>> calendar_numbers(np.array([0.0]))[0, :5].tolist()  # the first of January, a Thursday, midnight
    [1.0, 1.0, 3.0, 0.0, 0.0]
    """
    known = np.isfinite(seconds)
    filled = np.where(known, seconds, 0.0)
    day = np.floor(filled / _DAY)
    dates = day.astype(np.int64).astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    in_month = (dates - month.astype("datetime64[D]")).astype(np.float64)
    length = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.float64)
    weekday = np.mod(day + 3.0, 7.0)
    hour = np.floor(np.mod(filled, _DAY) / 3600.0)
    turn = 2.0 * np.pi * in_month / length  # the last day is next to the first of the following month
    plain = [np.mod(month.astype(np.int64), 12) + 1.0, in_month + 1.0, weekday, hour, weekday >= 5.0]
    parts = np.stack([*plain, np.sin(turn), np.cos(turn)], axis=1)  # (N, 7)
    parts[~known] = np.nan
    return parts
