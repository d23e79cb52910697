"""Simple models first: they must be beaten, and when they are not the report says so and they are handed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from whet.improving.passes import is_glimpse
from whet.improving.session import Session
from whet.improving.trials import Wanted
from whet.ledger.entry import Stage
from whet.models.estimators.estimator import estimators
from whet.models.own_code import is_own
from whet.recipe import Length, Recipe, Treatment

__all__ = ["TITLES", "ensure_model", "run_baselines", "run_members"]

TITLES = {
    "majority": "always the most frequent class or the mean",
    "tfidf_linear": "TF-IDF + linear model",
    "chargram_linear": "character n-grams + linear model",
    "nb_linear": "naive-Bayes-weighted n-grams + linear model",
    "columns_linear": "linear model on columns",
    "boosted_trees": "boosted trees",
    "pixels_linear": "linear model on pixels",
    "hog_linear": "linear model on gradient histograms (HOG)",
    "minirocket_ridge": "MiniRocket + ridge",
    "hydra_ridge": "Hydra + ridge",
    "frozen_features": "linear model on frozen pretrained features",
}


def run_baselines(session: Session) -> None:
    """Train every baseline of the task; the best becomes ``session.baseline``."""
    recipes = session.prepared.task.baselines(session.prepared.facts)
    for trial in session.measure_all(Stage.BASELINE, _wanted(session, recipes)):
        if trial is not None and (session.baseline is None or session.better(trial.score, session.baseline.score)):
            session.baseline = trial


def ensure_model(session: Session) -> None:
    """The simplest model there is, which takes no time, where no other was ready in time."""
    if session.best is None:
        recipe = Recipe(architecture="majority", length=Length(epochs=1.0))
        session.baseline = session.run(recipe, title=title_of(recipe))


def run_members(session: Session) -> None:
    """Train further fast models while time allows; they may join the ensemble."""
    members, size = _wanted(session, _members(session)), session.num_workers
    for start in range(0, len(members), size):
        if session.clock.left() < 0.3 * (session.clock.budget_s or 0.0):
            return
        session.measure_all(Stage.BASELINE, members[start : start + size])


def _members(session: Session) -> list[Recipe]:
    """Those of the task; where labels are suspected, the best baseline without these examples first.

    Not where time is what is missing, because judging every label takes much of it.
    """
    facts = session.prepared.facts
    members = list(session.prepared.task.members(facts))
    if "label_errors" in facts.found and session.baseline is not None and not is_glimpse(session):
        plain = replace(session.baseline.recipe, seed=0, length=Length())
        members.insert(0, replace(plain, treatments=(Treatment(name="drop_suspected_labels"),)))
    return members


def title_of(recipe: Recipe) -> str:
    """How a person would call it."""
    shown = recipe.settings if recipe.architecture in estimators else recipe.encoding
    changed = "".join(f", {key}={value}" for key, value in shown.items())
    changed += "".join(f", {t.name.replace('_', ' ')}" for t in recipe.treatments)
    variant = f", variant {recipe.seed}" if recipe.seed else ""
    if is_own(recipe.architecture):
        return f"your {Path(recipe.architecture).name}, default recipe{changed}{variant}"
    plain = recipe.architecture.replace("_", " ")
    if recipe.architecture in estimators:
        return TITLES.get(recipe.architecture, plain) + changed + variant
    return f"{plain}, default recipe{changed}{variant}"


def _wanted(session: Session, recipes: Sequence[Recipe]) -> list[Wanted]:
    return [Wanted(recipe=_limited(session, recipe), title=title_of(recipe)) for recipe in recipes]


def _limited(session: Session, recipe: Recipe) -> Recipe:
    if session.clock.budget_s is None:
        return replace(recipe, length=Length(epochs=1.0))
    share = 0.10 * session.clock.budget_s / session.arena.num_parts
    return replace(recipe, length=Length(seconds=round(share, 2), epochs=None))
