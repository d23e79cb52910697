"""Columns of the source become arrays, once: one file per kind of column, and ``decode`` which runs them."""

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
