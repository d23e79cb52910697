"""Whether a space fits a recipe: every field exists, takes such values, and accepts the ends of its range."""

from __future__ import annotations

from typing import Any

from whet.errors import ConfigError, did_you_mean
from whet.recipe import Recipe
from whet.search.dimension import Choice, Dimension, Real, Whole
from whet.search.fields import changed, field_names, settings_of, type_of
from whet.search.space import Space

__all__ = ["check_space"]

ELSEWHERE = {
    "length.seconds": "the budget decides how long one training may take",
    "seed": "every trial has the run's seed, so that trials can be compared",
}


def check_space(space: Space, recipe: Recipe) -> None:
    """Raise one ConfigError that names every dimension which does not fit ``recipe``."""
    architectures = _architectures(space, recipe)
    faults = []
    for name, dimension in space.dimensions.items():
        if name in ELSEWHERE:
            faults.append(f"{name} cannot be searched: {ELSEWHERE[name]}.")
            continue
        tried = [_fault(name, dimension, base) for base in architectures]
        if all(fault is not None for fault in tried):
            faults.append(f"{name}: {tried[0]}")
    if faults:
        raise ConfigError("the search space does not fit the recipe. " + " ".join(faults))


def _architectures(space: Space, recipe: Recipe) -> list[Recipe]:
    """The recipe with each architecture that it may get: a setting has to fit one of them."""
    searched = space.dimensions.get("architecture")
    if not isinstance(searched, Choice):
        return [recipe]
    found = []
    for value in searched.values:
        try:
            found.append(changed(recipe, {"architecture": value}))
        except ConfigError as fault:
            raise ConfigError(f"the search space does not fit the recipe. architecture: {fault}") from fault
    return found


def _fault(name: str, dimension: Dimension, recipe: Recipe) -> str | None:
    first, _, rest = name.partition(".")
    known = field_names(recipe)
    if first == "settings" and settings_of(recipe.architecture) and name not in known:
        return f"architecture {recipe.architecture!r} has no such setting. {_nearest(name, known)}"
    if first not in ("settings", "encoding") and name not in known:
        return f"a recipe has no such field. {_nearest(name, known)}"
    if first in ("settings", "encoding") and not rest:
        return f"name one of its parts, for example {first}.width."
    return _wrong_type(name, dimension, recipe) or _refused(name, dimension, recipe)


def _nearest(name: str, known: list[str]) -> str:
    """People know what a field is called and not where it stands: ``regularisation.dropout``, or ``lr`` alone."""
    last = name.rpartition(".")[2]
    same = [each for each in known if each.rpartition(".")[2] == last]
    return f"Did you mean {' or '.join(map(repr, same))}?" if same else did_you_mean(name, known)


def _wrong_type(name: str, dimension: Dimension, recipe: Recipe) -> str | None:
    types = type_of(recipe, name)
    if not types:
        return None
    words = " or ".join(
        "none" if t is type(None) else {"int": "whole number"}.get(t.__name__, t.__name__) for t in types
    )
    if isinstance(dimension, Real) and float not in types:
        advice = "Use kind: whole." if int in types else "Use a choice of values."
        return f"a range of real numbers does not suit a field of type {words}. {advice}"
    if isinstance(dimension, Whole) and not {int, float} & set(types):
        return f"a range of whole numbers does not suit a field of type {words}. Use a choice of values."
    if isinstance(dimension, Choice):
        wrong = [v for v in dimension.values if not _suits(v, types)]
        return f"{wrong[0]!r} is no value for a field of type {words}." if wrong else None
    return None


def _suits(value: Any, types: tuple[type, ...]) -> bool:
    if isinstance(value, bool):
        return bool in types
    if isinstance(value, int) and float in types:
        return True
    return isinstance(value, tuple if tuple in types else types) or (list in types and isinstance(value, tuple))


def _refused(name: str, dimension: Dimension, recipe: Recipe) -> str | None:
    """What the recipe itself says to the ends of the range, or to each of the choices."""
    ends = dimension.values if isinstance(dimension, Choice) else (dimension.draw(0.0), dimension.draw(1.0 - 1e-12))
    for value in ends:
        try:
            changed(recipe, {name: value})
        except ConfigError as fault:
            return str(fault)
    return None
