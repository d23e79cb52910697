"""Whet sharpens deep-learning models: it finds what holds them back, tries remedies and proves which helped.

>>> import whet
>>> len(whet.__all__), "improve" in whet.__all__
(20, True)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whet.errors import WhetError

if TYPE_CHECKING:
    from whet.api import demo, evaluate, load, open_run, resume
    from whet.auditing.api import audit
    from whet.auditing.audit import Audit
    from whet.bundle.model import Model
    from whet.comparing.api import advise, compare
    from whet.diagnosis.api import diagnose, watch
    from whet.diagnosis.diagnosis import Diagnosis
    from whet.improving.api import improve
    from whet.improving.options import Options
    from whet.improving.run import Run
    from whet.pretraining.api import pretrain
    from whet.tuning.api import tune

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

# everything else lives in whet.api; each verb needs only its own room, which is quicker to import than all
HOMES = {
    "Audit": "whet.auditing.audit",
    "Diagnosis": "whet.diagnosis.diagnosis",
    "Model": "whet.bundle.model",
    "Options": "whet.improving.options",
    "Run": "whet.improving.run",
    "advise": "whet.comparing.api",
    "audit": "whet.auditing.api",
    "compare": "whet.comparing.api",
    "diagnose": "whet.diagnosis.api",
    "improve": "whet.improving.api",
    "pretrain": "whet.pretraining.api",
    "tune": "whet.tuning.api",
    "watch": "whet.diagnosis.api",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that ``import whet`` costs nothing: verbs and classes, and rooms by their names."""
    import importlib

    if name in __all__:
        return getattr(importlib.import_module(HOMES.get(name, "whet.api")), name)
    if not name.startswith("_"):
        try:
            return importlib.import_module(f"whet.{name}")
        except ModuleNotFoundError as fault:
            if fault.name != f"whet.{name}":
                raise
    raise AttributeError(f"module 'whet' has no attribute {name!r}")
