"""Import what a name such as "package.module:factory" or "folder/file.py:factory" stands for: the user's own code.

The current folder is importable, as it is for ``python -m``. Only what the user names on the command line, in Python or
in a recipe is ever imported; a saved model names its factory too, and loading it runs that code.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from whet.errors import ConfigError, did_you_mean

__all__ = ["OwnCode", "is_own", "own_code"]


@dataclass(frozen=True, kw_only=True)
class OwnCode:
    """A factory of networks and where it was found."""

    name: str  # as the user wrote it
    factory: Callable[..., Any]
    digest: str  # sha256 over the source file; empty where there is none


def is_own(name: str) -> bool:
    """Whether an architecture's name stands for the user's own code.

    >>> is_own("nets.py:build"), is_own("resnet")
    (True, False)
    """
    return ":" in name


def own_code(name: str) -> OwnCode:
    """Import the factory.

    Raises:
        ConfigError: there is no such module or function, or the module fails while it is imported.
    """
    place, _, attribute = name.rpartition(":")
    if not place or not attribute:
        raise ConfigError(f"model {name!r} must be written as package.module:function or file.py:function.")
    module = _module(place, name)
    factory: Any = module
    for part in attribute.split("."):
        if not hasattr(factory, part):
            known = [n for n, value in vars(module).items() if callable(value) and not n.startswith("_")]
            raise ConfigError(f"model {name!r}: {place} has no {attribute!r}. {did_you_mean(attribute, known)}")
        factory = getattr(factory, part)
    if not callable(factory):
        raise ConfigError(
            f"model {name!r} is {type(factory).__name__} {str(factory)[:60]!r}: name a function or class that returns "
            "a network, so that every training starts from fresh weights."
        )
    return OwnCode(name=name, factory=factory, digest=_digest(module))


def _module(place: str, name: str) -> ModuleType:
    is_file = place.endswith(".py") or os.sep in place
    if is_file and not Path(place).is_file():
        raise ConfigError(f"model {name!r}: there is no file {place!r}. Check the path before the colon.")
    try:
        with _current_folder_importable():
            return _from_file(Path(place)) if is_file else importlib.import_module(place)
    except ModuleNotFoundError as fault:
        if fault.name and (place == fault.name or place.startswith(f"{fault.name}.")):
            raise ConfigError(
                f"model {name!r}: there is no module {fault.name!r} here. Run from the folder that holds it, install "
                "it, or name the file: path/to/file.py:function."
            ) from fault
        raise ConfigError(f"model {name!r} needs the package {fault.name!r}, which is not installed here.") from fault
    except Exception as fault:  # whatever the user's module raises is told as one message
        raise ConfigError(f"model {name!r}: importing {place} failed{told_where(fault)}") from fault


def told_where(fault: BaseException) -> str:
    """Where in the user's files an error arose, and what it says: " in nets.py line 7 (...): TypeError: ..."."""
    frames = [f for f in traceback.extract_tb(fault.__traceback__) if _is_theirs(f.filename)]
    place = f" in {Path(frames[-1].filename).name} line {frames[-1].lineno} ({frames[-1].line})" if frames else ""
    if isinstance(fault, SyntaxError) and fault.filename:
        place = f" in {Path(fault.filename).name} line {fault.lineno}"
    said = str(fault).splitlines()
    return f"{place}: {type(fault).__name__}{': ' + said[0] if said else ''}"


def _is_theirs(filename: str) -> bool:
    own = str(Path(__file__).parent.parent)
    return not (filename.startswith((own, "<frozen")) or "site-packages" in filename or "importlib" in filename)


@contextmanager
def _current_folder_importable() -> Iterator[None]:
    here = os.getcwd()
    added = here not in sys.path and "" not in sys.path
    if added:
        sys.path.insert(0, here)
    try:
        yield
    finally:
        if added and here in sys.path:
            sys.path.remove(here)


def _from_file(path: Path) -> ModuleType:
    """The file as a module under a name of its own, imported once per process and content."""
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    title = f"whet_own_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}_{content[:12]}"
    if title in sys.modules:
        return sys.modules[title]
    spec = importlib.util.spec_from_file_location(title, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[title] = module  # dataclasses look their module up while it is imported
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[title]
        raise
    return module


def _digest(module: ModuleType) -> str:
    file = getattr(module, "__file__", None)
    return hashlib.sha256(Path(file).read_bytes()).hexdigest() if file and Path(file).is_file() else ""
