"""A search space as YAML: one mapping, a line per recipe field.

    version: 1
    optimiser.lr: {kind: real, low: 1.0e-4, high: 1.0e-2, log: true}
    settings.depth: {kind: whole, low: 1, high: 4}
    optimiser.name: {kind: choice, values: [adamw, sgd]}
    optimiser.momentum: {kind: real, low: 0.5, high: 0.95, when: {optimiser.name: [sgd]}}

``kind`` may be left out: values make a choice, whole ends a whole number, anything else a real one. A plain list is a
choice of its values.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from whet.errors import ConfigError, did_you_mean
from whet.files import write_text
from whet.search.dimension import Choice, Dimension, Real, Whole
from whet.search.space import Space

__all__ = ["read_space", "space_from_dict", "space_to_yaml", "write_space"]

VERSION = 1
KINDS: dict[str, tuple[str, ...]] = {
    "real": ("low", "high", "log", "points", "when"),
    "whole": ("low", "high", "log", "step", "points", "when"),
    "choice": ("values", "when"),
}
HEAD = """\
# What whet tune searches: one line per field of the recipe. Change ranges, remove lines, add any other field.
# kind: real or whole (low, high; log: true for equal ratios; points: how many values a grid takes), or choice (values).
# when: {other.field: [values]} makes a line count only where the other field has one of these values.
"""


def read_space(path: Path) -> Space:
    """The space in a YAML file.

    Raises:
        ConfigError: the file cannot be read, or a line of it says something impossible; every fault is named.
    """
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise ConfigError(f"cannot read the search space {path}: {fault.strerror or fault}.") from fault
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        raise ConfigError(f"{path} is not valid YAML: {' '.join(str(fault).split())}") from fault
    try:
        return space_from_dict(content)
    except ConfigError as fault:
        raise ConfigError(f"{path}: {fault}") from fault


def write_space(space: Space, path: Path) -> None:
    """Write the file that ``read_space`` reads, with a few words on top."""
    write_text(path, HEAD + space_to_yaml(space))


def space_to_yaml(space: Space) -> str:
    """One line per dimension."""
    import yaml

    lines = [f"version: {VERSION}\n"]
    for name, plain in space.to_dict().items():
        flow = yaml.safe_dump(
            json.loads(json.dumps(plain)), default_flow_style=True, sort_keys=False, width=10_000
        ).strip()
        lines.append(f"{name}: {flow}\n")
    return "".join(lines)


def space_from_dict(content: Any) -> Space:
    """Read what ``Space.to_dict`` wrote, or a person did.

    >>> space_from_dict({"batch_size": {"low": 16, "high": 64}}).dimensions["batch_size"]
    Whole(low=16, high=64, log=False, step=1, points=3, when={})
    """
    if not isinstance(content, Mapping):
        raise ConfigError(f"a search space is a mapping from recipe fields to ranges; got {type(content).__name__}.")
    given = dict(content)
    version = given.pop("version", VERSION)
    if version != VERSION:
        raise ConfigError(f"search space version {version!r} is not known here; this Whet reads version {VERSION}.")
    dimensions: dict[str, Dimension] = {}
    faults: list[str] = []
    for name, plain in given.items():
        try:
            dimensions[str(name)] = _dimension(plain)
        except ConfigError as fault:
            faults.append(f"{name}: {fault}")
    if faults:
        raise ConfigError(" ".join(faults))
    return Space(dimensions)


def _dimension(plain: Any) -> Dimension:
    if isinstance(plain, list):
        plain = {"values": plain}
    if not isinstance(plain, Mapping):
        raise ConfigError(f"write a mapping such as {{low: 1, high: 4}} or a list of values; got {plain!r}.")
    given = {str(k): v for k, v in plain.items()}
    kind = given.pop("kind", None) or _kind(given)
    if kind not in KINDS:
        raise ConfigError(f"unknown kind {kind!r}. {did_you_mean(str(kind), KINDS)}")
    for key in given:
        if key not in KINDS[kind]:
            raise ConfigError(f"{kind} has no {key!r}. {did_you_mean(key, KINDS[kind])}")
    given["when"] = _when(given.get("when", {}))
    if kind == "choice":
        return Choice(**{**given, "values": _values(given.get("values"))})
    for key in ("low", "high"):
        if key not in given:
            raise ConfigError(f"{kind} needs {key}.")
        given[key] = _number(key, given[key], whole=kind == "whole")
    for key in ("step", "points"):
        if key in given:
            given[key] = _number(key, given[key], whole=True)
    if not isinstance(given.get("log", False), bool):
        raise ConfigError(f"log must be true or false; got {given['log']!r}.")
    return Whole(**given) if kind == "whole" else Real(**given)


def _kind(given: Mapping[str, Any]) -> str:
    if "values" in given:
        return "choice"
    ends = (given.get("low"), given.get("high"))
    return "whole" if all(isinstance(v, int) and not isinstance(v, bool) for v in ends) else "real"


def _number(key: str, value: Any, *, whole: bool) -> Any:
    """YAML reads 1e-4 (no dot) as a word; people write it all the same."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise ConfigError(f"{key} must be a number; got {value!r}.") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"{key} must be a number; got {value!r}.")
    if whole and value != int(value):
        raise ConfigError(f"{key} must be a whole number; got {value!r}. Use kind: real for others.")
    return int(value) if whole else float(value)


def _when(given: Any) -> dict[str, list[Any]]:
    if not isinstance(given, Mapping):
        raise ConfigError(f"when must be a mapping such as {{optimiser.name: [sgd]}}; got {given!r}.")
    return {str(name): list(v) if isinstance(v, list | tuple) else [v] for name, v in given.items()}


def _values(given: Any) -> list[Any]:
    if not isinstance(given, list | tuple):
        raise ConfigError(f"values must be a list; got {given!r}.")
    return list(given)
