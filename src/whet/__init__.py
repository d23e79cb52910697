"""Whet sharpens deep-learning models: it finds what holds them back, tries remedies and proves which helped.

>>> import whet
>>> len(whet.__all__), "improve" in whet.__all__
(16, True)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whet.errors import WhetError

if TYPE_CHECKING:
    from whet.api import Audit, Run, advise, audit, compare, demo, evaluate, improve, load, open_run, pretrain, resume
    from whet.bundle.model import Model
    from whet.improving.options import Options

__all__ = [
    "Audit",
    "Model",
    "Options",
    "Run",
    "WhetError",
    "__version__",
    "advise",
    "audit",
    "compare",
    "demo",
    "evaluate",
    "improve",
    "load",
    "open_run",
    "pretrain",
    "resume",
]

__version__ = "0.1.0"

HOMES = {"Model": "whet.bundle.model", "Options": "whet.improving.options"}  # everything else lives in whet.api


def __getattr__(name: str) -> Any:
    """Import on first use, so that ``import whet`` costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'whet' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(HOMES.get(name, "whet.api")), name)
