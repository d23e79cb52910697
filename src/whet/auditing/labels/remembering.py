"""Names sets of examples, so that what was computed on them once is found again."""

from __future__ import annotations

import hashlib

import numpy as np

from whet.data.dataset import Dataset

__all__ = ["examples_key"]


def examples_key(data: Dataset, *further: str) -> str:
    """32 hex digits that depend on the examples, their order, their labels and ``further``."""
    digest = hashlib.sha256("/".join([data.fingerprint, *further]).encode())
    digest.update(np.ascontiguousarray(data.rows, dtype="<i8").tobytes())
    if data.target is not None:
        digest.update("\0".join(map(str, data.target.tolist())).encode())
    return digest.hexdigest()[:32]
