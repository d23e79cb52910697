"""A run folder as its user sees it: the model, the ledger, the summary, the page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.errors import RunError
from whet.improving.folder import RunFolder
from whet.improving.options import Options
from whet.training.interrupted import Interrupted

if TYPE_CHECKING:
    import pandas as pd

    from whet.bundle.model import Model
    from whet.ledger.records import Ledger

__all__ = ["Run", "read_first", "source_facts"]


@dataclass(frozen=True)
class Run:
    """A run folder, finished or not."""

    path: Path

    @cached_property
    def summary(self) -> dict[str, Any]:
        """RUN/summary.json; see docs/contracts.md."""
        file = self.path / "summary.json"
        if not file.is_file():
            raise RunError(f"{self.path} has no summary yet: the run has not ended. Continue it with whet.resume.")
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return content

    @cached_property
    def model(self) -> Model:
        """The best model so far."""
        from whet.bundle.load import load_model

        return load_model(self.path)

    @property
    def ledger(self) -> pd.DataFrame:
        """One row per thing tried; columns in docs/ledger.md."""
        return _ledger(self.path).frame()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The ledger as plain values."""
        return _ledger(self.path).rows()

    @property
    def report(self) -> Path:
        """Where the page is."""
        return self.path / "report.html"


def source_facts(source: object) -> dict[str, Any]:
    """What run.json keeps of where the data came from; only a path can be read again by a resumed run."""
    from whet.data.sources import describe_source

    is_path = isinstance(source, str | Path)
    return {"source": str(source) if is_path else describe_source(source), "resumable": is_path}


def read_first(source: object, options: Options) -> object:
    """What ``source`` holds: read before the rest is imported, so that a mistyped name is refused at once.

    The source itself where memory is limited: then it is read under the limit.
    """
    if options.memory is not None:
        return source
    from whet.data.load import read_raw

    try:
        return read_raw(source, target=options.target, task=options.task)
    except Interrupted:  # whose message tells how a run is continued
        raise Interrupted("stopped while the data were read; there is no run yet, and nothing was written.") from None


def _ledger(path: Path) -> Ledger:
    from whet.ledger.records import Ledger

    return Ledger(RunFolder.open(path).ledger, read_only=True)
