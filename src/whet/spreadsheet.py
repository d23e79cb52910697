"""Tables for spreadsheets: a cell that a spreadsheet would run as a formula is written so that it stays a text.

A label such as ``=HYPERLINK(...)`` in somebody's data would otherwise run when the predictions are opened.
Source: OWASP, "CSV Injection", and Application Security Verification Standard 4.0, requirement 5.3.10. Differs: plain
numbers such as -5 are left alone, so that other programs read them as before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["safe_cell", "to_csv"]

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")
_PLAIN_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def safe_cell(text: str) -> str:
    """``text``, after an apostrophe where a spreadsheet would take it for a formula; numbers stay as they are.

    >>> [safe_cell(t) for t in ("=1+1", "-5", "+1e3", "-5 apples", "@cmd", "plain", "")]
    ["'=1+1", '-5', '+1e3', "'-5 apples", "'@cmd", 'plain', '']
    """
    is_formula = text.startswith(_STARTS_FORMULA) and _PLAIN_NUMBER.fullmatch(text) is None
    return "'" + text if is_formula else text


def to_csv(frame: pd.DataFrame) -> str:
    """The frame as CSV without its index; header and texts are safe to open, numbers keep every digit."""
    safe = frame.rename(columns=lambda name: safe_cell(name) if isinstance(name, str) else name)
    for number in range(safe.shape[1]):
        column = safe.iloc[:, number]
        if column.dtype.kind not in "biufM":
            cells = [safe_cell(cell) if isinstance(cell, str) else cell for cell in column]
            safe.isetitem(number, cells)
    text: str = safe.to_csv(index=False)
    return text
