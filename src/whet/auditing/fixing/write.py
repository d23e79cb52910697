"""A cleaned copy beside the original: the data, changes.csv with everything done, review.csv with what waits.

It is whole or absent: written under a temporary name next to its place, then renamed. The original is only read.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from whet.auditing.audit import Audit
from whet.auditing.fixing.change import write_changes
from whet.auditing.fixing.copying import check_form, copy_data
from whet.auditing.fixing.deciding import Labels, decide
from whet.auditing.fixing.listing import changes_of
from whet.auditing.fixing.plan import merged
from whet.auditing.inspection import Inspection
from whet.auditing.review import read_review, write_review
from whet.data.sources.reader import local_path
from whet.errors import ConfigError, RunError
from whet.report.amounts import count

__all__ = ["Cleaned", "CleanedCopy"]


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """What was written; ``num_in`` is ``num_out`` and ``num_left_out`` together."""

    folder: Path
    data: Path  # what to give to ``whet improve``
    num_in: int  # rows or files of the source
    num_out: int
    num_left_out: int
    num_changed: int  # cells
    columns_left_out: tuple[str, ...]
    num_waiting: int  # lines of review.csv without a decision

    @property
    def statement(self) -> str:
        """In words, for people."""
        columns = f", {count(len(self.columns_left_out), 'column')} left out" if self.columns_left_out else ""
        waiting = f"{count(self.num_waiting, 'line')} in review.csv wait for your decision" if self.num_waiting else ""
        return (
            f"cleaned copy: {self.data} ({self.num_out:,} of {self.num_in:,} rows, "
            f"{count(self.num_changed, 'cell')} changed{columns}); changes.csv lists all"
            + f"; {waiting}"
            * bool(waiting)
        )


class CleanedCopy:
    """Checks the wishes at once, so that a long audit does not end in a refusal, and writes when it is over.

    Args:
        folder: new or empty, and not inside the source.
        labels: suspected labels that no person decided on: "review", "drop" or "relabel".
        review: an edited review.csv.
    Raises:
        RunError: the folder cannot be used.
        ConfigError, DataError: ``labels`` is unknown, the list cannot be read, or the form of source cannot be written.
    """

    def __init__(
        self, source: object, folder: Path, *, labels: str = "review", review: str | Path | None = None
    ) -> None:
        if labels not in get_args(Labels):
            raise ConfigError(f"labels must be one of {get_args(Labels)}; got {labels!r}.")
        check_form(source)
        self.source = source
        self.folder = folder
        self.labels: Labels = labels  # type: ignore[assignment]  # checked above
        self.review_name = "" if review is None else Path(review).name
        self.reviewed = () if review is None else read_review(Path(review))
        _check_place(source, folder)

    def write(self, audit: Audit, inspection: Inspection) -> Cleaned:
        """The copy for the findings of this audit."""
        raw, schema = inspection.train.raw, inspection.data.schema
        wishes, lines = decide(audit, inspection, self.labels, self.reviewed, self.review_name)
        problems = [p for p in inspection.data.problems if not p.kept]
        unreadable = [p.row for p in problems if p.row is not None]
        plan = merged(raw, wishes, target=schema.target, unreadable=unreadable)
        _check_place(self.source, self.folder)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=self.folder.parent, prefix=f".{self.folder.name}."))
        try:
            place, more = copy_data(self.source, raw, schema, plan, fresh)
            write_changes(fresh / "changes.csv", [*changes_of(plan, raw, problems), *more])
            write_review(fresh / "review.csv", lines)
            fresh.chmod(0o755)
            if self.folder.exists():
                self.folder.rmdir()  # empty; anything written into it meanwhile makes this fail
            fresh.rename(self.folder)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        num_out = int(plan.keeps(raw.row_numbers).sum())
        num_in = raw.num_rows + sum(not p.kept for p in raw.problems)
        return Cleaned(
            folder=self.folder,
            data=self.folder / place.relative_to(fresh),
            num_in=num_in,
            num_out=num_out,
            num_left_out=num_in - num_out,
            num_changed=sum(len(wanted) for wanted in plan.cells.values()),
            columns_left_out=tuple(plan.columns),
            num_waiting=sum(not line.decision for line in lines),
        )


def _check_place(source: object, folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunError(f"{folder} exists and is not an empty folder; nothing was written. Choose a new --fix folder.")
    path = local_path(source)
    if path is not None and path.is_dir():
        inside, whole = folder.resolve(), path.resolve()
        if inside == whole or whole in inside.parents:
            raise RunError(f"{folder} lies inside the source {path}; choose a --fix folder outside it.")
