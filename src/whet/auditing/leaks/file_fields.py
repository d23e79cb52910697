"""Parts of file names: "0_george_12.wav" names a digit, a speaker and a take; the data must tell which is which."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np

__all__ = ["file_fields"]

_TOKEN = re.compile(r"[^\W\d_]+|\d+")
LEAST_SHARE = 0.9  # of the files must have as many parts


def file_fields(files: Sequence[str], *, has_class_folder: bool) -> dict[str, np.ndarray]:
    """Part -> (N,) object of str, "" where a name is built otherwise; folders below the class folder count too.

    >>> fields = file_fields(["0_george_12.wav", "1_theo_3.wav"], has_class_folder=False)
    >>> {name: values.tolist() for name, values in fields.items()}["part 2 of the file name"]
    ['george', 'theo']
    """
    paths = [PurePosixPath(str(f).replace("\\", "/")) for f in files]
    stems = [_TOKEN.findall(path.stem) for path in paths]
    folders = [list(path.parts[int(has_class_folder) : -1]) for path in paths]
    found = _columns(stems, "part {} of the file name")
    found |= _columns([[*f, ""] for f in folders], "folder {} of the path") if any(folders) else {}
    return {name: values for name, values in found.items() if len(set(values.tolist()) - {""}) > 1}


def _columns(parts: list[list[str]], name: str) -> dict[str, np.ndarray]:
    sizes, counts = np.unique([len(p) for p in parts], return_counts=True)
    size = int(sizes[counts.argmax()])
    if counts.max() < LEAST_SHARE * len(parts):
        return {}
    fitting = [p if len(p) == size else [""] * size for p in parts]
    return {name.format(i + 1): np.array([p[i] for p in fitting], dtype=object) for i in range(size)}
