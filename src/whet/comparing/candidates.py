"""What takes part in a comparison: by family, each registered network with its first recipe, and each simple model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.comparing.families import check_families, families_of, families_of_estimator
from whet.models.architecture import architectures
from whet.models.estimators.estimator import estimators
from whet.recipe import Recipe
from whet.remedies.fine_tuning import FineTuning
from whet.remedies.frozen_features import FrozenFeatures
from whet.tasks.facts import Facts
from whet.tasks.task import Task

__all__ = ["Candidate", "candidates"]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One line of the table."""

    family: str
    recipe: Recipe

    @property
    def architecture(self) -> str:
        """The registered name of the network or the estimator."""
        return self.recipe.architecture

    @property
    def title(self) -> str:
        """How a person would call it; where an architecture has several families, with the one that it is here."""
        plain = self.architecture.replace("_", " ")
        several = not self.is_estimator and len(architectures[self.architecture].families) > 1
        plain = f"{plain} ({self.family})" if several else plain
        return f"{plain}, from the backbone" if self.recipe.backbone is not None else plain

    @property
    def is_estimator(self) -> bool:
        """Fitted in closed form or by a library, without the training loop."""
        return self.architecture in estimators


def candidates(task: Task, facts: Facts, families: Sequence[str] | None = None) -> tuple[Candidate, ...]:
    """Simple models first, then networks, in the order of ``families`` where it is given; None: all that fit.

    Raises:
        ConfigError: a family is unknown or has no model for such data.
    """
    everyone = (*_estimators(task, facts), *_networks(task, facts), *_from_backbone(task, facts))
    if families is None:
        return everyone
    wanted = list(dict.fromkeys(families))
    check_families(wanted, (c.family for c in everyone), modality=facts.modality)
    return tuple(c for family in wanted for c in everyone if c.family == family)


def _estimators(task: Task, facts: Facts) -> list[Candidate]:
    """The task's baselines and fast members, each architecture with the first recipe that names it."""
    first: dict[str, Recipe] = {}
    for recipe in (*task.baselines(facts), *task.members(facts)):
        if recipe.architecture in estimators:
            first.setdefault(recipe.architecture, recipe)
    return [Candidate(family=families_of_estimator(name)[0], recipe=recipe) for name, recipe in first.items()]


def _from_backbone(task: Task, facts: Facts) -> list[Candidate]:
    """The pretrained body, frozen and fine-tuned, as ``whet improve`` would first try it; nothing without one."""
    recipes = [r for remedy in (FrozenFeatures(), FineTuning()) for _, r in remedy.propose(task.default(facts), facts)]
    return [Candidate(family=families_of(recipe.architecture)[0], recipe=recipe) for recipe in recipes]


def _networks(task: Task, facts: Facts) -> list[Candidate]:
    """Each network's own recipes; one that states none takes part with the task's recipe for it, where there is one."""
    found = []
    stated = {r.architecture: r for r in reversed((task.default(facts), *task.alternatives(facts)))}
    for name, network in architectures.items():
        if network.modality != facts.modality:
            continue
        recipes = dict(network.recipes(facts))
        if not recipes and name in stated:
            recipes = {families_of(name)[0]: stated[name]}
        found += [Candidate(family=family, recipe=recipe) for family, recipe in recipes.items()]
    return found
