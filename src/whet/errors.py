"""What can go wrong, named: one root, and each error also inherits the closest built-in.

A message says what is wrong, where, the value received and what to do. The command line turns any
``WhetError`` into one clear message and exit code 2; anything else is a defect of Whet.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "BackboneError",
    "BundleError",
    "CannotJudgeError",
    "ConfigError",
    "DataError",
    "HubError",
    "LabelError",
    "MissingExtraError",
    "RunError",
    "SealedTestError",
    "ShapeError",
    "TrainingFailedError",
    "WhetError",
    "did_you_mean",
]


class WhetError(Exception):
    """Root of every error that Whet raises on purpose."""


class DataError(WhetError, ValueError):
    """The data cannot be used as they are."""


class LabelError(DataError):
    """A target value or the set of target values cannot be used."""


class ConfigError(WhetError, ValueError):
    """A setting is out of range, unknown or contradicts another."""


class ShapeError(WhetError, ValueError):
    """A tensor does not have the shape that the receiver declares."""


class BundleError(WhetError, ValueError):
    """A saved model is incomplete, altered or of an unknown version."""


class CannotJudgeError(WhetError, LookupError):
    """A check or rule applies but cannot say anything; the reason, for people: "needs 200 examples; there are 31"."""


class BackboneError(WhetError, ValueError):
    """A pretrained source cannot be found, opened or used here."""


class HubError(BackboneError, ConnectionError):
    """A pretrained source would have to be downloaded, and its hub does not answer; runs go on without it."""


class RunError(WhetError, RuntimeError):
    """A run folder cannot be created, read or resumed."""


class SealedTestError(WhetError, PermissionError):
    """Something tried to read the sealed test examples without opening them in the ledger."""


class MissingExtraError(WhetError, ImportError):
    """An optional package is needed; the message names the extra to install."""


class TrainingFailedError(WhetError, RuntimeError):
    """A training diverged, ran out of memory or crashed; ``cause`` is what the ledger records."""

    def __init__(self, message: str, *, cause: str) -> None:
        super().__init__(message)
        self.cause = cause


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A closing sentence that names the nearest known word, or lists all of them.

    >>> did_you_mean("lable", ["label", "text"])
    "Did you mean 'label'?"
    >>> did_you_mean("zzz", ["label", "text"])
    "Known: 'label', 'text'."
    """
    options = list(known)
    close = difflib.get_close_matches(name, options, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    shown = ", ".join(repr(o) for o in options[:12])
    return f"Known: {shown}{', ...' if len(options) > 12 else ''}." if options else "Nothing is known here."
