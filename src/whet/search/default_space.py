"""The space that is searched where nobody wrote one: what usually matters, around the recipe to start from.

Ranges are those within which published recipes of such networks lie; every one holds the recipe's own value, so that
the search can end where it began. Write it to a file with ``whet tune SOURCE --write-space space.yaml`` and edit it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whet.augment.augmentation import augmentations
from whet.recipe import Recipe
from whet.remedies.augmentation import MENU
from whet.search.dimension import Choice, Dimension, Real, Whole
from whet.search.fields import settings_of, value_of
from whet.search.space import Space
from whet.tasks.facts import Facts

__all__ = ["capacity_dimensions", "default_space", "regulariser_dimensions", "training_dimensions"]

SCALES = (0.5, 1.0, 1.5, 2.0)  # of widths


def default_space(recipe: Recipe, facts: Facts) -> Space:
    """Rate, schedule, batches, regularisation, augmentation and size.

    >>> from whet.data.kinds import Modality
    >>> from whet.tasks.classes import ClassTarget
    >>> facts = Facts(modality=Modality.TABLE, target=ClassTarget(("a", "b")), metric="accuracy", num_train=1000)
    >>> "optimiser.lr" in default_space(Recipe(architecture="mlp"), facts).dimensions
    True
    """
    return Space(
        {
            **training_dimensions(recipe, facts),
            **regulariser_dimensions(recipe, facts),
            **capacity_dimensions(recipe),
        }
    )


def training_dimensions(recipe: Recipe, facts: Facts) -> dict[str, Dimension]:
    """How the weights move."""
    lr, batch = recipe.optimiser.lr, recipe.batch_size
    most = max(batch, min(2 * batch, max(8, facts.num_train // 4)))
    schedules = ("cosine", "linear", "one_cycle", "constant")
    found: dict[str, Dimension] = {
        "optimiser.lr": Real(low=_short(lr / 10), high=_short(lr * 10), log=True),
        "batch_size": Whole(low=min(batch, max(8, batch // 4)), high=most, log=True),
        "schedule.name": _choice(recipe.schedule.name, schedules),
        "schedule.warmup": Real(low=0.0, high=max(0.3, recipe.schedule.warmup)),
    }
    whole = found["batch_size"]
    if isinstance(whole, Whole) and whole.low >= whole.high:
        del found["batch_size"]
    return found


def regulariser_dimensions(recipe: Recipe, facts: Facts) -> dict[str, Dimension]:
    """What keeps the network from memorising, as far as it has an effect on such data."""
    now, modality = recipe.regularisation, str(facts.modality)
    found: dict[str, Dimension] = {
        "regularisation.weight_decay": Real(low=1e-5, high=max(0.3, now.weight_decay), log=True),
        "regularisation.l1": _choice(now.l1, (0.0, 1e-7, 1e-6, 1e-5)),
        "regularisation.early_stopping": _choice(now.early_stopping, (None, 3, 5, 8)),
    }
    if now.weight_decay < 1e-5:
        found["regularisation.weight_decay"] = _choice(now.weight_decay, (0.0, 1e-4, 1e-3, 1e-2, 1e-1))
    if facts.target.kind == "classes":
        found["regularisation.label_smoothing"] = Real(low=0.0, high=max(0.2, now.label_smoothing))
    if modality in ("image", "series"):
        found["regularisation.mixup"] = _choice(now.mixup, (0.0, 0.1, 0.2, 0.4))
    if modality == "image":
        found["regularisation.cutmix"] = _choice(now.cutmix, (0.0, 0.5, 1.0))
    known = settings_of(recipe.architecture)
    for name, most in (("dropout", 0.5), ("stochastic_depth", 0.3)):
        if isinstance(known.get(name), float):
            found[f"settings.{name}"] = Real(low=0.0, high=max(most, value_of(recipe, f"settings.{name}")))
    menus = _augmentations(recipe, facts)
    if len(menus) > 1:
        found["augment"] = Choice(values=tuple(menus))
    return found


def capacity_dimensions(recipe: Recipe) -> dict[str, Dimension]:
    """How large the network is."""
    known, found = settings_of(recipe.architecture), dict[str, Dimension]()
    for name in ("widths", "width", "filters", "dim"):
        value = value_of(recipe, f"settings.{name}") if name in known else None
        if isinstance(value, list | tuple) and all(isinstance(v, int) for v in value):
            each = [[_even(v * s) if s != 1.0 else v for v in value] for s in SCALES]
            found[f"settings.{name}"] = Choice(values=tuple(_different(each)))
        elif isinstance(value, int) and not isinstance(value, bool):
            scaled = [_even(value * s) if s != 1.0 else value for s in SCALES]
            found[f"settings.{name}"] = Choice(values=tuple(_different(scaled)))
        if f"settings.{name}" in found:
            break
    depth = value_of(recipe, "settings.depth") if "depth" in known else None
    if isinstance(depth, int) and not isinstance(depth, bool):
        found["settings.depth"] = Whole(low=max(1, depth - 1), high=depth + 2)
    return found


def _augmentations(recipe: Recipe, facts: Facts) -> list[Any]:
    """The recipe's own steps; none; and the own ones with each entry of the menu."""
    own = value_of(recipe, "augment")
    present = {step.name for step in recipe.augment}
    found: list[Any] = [own] if not own else [own, []]
    for _, steps in MENU.get(str(facts.modality), ()):
        names = [step.name for step in steps if step.name not in present and step.name in augmentations]
        if names and (facts.flip_is_safe or "flip" not in names):
            found.append([*own, *names])
    return found


def _choice(own: Any, others: Sequence[Any]) -> Choice:
    return Choice(values=tuple(_different([*others, own])))


def _different(values: Sequence[Any]) -> list[Any]:
    kept: list[Any] = []
    for value in values:
        if not any(value == other and type(value) is type(other) for other in kept):
            kept.append(value)
    return kept


def _even(value: float) -> int:
    return 8 * max(1, round(value / 8))  # multiples of 8 keep attention heads and vector units whole


def _short(value: float) -> float:
    return float(f"{value:.3g}")
