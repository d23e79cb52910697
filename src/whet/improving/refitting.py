"""Before handing over: train the chosen members once more on every example, as far as time allows.

The sealed test has been opened and quoted by then, for the models that never saw it; what is handed over has the same
recipes and more data. A member whose training would not fit in the time that is left goes on from its weights instead,
where that is worth it, or keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np

from whet.bundle.model import Member
from whet.data.dataset import Dataset
from whet.errors import TrainingFailedError
from whet.improving.going_on import going_on
from whet.improving.prepare import truth_of
from whet.improving.session import Session
from whet.improving.trials import Trial, Weighted
from whet.recipe import Length, Recipe
from whet.training.fitted import Fitted, Training
from whet.training.validation import sample

__all__ = ["Refitted", "estimated_seconds", "refit_members"]

CHECKED = 1_000  # examples on which a model that was trained again is looked at
HASTE = 1.05  # what comes after the last step takes its time as well
SLACK = 1.25  # a refit may take this much longer than the trial per example, or it is cut off

How = Literal["again", "further", "kept"]


@dataclass(frozen=True, kw_only=True)
class Refitted:
    """A member as it is handed over, or one part of it."""

    member: Member
    weight: float
    temperature: float
    key: str  # of its trial
    how: How


def refit_members(session: Session, members: Sequence[Weighted], data: Dataset, *, until_s: float) -> list[Refitted]:
    """The members, heaviest first; one that was trained again, or further, is one part."""
    return [part for each in sorted(members, key=lambda m: -m.weight) for part in _parts(session, each, data, until_s)]


def _parts(session: Session, each: Weighted, data: Dataset, until_s: float) -> list[Refitted]:
    trial = each.trial
    how: How = "again"
    fitted = _again(session, trial, data, left_s=until_s - session.clock.elapsed())
    if fitted is None:
        how, fitted = "further", _further(session, trial, data, left_s=until_s - session.clock.elapsed())
    parts = [fitted] if fitted is not None else session.trials.fitted(trial)[: each.num_parts]
    return [
        Refitted(
            member=Member(title=trial.title, recipe=trial.recipe, fitted=part),
            weight=each.weight / len(parts),
            temperature=each.temperature,
            key=trial.key,
            how="kept" if fitted is None else how,
        )
        for part in parts
    ]


def _again(session: Session, trial: Trial, data: Dataset, *, left_s: float) -> Fitted | None:
    """The trial's recipe trained on ``data``; None when time, the training itself or its outcome fails."""
    recipe = _for_all(trial, session, len(data), left_s=left_s)
    if recipe is None or estimated_seconds(session, trial, len(data)) > left_s:
        return None
    work = partial(session.trials.refit, recipe, data, name=f"refit-{trial.key}")
    return _checked(session, trial, data, work, doing="training")


def _further(session: Session, trial: Trial, data: Dataset, *, left_s: float) -> Fitted | None:
    """The trial's one network, gone on with; None where there is no such thing, or it comes out worse."""
    if left_s == float("inf") or session.arena.num_parts > 1:
        return None
    recipe = going_on(trial, seconds=left_s / HASTE, growth=len(data) / session.arena.num_train)
    if recipe is None:
        return None
    work = partial(session.trials.further, recipe, trial, data)
    return _checked(session, trial, data, work, doing="going on with")


def _checked(
    session: Session, trial: Trial, data: Dataset, work: Callable[[], Training], *, doing: str
) -> Fitted | None:
    """What ``work`` trains on all of ``data``; None where it fails or comes out broken."""
    session.observer.doing(f"{doing} {trial.title} on all {len(data):,} examples")
    try:
        fitted = work().fitted
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
