"""Optional packages, imported where they are needed; the message names the extra to install."""

from __future__ import annotations

import importlib
from typing import Any

from whet.errors import MissingExtraError

__all__ = ["import_extra"]


def import_extra(module: str, *, extra: str, why: str) -> Any:
    """The module; ``why`` says what needs it.

    >>> import_extra("no_such_module", extra="hf", why="a test")
    Traceback (most recent call last):
    whet.errors.MissingExtraError: a test needs the package 'no_such_module': pip install "whet[hf]".
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as fault:
        missing = fault.name or module
        raise MissingExtraError(f'{why} needs the package {missing!r}: pip install "whet[{extra}]".') from fault
