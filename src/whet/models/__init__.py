"""What can be trained: one file per architecture. Estimators and pretrained sources are folders of their own."""

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__):
    if not _module.ispkg:
        importlib.import_module(f"{__name__}.{_module.name}")
