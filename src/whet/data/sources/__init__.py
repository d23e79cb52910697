"""Readers: one file per form of source. A new form is one new file; importing this package finds it."""

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

from whet.data.sources.arrays import as_arrays  # noqa: E402  after the walk, like every other name here
from whet.data.sources.describe import describe_source  # noqa: E402
from whet.data.sources.reader import Prefer, Reader, readers  # noqa: E402
from whet.data.sources.reading import read  # noqa: E402
from whet.data.sources.smoothness import looks_like_series  # noqa: E402

__all__ = ["Prefer", "Reader", "as_arrays", "describe_source", "looks_like_series", "read", "readers"]
