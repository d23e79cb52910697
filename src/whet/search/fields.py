"""Recipe fields by their dotted names: what is there, of what type, and a recipe with some of them changed."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

from whet.errors import ConfigError, did_you_mean
from whet.models.architecture import architectures
from whet.models.estimators.estimator import estimators
from whet.recipe import AugmentStep, Recipe, Resizing, Treatment

__all__ = ["changed", "field_names", "settings_of", "type_of", "value_of"]

FREE = ("settings", "encoding")  # mappings whose keys belong to the architecture and to the encoder
STEPS: dict[str, type] = {"augment": AugmentStep, "treatments": Treatment}


def settings_of(architecture: str) -> dict[str, Any]:
    """The settings of a network with their defaults; empty for an estimator, whose settings it checks itself."""
    if architecture not in architectures:
        return {}
    parameters = inspect.signature(architectures[architecture]).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def field_names(recipe: Recipe) -> list[str]:
    """Every dotted field that can be searched; those of ``encoding`` that the recipe does not name are left out."""
    names = []
    for each in fields(recipe):
        value = getattr(recipe, each.name)
        if each.name == "settings":
            names += [f"settings.{key}" for key in settings_of(recipe.architecture) or recipe.settings]
        elif each.name in FREE:
            names += [f"{each.name}.{key}" for key in value]
        elif is_dataclass(value):
            names += [f"{each.name}.{part.name}" for part in fields(value)]
        else:
            names.append(each.name)
    return names


def value_of(recipe: Recipe, name: str) -> Any:
    """What the recipe has in this field; for a setting that it leaves out, the architecture's default."""
    first, _, rest = name.partition(".")
    if first == "settings":
        return recipe.settings.get(rest, settings_of(recipe.architecture).get(rest))
    if first == "encoding":
        return recipe.encoding.get(rest)
    if first in STEPS:
        return [
            s.name if not s.settings else {"name": s.name, "settings": dict(s.settings)} for s in getattr(recipe, first)
        ]
    value = getattr(recipe, first)
    return getattr(value, rest) if rest else value


def type_of(recipe: Recipe, name: str) -> tuple[type, ...]:
    """The plain types that the field takes; empty where nothing is known.

    >>> type_of(Recipe(architecture="mlp"), "regularisation.early_stopping")
    (<class 'int'>, <class 'NoneType'>)
    """
    first, _, rest = name.partition(".")
    if first in FREE:
        default = value_of(recipe, name)
        return () if default is None else (list if isinstance(default, list | tuple) else type(default),)
    if first in STEPS:
        return (list,)
    owner = type(getattr(recipe, first)) if rest else Recipe
    return _plain_types(get_type_hints(owner)[rest or first])


def changed(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """The recipe with ``values`` in place, by dotted field.

    Where the architecture changes, settings that the new one does not have are dropped first.

    Raises:
        ConfigError: a field is unknown, or a value is out of its range.

    >>> changed(Recipe(architecture="mlp"), {"optimiser.lr": 0.1, "settings.width": 8}).settings
    {'width': 8}
    """
    if "architecture" in values:
        recipe = _other_architecture(recipe, values["architecture"])
    parts: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        first, _, rest = name.partition(".")
        _require_known(recipe, first, rest)
        parts.setdefault(first, {})[rest] = value
    return replace(recipe, **{first: _new_part(recipe, first, inner) for first, inner in parts.items()})


def _new_part(recipe: Recipe, first: str, inner: dict[str, Any]) -> Any:
    old = getattr(recipe, first)
    if first == "settings":  # what the architecture does anyway is left unsaid, so that one recipe has one digest
        usual = settings_of(recipe.architecture)
        return {**old, **{k: v for k, v in inner.items() if k in old or k not in usual or not _same(v, usual[k])}}
    if first in FREE:
        return {**old, **inner}
    if first in STEPS:
        return tuple(_step(STEPS[first], each) for each in inner[""])
    return replace(old, **inner) if is_dataclass(old) and not isinstance(old, type) else inner[""]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return list(one) == list(other)
    return type(one) is type(other) and bool(one == other)


def _step(cls: type, given: Any) -> Any:
    if isinstance(given, str):
        return cls(name=given)
    if isinstance(given, Mapping) and set(given) <= {"name", "settings"} and isinstance(given.get("name"), str):
        return cls(**given)
    raise ConfigError(f"a step is a name, or a mapping with name and settings; got {given!r}.")


def _other_architecture(recipe: Recipe, name: str) -> Recipe:
    if name not in architectures and name not in estimators:
        raise ConfigError(f"unknown architecture {name!r}. {did_you_mean(name, [*architectures, *estimators])}")
    if name == recipe.architecture:
        return recipe
    kept = settings_of(name)
    changed = replace(recipe, architecture=name, settings={k: v for k, v in recipe.settings.items() if k in kept})
    reads_any_size = name in architectures and architectures[name].any_size
    return changed if reads_any_size else replace(changed, resizing=Resizing())


def _require_known(recipe: Recipe, first: str, rest: str) -> None:
    names = [f.name for f in fields(Recipe)]
    if first not in names:
        raise ConfigError(f"a recipe has no field {first!r}. {did_you_mean(first, names)}")
    value = getattr(recipe, first)
    if first in FREE:
        known = list(settings_of(recipe.architecture)) if first == "settings" else []
        if not rest or (known and rest not in known):
            whose = f"architecture {recipe.architecture!r}" if first == "settings" else "the encoder"
            raise ConfigError(f"{whose} has no setting {rest!r}. {did_you_mean(rest, known)}")
    elif is_dataclass(value):
        inner = [f.name for f in fields(value)]
        if rest not in inner:
            raise ConfigError(f"Recipe.{first} has no field {rest!r}. {did_you_mean(rest, inner)}")
    elif rest:
        raise ConfigError(f"Recipe.{first} has no parts; got {first}.{rest}.")


def _plain_types(hint: Any) -> tuple[type, ...]:
    if get_origin(hint) is Literal:
        return tuple(dict.fromkeys(type(v) for v in get_args(hint)))
    if isinstance(hint, type):
        return (hint,)
    return tuple(t for arg in get_args(hint) for t in _plain_types(arg) if not issubclass(t, Sequence) or t is str)
