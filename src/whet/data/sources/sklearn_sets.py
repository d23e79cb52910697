"""The small data sets that scikit-learn carries, by name: ``sklearn:iris``. Classes go by their names."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from whet.data.raw import Raw
from whet.data.sources.reader import Prefer, readers
from whet.errors import DataError, did_you_mean

__all__ = ["SklearnSets"]

_PREFIX = "sklearn:"
_NAMES = ("breast_cancer", "diabetes", "digits", "iris", "wine")


class SklearnSets:
    """``digits`` as 8 x 8 pictures, the others as tables."""

    form = f"{_PREFIX}<{'|'.join(_NAMES)}>"
    endings = ()

    def matches(self, source: object) -> bool:
        """See ``Reader.matches``."""
        return isinstance(source, str) and source.startswith(_PREFIX)

    def read(self, source: object, *, prefer: Prefer) -> Raw:
        """See ``Reader.read``."""
        name = str(source).removeprefix(_PREFIX)
        if name not in _NAMES:
            raise DataError(f"scikit-learn carries no data set {name!r}. {did_you_mean(name, _NAMES)}")
        return _digits() if name == "digits" else _table(name)


def _digits() -> Raw:
    from sklearn.datasets import load_digits

    held = load_digits()
    pixels = np.rint(held.images * (255 / 16)).astype(np.uint8)  # the set counts 0 to 16
    table = pa.table({"label": [str(c) for c in held.target.tolist()]})
    return Raw(origin="sklearn:digits", table=table, arrays={"image": pixels}, target="label")


def _table(name: str) -> Raw:
    from sklearn import datasets

    # The diabetes set comes standardised over all rows by default, which would leak test rows into training.
    settings = {"scaled": False} if name == "diabetes" else {}
    held = getattr(datasets, f"load_{name}")(**settings)
    columns = {str(n): pa.array(held.data[:, i]) for i, n in enumerate(held.feature_names)}
    if name == "diabetes":
        return Raw(origin=_PREFIX + name, table=pa.table({**columns, "target": held.target}), target="target")
    labels = np.asarray(held.target_names)[held.target].tolist()
    return Raw(origin=_PREFIX + name, table=pa.table({**columns, "label": labels}), target="label")


readers.register("sklearn")(SklearnSets())
