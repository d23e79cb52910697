"""What each check looks for, as its module says it, and its settings."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import whet.auditing.checks  # noqa: F401  (registers them)
from whet.auditing.check import checks

__all__ = ["Described", "described", "described_all"]

FIXED = ("title", "effort")  # fields that are no thresholds


@dataclass(frozen=True, kw_only=True)
class Described:
    """One check for people."""

    name: str
    title: str
    about: str  # the docstring of its module
    settings: Mapping[str, Any]  # with their defaults

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def described(name: str) -> Described:
    """One check by its registered name."""
    check: Any = checks[name]
    module = inspect.getmodule(type(check))
    return Described(
        name=name,
        title=check.title,
        about=inspect.getdoc(module) or "",
        settings={f.name: getattr(check, f.name) for f in fields(check) if f.name not in FIXED},
    )


def described_all() -> tuple[Described, ...]:
    """Every check that comes with Whet."""
    return tuple(described(name) for name in checks)
