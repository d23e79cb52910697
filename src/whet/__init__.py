"""Whet sharpens deep-learning models: it finds what holds them back, tries remedies and proves which helped.

>>> import whet
>>> len(whet.__all__), "improve" in whet.__all__
(20, True)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whet.errors import WhetError

if TYPE_CHECKING:
    from whet.api import (
        Audit,
        Diagnosis,
        Run,
        advise,
        audit,
        compare,
        demo,
        diagnose,
        evaluate,
        improve,
        load,
        open_run,
        pretrain,
        resume,
        tune,
        watch,
    )
    from whet.bundle.model import Model
    from whet.improving.options import Options

__all__ = [
    "Audit",
    "Diagnosis",
    "Model",
    "Options",
    "Run",
    "WhetError",
    "__version__",
    "advise",
    "audit",
    "compare",
    "demo",
    "diagnose",
    "evaluate",
    "improve",
    "load",
    "open_run",
    "pretrain",
    "resume",
    "tune",
    "watch",
]

__version__ = "0.1.0"

# everything else lives in whet.api; a diagnosis needs only its own room, which is quicker to import
HOMES = {
    "Diagnosis": "whet.diagnosis.diagnosis",
    "Model": "whet.bundle.model",
    "Options": "whet.improving.options",
    "diagnose": "whet.diagnosis.api",
    "watch": "whet.diagnosis.api",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that ``import whet`` costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'whet' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(HOMES.get(name, "whet.api")), name)
