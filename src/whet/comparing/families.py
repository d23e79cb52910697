"""The kinds of model that people speak of: "cnn", "lstm", "transformer", "trees", "linear" ... and which fit what.

A network states its families itself. An estimator may (``families``); for those of Whet the table below says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from whet.data.kinds import Modality
from whet.errors import ConfigError, did_you_mean
from whet.models.architecture import Architecture, architectures
from whet.models.estimators.estimator import Estimator, estimators

__all__ = ["OTHER", "check_families", "families_of", "families_of_estimator", "known_families"]

ESTIMATORS = {
    "boosted_trees": ("trees",),
    "chargram_linear": ("linear",),
    "columns_linear": ("linear",),
    "frozen_features": ("frozen",),
    "hog_linear": ("linear",),
    "hydra_ridge": ("rocket",),
    "majority": ("majority",),
    "minirocket_ridge": ("rocket",),
    "nb_linear": ("linear",),
    "pixels_linear": ("linear",),
    "tfidf_linear": ("linear",),
}
OTHER = ("other",)  # a plug-in that does not say what it is


def families_of_estimator(name: str) -> tuple[str, ...]:
    """What kind an estimator is.

    >>> import whet.models.estimators
    >>> families_of_estimator("boosted_trees")
    ('trees',)
    """
    stated: tuple[str, ...] = tuple(getattr(estimators[name], "families", ()))
    return stated or ESTIMATORS.get(name, OTHER)


def families_of(name: str) -> tuple[str, ...]:
    """What kind a network or an estimator is."""
    return architectures[name].families or OTHER if name in architectures else families_of_estimator(name)


def known_families() -> dict[str, set[Modality]]:
    """Every family, with the kinds of example that some model of it reads."""
    known: dict[str, set[Modality]] = {}
    networks: list[tuple[str, type[Architecture]]] = architectures.items()
    simple: list[tuple[str, type[Estimator]]] = estimators.items()
    for name, network in networks:
        for family in families_of(name):
            known.setdefault(family, set()).add(network.modality)
    for name, estimator in simple:
        for family in families_of(name):
            known.setdefault(family, set()).update(estimator.modalities)
    return known


def check_families(wanted: Sequence[str], fitting: Iterable[str], *, modality: Modality) -> None:
    """Refuse a family that is not known, or that has nothing for such data; the message names those that have.

    >>> check_families(["cnn"], ["mlp", "trees"], modality=Modality.TABLE)
    Traceback (most recent call last):
    whet.errors.ConfigError: family 'cnn' has no model for these table examples; those that have: mlp, trees.
    """
    fit = list(dict.fromkeys(fitting))
    known = known_families()
    for family in wanted:
        if family in fit:
            continue
        if family not in known and family not in ("cnn", "rnn", "lstm", "gru", "transformer", "mlp", "bag"):
            raise ConfigError(f"unknown family {family!r}. {did_you_mean(family, {*known, *fit})}")
        raise ConfigError(
            f"family {family!r} has no model for these {modality} examples; those that have: {', '.join(sorted(fit))}."
        )
