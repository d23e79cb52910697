"""Every registered network and simple model: kind, size at a reference input, when to use it and when not."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from typing import Any

import whet.augment
import whet.data.encoders
import whet.models
import whet.models.estimators
import whet.tasks  # noqa: F401  (these five fill the registries)
from whet.comparing.docstrings import about
from whet.comparing.families import families_of
from whet.comparing.reference import reference_facts, reference_spec, reference_words
from whet.data.kinds import Modality
from whet.errors import ConfigError, WhetError, did_you_mean
from whet.models.architecture import Architecture, architectures, build
from whet.models.estimators.estimator import Estimator, estimators
from whet.tasks.task import task_for_facts

__all__ = ["Entry", "catalogue", "entry"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One model of the catalogue; words come from its module's docstring."""

    name: str
    is_network: bool
    families: tuple[str, ...]
    modalities: tuple[str, ...]
    what: str
    helps: str
    hurts: str
    source: str
    differs: str
    num_parameters: int | None = None  # at ``reference``; None: depends on the data, or on a pretrained source
    reference: str = ""
    receptive_field: int | None = None  # pixels along a side, tokens or steps; None: all of them, or not a network
    receptive_field_is_all: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)  # with their defaults
    needs_backbone: bool = False

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def catalogue(*, modality: str | None = None, family: str | None = None) -> tuple[Entry, ...]:
    """Networks and simple models, by name; ``modality`` and ``family`` leave out all others.

    Raises:
        ConfigError: the modality or the family is unknown; the message names the nearest.
    """
    if modality is not None and modality not in list(Modality):
        raise ConfigError(f"unknown modality {modality!r}. {did_you_mean(modality, [str(m) for m in Modality])}")
    names = [*architectures, *estimators]
    if family is not None:
        known = {f for name in names for f in families_of(name)}
        if family not in known:
            raise ConfigError(f"unknown family {family!r}. {did_you_mean(family, sorted(known))}")
    chosen = [n for n in names if modality is None or modality in _modalities(n)]
    return tuple(entry(name) for name in chosen if family is None or family in families_of(name))


def entry(name: str) -> Entry:
    """One model in full.

    Raises:
        ConfigError: no model has that name; the message names the nearest.
    """
    if name in architectures:
        return _network(name, architectures[name])
    if name in estimators:
        return _estimator(name, estimators[name])
    raise ConfigError(f"no model is called {name!r}. {did_you_mean(name, sorted([*architectures, *estimators]))}")


def _network(name: str, network: type[Architecture]) -> Entry:
    model = _built(name, network)
    sees = None if model is None else model.receptive_field()
    return Entry(
        name=name,
        is_network=True,
        families=families_of(name),
        modalities=(str(network.modality),),
        **asdict(about(network)),
        num_parameters=None if model is None else sum(p.numel() for p in model.parameters()),
        reference="" if model is None else reference_words(network.modality),
        receptive_field=sees,
        receptive_field_is_all=model is not None and sees is None,
        settings=_keyword_defaults(network),
        needs_backbone=network.needs_backbone,
    )


def _built(name: str, network: type[Architecture]) -> Architecture | None:
    """The network of its first recipe, at the reference input; None where it needs a pretrained body."""
    import torch

    if network.needs_backbone:
        return None
    facts = reference_facts(network.modality)
    recipes = list(network.recipes(facts).values())
    task = task_for_facts(facts)
    recipes += [r for r in (task.default(facts), *task.alternatives(facts)) if r.architecture == name]
    settings = recipes[0].settings if recipes else {}
    spec, outputs = reference_spec(network.modality), facts.target.num_outputs
    try:
        with torch.device("meta"):  # shapes without memory
            return build(name, spec, outputs, settings, seed=0)
    except WhetError:
        return None
    except (RuntimeError, NotImplementedError):  # it computes with values while it is built
        return build(name, spec, outputs, settings, seed=0)


def _estimator(name: str, estimator: type[Estimator]) -> Entry:
    return Entry(
        name=name,
        is_network=False,
        families=families_of(name),
        modalities=tuple(sorted(str(m) for m in estimator.modalities)),
        **asdict(about(estimator)),
        settings=_estimator_defaults(estimator),
    )


def _estimator_defaults(estimator: type[Estimator]) -> dict[str, Any]:
    """From ``defaults``, or from the settings class that the estimator's module reads its settings with."""
    stated: dict[str, Any] = dict(getattr(estimator, "defaults", {}))
    if stated:
        return stated
    module = vars(inspect.getmodule(estimator))
    for name, found in module.items():
        if name.endswith("Settings") and is_dataclass(found) and isinstance(found, type):
            stated |= _flat(_field_defaults(found))
    return stated


def _field_defaults(settings: type) -> dict[str, Any]:
    """Without making one: some settings have no default that works."""
    found = {}
    for each in fields(settings):
        default = each.default if each.default_factory is MISSING else each.default_factory()
        found[each.name] = asdict(default) if is_dataclass(default) and not isinstance(default, type) else default
    return {name: None if value is MISSING else value for name, value in found.items()}


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a part are given by their own names beside the others."""
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        flat |= value if isinstance(value, dict) else {key: value}
    return flat


def _keyword_defaults(network: type[Architecture]) -> dict[str, Any]:
    parameters = inspect.signature(network).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def _modalities(name: str) -> tuple[str, ...]:
    if name in architectures:
        return (str(architectures[name].modality),)
    return tuple(str(m) for m in estimators[name].modalities)
