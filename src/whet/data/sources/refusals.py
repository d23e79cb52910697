"""Why a source that no reader takes cannot be read, and what to do about it."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import NoReturn

from whet.data.sources.describe import describe_source
from whet.data.sources.reader import ending_of, local_path, readers
from whet.errors import DataError

__all__ = ["refuse"]

# Loading these can run code that somebody hid in them, so no setting makes Whet open them.
_CAN_RUN_CODE = (
    ".pkl", ".pickle", ".pckl", ".joblib", ".sav", ".dill", ".pt", ".pth", ".ckpt", ".bin", ".mar",
    ".h5", ".hdf5", ".hdf", ".keras", ".rds", ".rda", ".rdata",
)  # fmt: skip
_ADVICE = {
    ".xlsx": "Save the sheet as CSV",
    ".xls": "Save the sheet as CSV",
    ".ods": "Save the sheet as CSV",
    ".zip": "Unpack it and name the folder or file inside",
    ".tar": "Unpack it and name the folder or file inside",
    ".tgz": "Unpack it and name the folder or file inside",
    ".gz": "Unpack it and name the file inside",
    ".7z": "Unpack it and name the folder or file inside",
    ".txt": "Put the texts into a CSV file with a header line, one text per row, in quotes",
    ".arrow": "Save it as Parquet",
    ".feather": "Save it as Parquet",
    ".sqlite": "Export the table as CSV or Parquet",
    ".db": "Export the table as CSV or Parquet",
}


def refuse(source: object) -> NoReturn:
    """Raise the DataError that says why ``source`` cannot be read."""
    if isinstance(source, str) and "://" in source:
        raise DataError(f"{source!r} is an address; Whet downloads nothing. Download it and give the path.")
    path = local_path(source)
    if path is None:
        raise DataError(f"{describe_source(source)} is no source that Whet can read. {_forms()}")
    if os.path.islink(path) and not _exists(path):
        raise DataError(f"{str(path)!r} is a link that leads nowhere. Give the path of the file itself.")
    if not _exists(path):
        raise DataError(f"there is no file or folder {str(path)!r}. {_nearest(path)}")
    if os.path.isfile(path):
        _refuse_ending(path)
    raise DataError(
        f"{str(path)!r} is neither a file nor a folder, but a device or a pipe, which may never end. "
        f"Save what it yields as a file first. {_forms()}"
    )


def _refuse_ending(path: Path) -> NoReturn:
    from whet.data.decode.pictures import PICTURE_ENDINGS

    ending, last = ending_of(path), path.suffix.lower()
    if ending in _CAN_RUN_CODE or last in _CAN_RUN_CODE:
        raise DataError(
            f"{str(path)!r} is refused: loading a {last!r} file can run code hidden in it. "
            "Save the data as .npz, .parquet or .csv, or pass the arrays themselves from Python."
        )
    if last in PICTURE_ENDINGS:
        raise DataError(f"{str(path)!r} is a single picture. Put it into a folder and name the folder.")
    advice = _ADVICE.get(last, "")
    what = f"the ending {last!r}" if last else "no ending"
    raise DataError(f"{str(path)!r} has {what}, which Whet does not read. {advice + '. ' if advice else ''}{_forms()}")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long for the file system
        return False


def _nearest(path: Path) -> str:
    folder = path.parent
    if not _exists(folder):
        return f"Already the folder {str(folder)!r} is missing; check the path."
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        return f"The folder {str(folder)!r} cannot be listed: {error.strerror}."
    by_lower = {n.lower(): n for n in names}
    close = difflib.get_close_matches(path.name.lower(), list(by_lower), n=1)
    if close:
        return f"Did you mean {by_lower[close[0]]!r}, in the same folder?"
    shown = ", ".join(repr(n) for n in names[:8] if not n.startswith("."))
    return f"The folder {str(folder)!r} holds {shown or 'nothing'}{', ...' if len(names) > 8 else ''}."


def _forms() -> str:
    endings = ", ".join(sorted({e for _, r in readers.items() for e in r.endings}))
    others = "; ".join(r.form for _, r in readers.items() if not r.endings)
    return f"Files: {endings}. Also: {others}."
