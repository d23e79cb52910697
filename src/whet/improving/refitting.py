"""Before handing over: train the chosen members once more on every example, as far as time allows.

The sealed test has been opened and quoted by then, for the models that never saw it; what is handed over has the same
recipes and more data. A member whose training would not fit in the time that is left keeps its weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from whet.bundle.model import Member
from whet.data.dataset import Dataset
from whet.errors import TrainingFailedError
from whet.improving.prepare import truth_of
from whet.improving.session import Session
from whet.improving.trials import Trial, Weighted
from whet.recipe import Length, Recipe
from whet.training.fitted import Fitted
from whet.training.validation import sample

__all__ = ["Refitted", "estimated_seconds", "refit_members"]

CHECKED = 1_000  # examples on which a model that was trained again is looked at
SLACK = 1.25  # a refit may take this much longer than the trial per example, or it is cut off


@dataclass(frozen=True, kw_only=True)
class Refitted:
    """A member as it is handed over."""

    member: Member
    weight: float
    temperature: float


def refit_members(
    session: Session, members: Sequence[Weighted], data: Dataset, *, until_s: float
) -> tuple[list[Refitted], int]:
    """The members, heaviest first, and how many of the trials were trained again."""
    result: list[Refitted] = []
    refitted = 0
    for each in sorted(members, key=lambda m: -m.weight):
        again = _again(session, each.trial, data, left_s=until_s - session.clock.elapsed())
        refitted += again is not None
        parts = [again] if again is not None else session.trials.fitted(each.trial)[: each.num_parts]
        for part in parts:
            member = Member(title=each.trial.title, recipe=each.trial.recipe, fitted=part)
            result.append(Refitted(member=member, weight=each.weight / len(parts), temperature=each.temperature))
    return result, refitted


def _again(session: Session, trial: Trial, data: Dataset, *, left_s: float) -> Fitted | None:
    """The trial's recipe trained on ``data``; None when time, the training itself or its outcome fails."""
    recipe = _for_all(trial, session, len(data), left_s=left_s)
    if recipe is None or estimated_seconds(session, trial, len(data)) > left_s:
        return None
    session.observer.doing(f"training {trial.title} on all {len(data):,} examples")
    try:
        fitted = session.trials.refit(recipe, data, name=f"refit-{trial.key}").fitted
    except TrainingFailedError as fault:
        session.observer.say(f"{trial.title}: training on all examples failed ({fault.cause}); kept as it was")
        return None
    if not _is_sound(session, trial, fitted, data):
        session.observer.say(f"{trial.title}: trained on all examples it does worse than before; kept as it was")
        return None
    return fitted


def _is_sound(session: Session, trial: Trial, fitted: Fitted, data: Dataset) -> bool:
    """On examples that it was trained on, a model is not worse than its twin was on unseen ones, or something broke."""
    some = data.take(sample(len(data), CHECKED))
    assert some.target is not None
    score = float(session.prepared.metric.compute(truth_of(session.prepared.target, some.target), fitted.scores(some)))
    scale = 1.0 if session.prepared.metric.unit == "fraction" else abs(trial.score)
    return bool(session.gain(score, trial.score) >= -scale / np.sqrt(len(some)))


def estimated_seconds(session: Session, trial: Trial, num_examples: int) -> float:
    """How long the trial would take on that many examples."""
    return SLACK * trial.seconds / session.arena.num_parts * num_examples / session.arena.num_train


def _for_all(trial: Trial, session: Session, num_examples: int, *, left_s: float) -> Recipe | None:
    """The trial's recipe for as many epochs as it had; None for one that had no epochs to speak of."""
    recipe = trial.recipe
    if not trial.curve:  # an estimator ends by itself; the limit it had in the trial was one of folds and baselines
        return (
            replace(recipe, length=Length(seconds=round(max(1.0, left_s), 2), epochs=None)) if left_s < 1e9 else recipe
        )
    if trial.epochs < 0.5 or trial.recipe.distillation.weight or trial.ingredients > 1:
        # the teacher has said nothing about further examples, and one training is no soup
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
