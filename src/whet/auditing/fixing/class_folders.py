"""A folder of class folders again: the files copied, a new label being another class folder."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from whet.auditing.fixing.change import Change
from whet.auditing.fixing.named_files import copy_file, free_name
from whet.auditing.fixing.plan import Plan
from whet.data.raw import Raw
from whet.errors import DataError

__all__ = ["write_class_folders"]


def write_class_folders(raw: Raw, plan: Plan, folder: Path) -> list[Change]:
    """Copy the files that stay into ``folder`` and say which had to be renamed because a name was taken.

    Raises:
        DataError: a label cannot be the name of a folder; or a cell is to change that is no label.
    """
    assert raw.root is not None
    assert raw.id_column is not None
    other = sorted(set(plan.cells) - {str(raw.target)})
    if other:
        raise DataError(f"{raw.origin}: column {other[0]!r} of a folder cannot be changed, only the class of a file.")
    labels = plan.cells.get(str(raw.target), {})
    names = raw.table.column(raw.id_column).to_pylist()
    rows = raw.row_numbers.tolist()
    kept = np.flatnonzero(plan.keeps(raw.row_numbers)).tolist()
    stays = {at for at in kept if rows[at] not in labels}
    taken: set[str] = set()
    renamed = []
    for at in sorted(kept, key=lambda at: (at not in stays, at)):  # a file that moves makes way for those that stay
        name = names[at]
        value = labels[rows[at]].value if at not in stays else None
        wanted = name if at in stays else f"{_class_name(value)}/{name.split('/', 1)[1]}"
        new = free_name(wanted, taken)
        copy_file(raw.root / name, folder / new)
        if new != wanted:
            why = "another file has this name"
            renamed.append(
                Change(str(rows[at]), name, "", wanted, new, action="renamed", check="cleaned copy", why=why)
            )
    return renamed


def _class_name(label: str | None) -> str:
    if not label or label.strip(" .") != label or any(c in label for c in ("/", "\\", "\0", os.sep)):
        raise DataError(f"the label {label!r} cannot be the name of a class folder. Choose a plain name.")
    return label
