"""The run folder: where everything is, created once, readable at any moment, resumable after a kill.

run.json         options, source, status, seconds spent
choices.json     numbers measured during the run that later steps depend on, so that a resumed run repeats them
ledger.sqlite    every row, see docs/ledger.md
cache/           decoded data, memory-mapped
trials/          one folder per finished training
checkpoints/     of the training that is running
model/           the best model so far, a bundle
model-fast/      one fast model that the ensemble taught, where there is an ensemble
summary.json     the result for other programs
report.json, report.html
"""

from __future__ import annotations

import json
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from whet.errors import RunError, WhetError
from whet.files import recover_folder, write_json
from whet.improving.options import Options

__all__ = ["RunFolder", "refuse_taken"]

MARK = "run.json"


def refuse_taken(path: Path) -> None:
    """Raise RunError where a new run cannot go because something is there."""
    if path.is_file():
        raise RunError(f"{path} is a file; choose a folder for --out.")
    if (path / MARK).exists():
        raise RunError(
            f"{path} already holds a run. Continue it with: whet improve --resume {path}, "
            "or choose another --out folder."
        )
    if path.is_dir() and any(path.iterdir()):
        raise RunError(f"{path} is not empty and holds no run; nothing was written. Choose another --out folder.")


class RunFolder:
    """Paths and small JSON files of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ledger = path / "ledger.sqlite"
        self.cache = path / "cache"
        self.trials = path / "trials"
        self.checkpoints = path / "checkpoints"
        self.model = path / "model"
        self.fast_model = path / "model-fast"
        self.summary = path / "summary.json"
        self.report_data = path / "report.json"
        self.report = path / "report.html"

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        source: str,
        resumable: bool,
        options: Options,
        command: str,
        facts: Mapping[str, Any] | None = None,
    ) -> Self:
        """Make a new run folder; an existing folder that holds anything is refused. ``facts``: more of run.json."""
        refuse_taken(path)
        folder = cls(path)
        try:
            for each in (path, folder.cache, folder.trials, folder.checkpoints):
                each.mkdir(parents=True, exist_ok=True)
            state = {"version": 1, "source": source, "resumable": resumable, "command": command, "status": "running"}
            state |= facts or {}
            write_json(path / MARK, {**state, "created": time.time(), "seconds": 0.0, "options": options.to_dict()})
        except OSError as fault:
            raise RunError(
                f"cannot write to {path}: {fault.strerror or fault}. Choose an --out folder that you may write to."
            ) from fault
        return folder

    @classmethod
    def open(cls, path: Path) -> Self:
        """An existing run."""
        if not (path / MARK).is_file():
            raise RunError(f"{path} holds no run: there is no {MARK} in it. Pass the folder given as --out.")
        folder = cls(path)
        recover_folder(folder.model)
        return folder

    @contextmanager
    def begun(self) -> Iterator[None]:
        """Run the block; input that turns out to be unusable leaves nothing behind."""
        try:
            yield
        except WhetError:
            self.discard_if_empty()
            raise

    def discard_if_empty(self) -> None:
        """Remove a folder in which no training has finished."""
        if not any(self.trials.iterdir()):
            shutil.rmtree(self.path, ignore_errors=True)
            if self.path.parent.name == "runs" and not any(self.path.parent.iterdir()):
                self.path.parent.rmdir()

    def state(self) -> dict[str, Any]:
        """The content of run.json."""
        try:
            content: dict[str, Any] = json.loads((self.path / MARK).read_text(encoding="utf-8"))
        except ValueError as fault:
            raise RunError(f"{self.path / MARK} is damaged ({fault}); the run cannot be read.") from fault
        return content

    def update(self, **changes: Any) -> None:
        """Change fields of run.json."""
        write_json(self.path / MARK, {**self.state(), **changes})

    def owner(self) -> str:
        """What this run is called where runs meet: made once, the same for ever."""
        state = self.state()
        if "owner" not in state:
            self.update(owner=uuid.uuid4().hex)
            state = self.state()
        return str(state["owner"])

    def remember(self, name: str, measure: Callable[[], Any]) -> Any:
        """The value chosen under ``name``: measured the first time, read back in a resumed run."""
        path = self.path / "choices.json"
        choices = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        if name not in choices:
            choices[name] = measure()
            write_json(path, choices)
        return choices[name]

    def options(self) -> Options:
        """What the user asked for."""
        return Options.from_dict(self.state()["options"])
