"""Check the settings of the linear text estimators: known names, numbers in range, every fault at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whet.errors import ConfigError, did_you_mean

__all__ = ["read_settings"]

_WHOLE = ("word_ngrams", "characters")


def read_settings(name: str, defaults: Mapping[str, float], given: Mapping[str, Any]) -> dict[str, float]:
    """``defaults`` with what is ``given``; all of them are positive numbers, and counts are whole.

    >>> read_settings("tfidf_linear", {"C": 10.0}, {"C": -1})
    Traceback (most recent call last):
    whet.errors.ConfigError: tfidf_linear.C must be a positive number; got -1.
    """
    faults = [f"{name} has no setting {key!r}. {did_you_mean(key, defaults)}" for key in given if key not in defaults]
    chosen = {**defaults, **{key: value for key, value in given.items() if key in defaults}}
    for key, value in chosen.items():
        kinds = int if key in _WHOLE else int | float
        if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value < float("inf"):
            wanted = "a whole number from 1 on" if key in _WHOLE else "a positive number"
            faults.append(f"{name}.{key} must be {wanted}; got {value!r}.")
    if faults:
        raise ConfigError(" ".join(faults))
    return chosen
