"""Before handing over: train the chosen members once more on every example, as far as time allows.

The sealed test has been opened and quoted by then, for the models that never saw it; what is handed over has the same
recipes and more data. A member whose training would not fit in the time that is left keeps its weights.
"""

from __future__ import annotations

from dataclasses import replace

from whet.bundle.model import Member
from whet.data.dataset import Dataset
from whet.errors import TrainingFailedError
from whet.improving.session import Session
from whet.improving.trials import Trial
from whet.recipe import Length, Recipe

__all__ = ["refit_members"]

SLACK = 1.25  # a refit may take this much longer than the trial per example, or it is cut off


def refit_members(
    session: Session, members: tuple[tuple[Trial, float], ...], data: Dataset, *, until_s: float
) -> tuple[list[tuple[Member, float]], int]:
    """(member, weight) pairs, heaviest first, and how many of the trials were trained again."""
    result: list[tuple[Member, float]] = []
    refitted = 0
    for trial, weight in sorted(members, key=lambda pair: -pair[1]):
        recipe = _for_all(trial, session, len(data))
        left = until_s - session.clock.elapsed()
        if recipe is not None and estimated_seconds(session, trial, len(data)) <= left:
            session.observer.doing(f"training {trial.title} on all {len(data):,} examples")
            try:
                training = session.trials.refit(recipe, data, name=f"refit-{trial.key}")
            except TrainingFailedError as fault:
                session.observer.say(f"{trial.title}: training on all examples failed ({fault.cause}); kept as it was")
            else:
                result.append((Member(title=trial.title, recipe=trial.recipe, fitted=training.fitted), weight))
                refitted += 1
                continue
        parts = session.trials.fitted(trial)
        result += [(Member(title=trial.title, recipe=trial.recipe, fitted=p), weight / len(parts)) for p in parts]
    return result, refitted


def estimated_seconds(session: Session, trial: Trial, num_examples: int) -> float:
    """How long the trial would take on that many examples."""
    return SLACK * trial.seconds / session.arena.num_parts * num_examples / session.arena.num_train


def _for_all(trial: Trial, session: Session, num_examples: int) -> Recipe | None:
    """The trial's recipe for as many epochs as it had; None for one that had no epochs to speak of."""
    recipe = trial.recipe
    if not trial.curve:  # an estimator
        return recipe
    if trial.epochs < 0.5:
        return None
    regularisation = replace(recipe.regularisation, early_stopping=None)
    schedule = replace(recipe.schedule, name="cosine") if recipe.schedule.name == "plateau" else recipe.schedule
    seconds = None if recipe.length.seconds is None else estimated_seconds(session, trial, num_examples)
    return replace(
        recipe,
        length=Length(seconds=seconds and round(max(0.5, seconds), 2), epochs=round(trial.epochs, 3)),
        regularisation=regularisation,
        schedule=schedule,
    )
