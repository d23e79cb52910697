"""Which objectives, which network and which settings, where the user leaves it open."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

import whet.models  # noqa: F401  (fills the registry)
from whet.data.columns import ImageColumn
from whet.data.dataset import Dataset
from whet.data.kinds import Kind, Modality
from whet.errors import ConfigError, did_you_mean
from whet.models.architecture import architectures
from whet.models.mirror import mirror_evidence
from whet.pretraining.pretext import Pretext, pretexts
from whet.recipe import Length, Recipe, Resizing, Schedule, Transfer
from whet.tasks.classes import ClassTarget
from whet.tasks.facts import Facts
from whet.tasks.number import NumberTarget
from whet.tasks.target import Target

__all__ = ["choose_objectives", "choose_recipe", "fit_target", "pretraining_settings", "task_names"]

DEFAULTS = {
    Modality.IMAGE: "convnet",
    Modality.TEXT: "text_transformer",
    Modality.SERIES: "patch_tst",
    Modality.TABLE: "mlp",
}
UNLABELLED = {Modality.IMAGE: ("contrastive", "rotation"), Modality.TEXT: ("masked",), Modality.SERIES: ("masked",)}
DROPOUT = 0.1  # of a network that fills gaps, as in BERT: every batch hides other words, so little is memorised


def fit_target(examples: Dataset) -> Target | None:
    """The encoding of the labels; None where there are none."""
    if examples.target is None:
        return None
    return (NumberTarget if examples.schema.target_is_number else ClassTarget).fit(examples.target)


def choose_objectives(wanted: str, examples: Dataset) -> tuple[str, ...]:
    """The objectives that ``wanted`` names ("a+b"); "auto" takes labels where there are any.

    Raises:
        ConfigError: unknown, or not for such examples.
    """
    modality = examples.schema.modality
    if wanted == "auto":
        if examples.target is None:
            if modality not in UNLABELLED:
                raise ConfigError(
                    f"a body for {modality} examples is learnt from labels: name the column with --target."
                )
            return UNLABELLED[modality]
        return ("supervised", "rotation") if modality is Modality.IMAGE else ("supervised",)
    known = sorted({kind.objective for kind in _kinds(modality).values()})
    chosen = tuple(dict.fromkeys(part.strip() for part in wanted.split("+")))
    for name in chosen:
        if name not in known:
            raise ConfigError(
                f"there is no objective {name!r} for {modality} examples. {did_you_mean(name, ['auto', *known])}"
            )
    return chosen


def task_names(objectives: tuple[str, ...], modality: Modality) -> list[str]:
    """The registered pretext tasks of these objectives."""
    return [name for name, kind in _kinds(modality).items() if kind.objective in objectives]


def choose_recipe(
    examples: Dataset,
    target: Target | None,
    objectives: tuple[str, ...],
    *,
    architecture: str | None,
    length: Length,
    seed: int,
) -> Recipe:
    """The recipe with which this architecture is first tried, less what only labels need."""
    modality = examples.schema.modality
    name = architecture or ("inception_time" if _learns_series_labels(modality, objectives) else DEFAULTS[modality])
    cls = architectures[name]
    if cls.modality != modality:
        able = [n for n, a in architectures.items() if a.modality == modality and not a.needs_backbone]
        raise ConfigError(f"{name} reads {cls.modality} examples; these are {modality}. {did_you_mean(name, able)}")
    if cls.needs_backbone:
        raise ConfigError(f"{name} is built around a pretrained body already; choose a network without one.")
    recipe = next(iter(cls.recipes(_facts(examples, target, seed)).values()), Recipe(architecture=name))
    return replace(
        recipe,
        augment=recipe.augment if "supervised" in objectives else (),
        regularisation=replace(recipe.regularisation, mixup=0.0, early_stopping=None),
        transfer=Transfer(),
        resizing=Resizing(),  # its objectives make views of their own
        schedule=Schedule() if recipe.schedule.name == "plateau" else recipe.schedule,  # no examples to watch
        balance="none",
        length=length,
        batch_size=max(2, min(recipe.batch_size, len(examples) // 2)),
        test_time_augmentation=False,
        backbone=None,
        seed=seed,
    )


def pretraining_settings(recipe: Recipe, objectives: tuple[str, ...]) -> Mapping[str, object]:
    """Settings to pretrain with; those of the recipe are kept for later trainings."""
    settings = inspect.signature(architectures[recipe.architecture]).parameters
    if "masked" in objectives and "dropout" in settings:
        return {**recipe.settings, "dropout": DROPOUT}
    return recipe.settings


def _kinds(modality: Modality) -> dict[str, type[Pretext]]:
    return {n: k for n, k in pretexts.items() if modality in k.modalities}


def _learns_series_labels(modality: Modality, objectives: tuple[str, ...]) -> bool:
    return modality is Modality.SERIES and objectives == ("supervised",)


def _facts(examples: Dataset, target: Target | None, seed: int) -> Facts:
    schema = examples.schema
    images, series = schema.of_kind(Kind.IMAGE), schema.of_kind(Kind.SERIES)
    codes = target.encode(examples.target) if target is not None and target.kind == "classes" else None  # type: ignore[arg-type]
    column = examples.columns[images[0].name] if images else None
    is_safe = None
    if codes is not None and isinstance(column, ImageColumn):
        is_safe = mirror_evidence(column, codes, seed=seed).is_safe
    return Facts(
        modality=schema.modality,
        target=target or ClassTarget(("unlabelled",)),
        metric="accuracy",
        num_train=len(examples),
        class_counts=() if codes is None else tuple(np.bincount(codes).tolist()),
        image_size=images[0].image_size if images else (0, 0, 0),
        flip_is_safe=is_safe,
        series_shape=series[0].series_shape if series else (0, 0),
        num_numbers=len(schema.of_kind(Kind.NUMBER, Kind.DATE)),
        num_categories=len(schema.of_kind(Kind.CATEGORY)),
    )
