"""Checks that a user wrote: every module-level object of a Python file that has what ``Check`` asks for.

The file is the user's own and is run; it is named on the command line, never found.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from whet.auditing.check import Check
from whet.errors import ConfigError

__all__ = ["checks_from_file"]


def checks_from_file(path: Path) -> list[Check]:
    """The checks in ``path``, in the order in which they stand there.

    Raises:
        ConfigError: there is no such file, it fails when it is run, or it holds no check.
    """
    if not path.is_file():
        raise ConfigError(f"there is no file {str(path)!r} with checks. Pass the path of a Python file.")
    spec = importlib.util.spec_from_file_location(f"checks_in_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{str(path)!r} is no Python file; checks are written in one that ends in .py.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as fault:  # the user's code may raise anything
        raise ConfigError(f"{str(path)!r} fails when it is run: {type(fault).__name__}: {fault}") from fault
    found = [value for value in vars(module).values() if _is_check(value)]
    if not found:
        raise ConfigError(
            f"{str(path)!r} holds no check: make an object with title, effort and check(inspection) at the top level, "
            "for example TOO_SHORT = TooShort()."
        )
    return found


def _is_check(value: object) -> bool:
    return not isinstance(value, type) and all(hasattr(value, name) for name in ("title", "effort", "check"))
