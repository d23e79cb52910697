"""A backbone of one's own: pretext tasks that teach a body without, or besides, the labels. One file each.

A new pretext task is one new file; importing this package finds it.
"""

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
