"""A short name for any source, for messages and for the record of how a run was made."""

from __future__ import annotations

from whet.data.raw import Raw
from whet.data.sources.reader import local_path

__all__ = ["describe_source"]


def describe_source(source: object) -> str:
    """The path or name as it was given, or the type and size of an object in memory.

    >>> describe_source("data/train.csv"), describe_source("sklearn:digits")
    ('data/train.csv', 'sklearn:digits')
    >>> import numpy as np
    >>> describe_source(np.zeros((3, 4))), describe_source((np.zeros((3, 4)), np.zeros(3)))
    ('a NumPy array of shape (3, 4)', '(a NumPy array of shape (3, 4), a NumPy array of shape (3,))')
    """
    path = local_path(source)
    if path is not None:
        return str(source) if isinstance(source, str) else str(path)
    if isinstance(source, Raw):
        return source.origin
    if isinstance(source, str | bytes):
        return str(source) if str(source).startswith("sklearn:") else repr(source)
    if isinstance(source, tuple) and 0 < len(source) <= 3:
        return f"({', '.join(describe_source(part) for part in source)})"
    if isinstance(source, dict):
        return f"a dict of {', '.join(repr(k) for k in list(source)[:8])}" if source else "an empty dict"
    return _object(source)


def _object(source: object) -> str:
    kind = type(source)
    package = kind.__module__.split(".")[0]
    known = {"numpy": "NumPy", "pandas": "pandas", "pyarrow": "Arrow", "torch": "PyTorch", "datasets": "Hugging Face"}
    name = "array" if kind.__name__ == "ndarray" else kind.__name__
    words = f"{known[package]} {name}" if package in known else name
    article = "an" if words[:1].lower() in "aeio" else "a"
    shape = getattr(source, "shape", None)
    if isinstance(shape, tuple):
        return f"{article} {words} of shape {tuple(int(n) for n in shape)}"
    try:
        return f"{article} {words} of {len(source):,} examples"  # type: ignore[arg-type]  # not all have a length
    except Exception:  # a foreign object may raise anything here, and this only words a message
        return f"{article} {words}"
