"""One fast model that stands in for the ensemble: trained on what the ensemble says, offered beside it.

Source: Hinton et al., "Distilling the Knowledge in a Neural Network", 2015; see ``training.distilled``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from whet.bundle.model import Member, Model
from whet.errors import TrainingFailedError
from whet.evaluation.blend import Blend
from whet.evaluation.calibration import fit_temperature
from whet.improving.blending import CALIBRATED
from whet.improving.candidate import MEASURE_S, costs_of, title_of
from whet.improving.costs import Costs, costs_of_model
from whet.improving.handover import Handover
from whet.improving.imagining import num_imagined, with_imagined
from whet.improving.limiting import Guesses
from whet.improving.session import Session
from whet.improving.shares import Shares, finish_seconds
from whet.improving.teaching import choose_student, student_recipe, taught_part, teaching_repeat
from whet.improving.trials import Trial
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.recipe import Length, Recipe

__all__ = ["Fast", "distil", "distilling_seconds"]

# Of the seconds that the student's recipe took before: with less it would learn too little.
LEAST, LEAST_ASKED = 0.5, 0.2


@dataclass(frozen=True, kw_only=True)
class Fast:
    """The fast model, and what it is measured against."""

    trial: Trial  # the student as the arena scores it
    model: Model
    costs: Costs
    teacher: str  # title
    teacher_costs: Costs


def distilling_seconds(session: Session, exploring_s: float) -> float:
    """What is kept free for it; nothing where it is not wanted or the budget is too small for it."""
    budget = session.clock.budget_s
    asked, shares = session.options.fast_model, Shares()
    if budget is None or asked is False or (asked is None and budget < shares.distil_from_s):
        return 0.0
    return (shares.distil_asked if asked else shares.distil) * exploring_s


def distil(session: Session, handover: Handover, *, seconds: float) -> Fast | None:
    """Train a student within ``seconds``; None where it does not apply, for a reason that the observer is told."""
    if session.options.fast_model is False or len(handover.members) < 2:
        return None
    guesses = Guesses(session)
    found = choose_student(session, handover.members, guesses)
    if found is None:
        session.observer.say("no fast model: no good network of this run is much faster than the ensemble")
        return None
    teacher = costs_of(session, handover, seconds=MEASURE_S)
    recipe = session.folder.remember("student", lambda: _planned(session, found, teacher, seconds))
    if recipe is None:
        session.observer.say(
            "no fast model: there was no time for one; ask for it with --fast, or allow a larger budget"
        )
        return None
    trial = _judged(session, handover, Recipe.from_dict(recipe))
    if trial is None:
        return None
    model = _model(session, handover, trial)
    data = session.prepared.data.take(session.arena.evaluated)
    costs = costs_of_model(model, data, seconds=MEASURE_S, scratch=session.folder.cache)
    return Fast(trial=trial, model=model, costs=costs, teacher=title_of(handover), teacher_costs=teacher)


def _planned(session: Session, found: Trial, teacher: Costs, seconds: float) -> dict[str, Any] | None:
    """The student's recipe with its share of the time; None where that is too little."""
    recipe, parts = student_recipe(found), session.arena.num_parts
    if session.clock.budget_s is None:
        return recipe.to_dict()
    trainings = parts if parts == 1 else parts + 1  # with folds once more, on all examples
    modality = session.prepared.schema.modality
    seen = sum(len(train) + num_imagined(len(train), modality) for train, _ in session.arena.parts_of(0))
    left_s = min(seconds, session.clock.left() - finish_seconds(session.clock.budget_s))
    each_s = (left_s - teacher.latency_ms[64] / 1000 * seen) / trainings
    least = LEAST_ASKED if session.options.fast_model else LEAST
    if each_s < least * found.seconds / parts:
        return None
    return replace(recipe, length=Length(seconds=round(each_s, 2), epochs=recipe.length.epochs)).to_dict()


def _judged(session: Session, handover: Handover, recipe: Recipe) -> Trial | None:
    """The student as a trial of the arena, with a row; None when its training failed."""
    found: list[Trial] = []
    repeat = teaching_repeat(session, handover)
    title = f"distilled: {recipe.architecture}"

    def train() -> Trial:
        session.observer.doing(title)
        return session.trials.run_taught(
            session.arena,
            recipe,
            title=title,
            repeat=repeat,
            taught=lambda number: taught_part(session, handover, repeat=repeat, number=number),
        )

    def work() -> Decision:
        found.append(train())
        before = float(session.prepared.metric.compute(session.arena.truth, handover.blend.decide(handover.scores)))
        return Decision(
            verdict=Verdict.MEASURED,
            reason="the fast model against the ensemble that taught it, on validation examples",
            before=before,
            after=found[0].score,
            gain=session.gain(found[0].score, before),
            num_examples=len(found[0].scores),
            num_seeds=1,
            seconds=found[0].seconds,
        )

    plan = Plan(
        stage=Stage.DISTIL,
        remedy="distillation",
        change=title,
        because=f"one network is faster than an {title_of(handover)}",
        recipe=recipe.digest(),
    )
    if session.book.row(plan, work).verdict is Verdict.FAILED:
        return None
    return found[0] if found else train()


def _model(session: Session, handover: Handover, trial: Trial) -> Model:
    """The student as it is offered: trained on the training part, or with folds once more on all development examples.

    In the second case the teacher's answers are those of models that had not seen the example (out-of-fold).
    """
    temperature = 1.0
    if trial.scores.shape[1] > 1 and len(trial.scores) >= CALIBRATED:
        temperature = fit_temperature(trial.scores, session.arena.truth)
    fitted = session.trials.fitted(trial)[0]
    if session.arena.num_parts > 1:
        session.observer.doing(f"{trial.title}, on all examples")
        told = replace(session.prepared.data.take(session.arena.evaluated), taught=np.asarray(handover.scores))
        teacher = session.model_of(handover.members, handover.blend)
        data = with_imagined(told, session.prepared.target, teacher.scores)
        try:
            fitted = session.trials.bench.train(trial.recipe, data, None, name=f"fast-{trial.key}").fitted
        except TrainingFailedError as fault:
            session.observer.say(f"{trial.title}: training on all examples failed ({fault.cause}); one fold's is used")
    member = Member(title=trial.title, recipe=trial.recipe, fitted=fitted)
    return session.model([member], [1.0], [1.0], Blend(weights=(), temperature=temperature))
