"""Where scripts are collected: ``@faulty`` and ``@healthy`` register a named function that builds one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch

from benchmarks.clinic.script import Script

SeenBy = Literal["diagnose", "watch"]
SEED = 20  # of the author's torch.manual_seed


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One script. A faulty one knows its clean twin: ``make(False)`` is the same file without the mistake."""

    name: str
    what: str  # docstring: what is wrong, or why it looks odd
    family: str  # the file it stands in
    make: Callable[[bool], Script]
    truth: frozenset[str] = frozenset()  # rules that name the cause; empty: healthy
    seen_by: SeenBy = "diagnose"
    held: bool = False  # held back: no rule was tuned on it
    latent: str = ""  # "speed" or "honesty": what suffers, where it is not the score
    curable: bool = True  # False: no change of the script's parts mends it, other data are needed

    def build(self, *, broken: bool = True, seed: int = SEED) -> Script:
        """The script, its weights drawn from ``seed`` as the author's seed would."""
        torch.manual_seed(seed)
        return self.make(broken)


ENTRIES: dict[str, Entry] = {}


def faulty(
    *truth: str, seen_by: SeenBy = "diagnose", held: bool = False, latent: str = "", curable: bool = True
) -> Callable[[Callable[[bool], Script]], Callable[[bool], Script]]:
    """Register ``make(broken)``; any of ``truth`` (first the usual name) counts as naming the cause."""

    def register(make: Callable[[bool], Script]) -> Callable[[bool], Script]:
        settings = {"seen_by": seen_by, "held": held, "latent": latent, "curable": curable}
        _add(make, Entry(**_common(make), make=make, truth=frozenset(truth), **settings))
        return make

    return register


def healthy(
    *, seen_by: SeenBy = "diagnose", held: bool = False
) -> Callable[[Callable[[], Script]], Callable[[], Script]]:
    """Register ``make()``, with which nothing is wrong."""

    def register(make: Callable[[], Script]) -> Callable[[], Script]:
        _add(make, Entry(**_common(make), make=lambda broken: make(), seen_by=seen_by, held=held))
        return make

    return register


def _common(make: Callable[..., Script]) -> dict[str, str]:
    return {"name": make.__name__, "what": make.__doc__ or "", "family": make.__module__.rsplit(".", 1)[1]}


def _add(make: Callable[..., Script], entry: Entry) -> None:
    if entry.name in ENTRIES:
        raise ValueError(f"two scripts are called {entry.name}")
    ENTRIES[entry.name] = entry


def entries() -> dict[str, Entry]:
    """All scripts, imported on first use."""
    for room in ("faulty", "healthy"):
        package = importlib.import_module(f"benchmarks.clinic.{room}")
        for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
            importlib.import_module(f"benchmarks.clinic.{room}.{module}")
    return ENTRIES
