"""Arrays out of a ``.npz`` archive, which is a zip file of ``.npy`` files: nothing is believed before it is checked.

The header of each array is read first. It may not name Python objects (a pickle can run code when loaded), and what it
promises must be there to the byte, so that a header cannot claim memory for numbers that do not exist.
"""

from __future__ import annotations

import math
import zipfile
from collections import Counter
from typing import IO

import numpy as np

from whet.data.sources.limits import check_growth
from whet.errors import DataError

__all__ = ["arrays_in", "check_header"]

_MAX_ARRAYS = 1000


def arrays_in(stream: IO[bytes], num_bytes: int, origin: str) -> dict[str, np.ndarray]:
    """Every array by its name.

    Args:
        stream: the archive, ``num_bytes`` long.
    """
    with zipfile.ZipFile(stream) as archive:
        members = archive.infolist()
        _check_members(members, num_bytes, origin)
        arrays = {}
        for member in members:
            name = member.filename.removesuffix(".npy")
            with archive.open(member) as content:
                check_header(content, member.file_size, f"{origin}, {name}")
            with archive.open(member) as content:
                arrays[name] = np.lib.format.read_array(content, allow_pickle=False)
        return arrays


def check_header(content: IO[bytes], num_bytes: int, where: str) -> None:
    """Refuse the header of a ``.npy`` file of ``num_bytes`` that promises objects, nothing, or other than it holds."""
    version = np.lib.format.read_magic(content)
    if version not in ((1, 0), (2, 0)):
        raise DataError(f"{where}: version {version} of the format is not read. Save plain arrays with np.savez.")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(content)
    if dtype.hasobject:
        raise DataError(
            f"{where}: holds pickled Python objects, which can run code when loaded. "
            "Save plain arrays of numbers or texts: x.astype(float), y.astype(str)."
        )
    promised, held = math.prod(shape) * dtype.itemsize, num_bytes - content.tell()
    if promised != held or (promised == 0 and math.prod(shape[:1]) > 0):
        raise DataError(
            f"{where}: the header promises {shape} values of type {dtype}, {promised:,} bytes, but {held:,} bytes "
            "follow. The file is cut short, damaged or made to deceive; save it again with np.savez."
        )


def _check_members(members: list[zipfile.ZipInfo], num_bytes: int, origin: str) -> None:
    """By sizes that zipfile holds the members to: no member yields more than the size checked here."""
    names = Counter(member.filename for member in members)
    faults = [f"{name[:60]!r} occurs {count} times" for name, count in names.items() if count > 1]
    faults += [f"{name[:60]!r} is no array (.npy)" for name in names if not name.endswith(".npy")]
    faults += [f"{m.filename[:60]!r} is encrypted" for m in members if m.flag_bits & 1]
    if len(members) > _MAX_ARRAYS:
        faults.insert(0, f"{len(members):,} arrays are more than the {_MAX_ARRAYS:,} allowed")
    if sum(member.compress_size for member in members) > num_bytes:
        faults.insert(0, "its members overlap")
    if faults:
        shown = "; ".join(faults[:5]) + ("; ..." if len(faults) > 5 else "")
        raise DataError(f"{origin}: {shown}. Save plain arrays with np.savez.")
    check_growth(origin, packed=num_bytes, unpacked=sum(member.file_size for member in members))
