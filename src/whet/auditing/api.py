"""The verb of this room, as ``whet`` offers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.auditing.stopwatch import Stopwatch
from whet.auditing.watching import Silent, Watcher
from whet.budget import parse_budget
from whet.errors import RunError
from whet.files import write_json

if TYPE_CHECKING:
    from whet.auditing.audit import Audit
    from whet.auditing.check import Check

__all__ = ["audit"]

FILES = ("audit.json", "audit.html")


def audit(
    source: object,
    *,
    target: str | None = None,
    test: object = None,
    group: str | None = None,
    time: str | None = None,
    sensitive: Sequence[str] = (),
    checks: Sequence[str | Check] | None = None,
    also: Sequence[Check] = (),
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    budget: str | float | None = "4m",
    out: str | Path | None = None,
    fix: str | Path | None = None,
    labels: str = "review",
    review: str | Path | None = None,
    task: str | None = None,
    types: Mapping[str, str] | None = None,
    image_size: int | None = None,
    seed: int = 0,
    watcher: Watcher | None = None,
) -> Audit:
    """Say what is wrong with the data, what it costs and what would mend it; nothing of the source is changed.

    Args:
        source: what ``improve`` takes; sounds too.
        target: column to predict; without one everything that needs none is checked.
        test: source of test examples, compared with ``source`` for copies, shared groups and shift.
        group, time: columns that steer the split; undeclared groups are looked for.
        sensitive: columns whose values name groups of people, for gaps between them.
        checks: names of checks, or objects; None runs all. ``also``: further ones, for example your own.
        settings: check -> its settings, for example ``{"label_errors": {"precision": 0.9}}``.
        budget: wall clock, spent only as far as the data need it; None: no limit.
        out: folder for audit.json and audit.html; None writes nothing.
        fix: new or empty folder for a cleaned copy, changes.csv and review.csv.
        labels: what the cleaned copy does about suspected labels: "review" leaves them and lists them, "drop" leaves
            the rows out, "relabel" writes the likelier label.
        review: a review.csv whose ``decision`` column a person has filled in; its decisions are applied.
    Raises:
        DataError, ConfigError: the data or the wishes cannot be used; the message says where and what to do.
        RunError: ``out`` or ``fix`` cannot be written.

    >>> found = audit("sklearn:iris", checks=["constant_columns", "class_imbalance"])
    >>> found.is_severe, len(found.findings)
    (False, 0)
    """
    from whet.data.load import read_raw

    watch = Stopwatch(budget_s=None if budget is None else parse_budget(budget))
    told = watcher or Silent()
    folder = None if out is None else _checked(Path(out))
    told.doing("reading")
    with watch.step("reading"):  # before what looks for faults is imported: a mistyped name is refused at once
        given = read_raw(source, target=target, task=task)
    from whet.auditing.audit import run_checks
    from whet.auditing.fixing.write import CleanedCopy
    from whet.auditing.opening import open_inspection
    from whet.auditing.telling import write_page

    copy = None if fix is None else CleanedCopy(source, Path(fix), labels=labels, review=review)
    inspection = open_inspection(
        given,
        target=target,
        test=test,
        task=task,
        types=types,
        group=group,
        time=time,
        image_size=image_size,
        sensitive=tuple(sensitive),
        seed=seed,
        stopwatch=watch,
    )
    found = run_checks(inspection, only=checks, also=also, settings=settings, doing=told.doing)
    if folder is not None:
        told.doing("writing the page")
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "audit.json", found.to_dict())
        write_page(found, inspection, folder / "audit.html")
    if copy is not None:
        told.doing("writing the cleaned copy")
        told.say(copy.write(found, inspection).statement)
    return found


def _checked(path: Path) -> Path:
    if path.exists() and (path.is_file() or any(p.name not in FILES for p in path.iterdir())):
        raise RunError(f"{path} exists and holds other things; nothing was written. Choose another --out folder.")
    return path
