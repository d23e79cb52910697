"""Reads what a plug-in's module docstring says about it: its first sentence, and what it helps, hurts and comes from.

The docstring is the one place where this is written; the catalogue only shows it.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass

__all__ = ["LABELS", "About", "about"]

LABELS = ("helps", "hurts", "source", "differs")
MARK = re.compile(r"(?:(?<=^)|(?<=[\s;.]))(Helps|Hurts|Sources?|Differs)[:,]\s", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class About:
    """Plain sentences; an empty one is not stated."""

    what: str
    helps: str = ""
    hurts: str = ""
    source: str = ""
    differs: str = ""

    def missing(self) -> list[str]:
        """Which of the labels that every plug-in should have are not stated; "differs" is only for deviations."""
        return [label for label in LABELS[:3] if not getattr(self, label)]


def about(plug_in: type) -> About:
    """What the docstring of the module in which ``plug_in`` is written says."""
    module = inspect.getmodule(plug_in)
    return read((module.__doc__ if module is not None else None) or "")


def read(docstring: str) -> About:
    """The labelled parts of a docstring, each up to the next label or an empty line.

    >>> read("A net: small.\\n\\nHelps: few examples; hurts: speed.\\nSource: Doe, 2020. Differs: smaller.")
    About(what='A net: small.', helps='few examples', hurts='speed.', source='Doe, 2020.', differs='smaller.')
    """
    text = inspect.cleandoc(docstring)
    marks = list(MARK.finditer(text))
    what = " ".join(text[: marks[0].start() if marks else len(text)].split("\n\n")[0].split())
    parts: dict[str, str] = {}
    for mark, following in zip(marks, [*marks[1:], None]):
        body = text[mark.end() : following.start() if following else len(text)].split("\n\n")[0]
        body = re.split(r"(?<=\.)\n(?=\S)", body)[
            0
        ]  # a sentence that ends a line ends the part; what follows is free text
        label = mark.group(1).lower().removesuffix("s") if mark.group(1).lower() == "sources" else mark.group(1).lower()
        parts.setdefault(label, " ".join(body.split()).rstrip(";").strip())
    return About(what=what, **parts)
