"""Who teaches the fast model, what it is, and what the teacher says about the training examples.

The teacher is what is handed over. A student that is scored on validation examples learns from the members' models
that were trained on the very same training examples, so that no validation label reaches it by way of the teacher: of
a cross-validated ensemble only the members with the same partition into folds teach. The student never sees a sealed
example, and a validation example only to be scored on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from whet.data.dataset import Dataset
from whet.ensembling.losses import loss_of
from whet.evaluation.blend import Blend
from whet.improving.handover import Handover
from whet.improving.imagining import with_imagined
from whet.improving.limiting import Guesses
from whet.improving.session import Session
from whet.improving.trials import Trial, Weighted
from whet.recipe import Distillation, Recipe

__all__ = ["choose_student", "student_recipe", "taught_part", "teaching_repeat"]

FASTER = 2.0  # times as fast as the ensemble, by an estimate, or it is not worth its training
GOOD = 1.25  # a student's loss on validation examples may be so many times that of the best network
PATIENT = 3.0  # times as many epochs as the trial: a student gains from long schedules (Beyer et al., CVPR 2022)
LISTENS = Distillation(weight=0.7, temperature=2.0)  # mostly to the teacher; Hinton et al. give labels a lower weight


def choose_student(session: Session, members: Sequence[Weighted], guesses: Guesses) -> Trial | None:
    """The fastest of the networks that are about as good as the best one; None without a network or a gain in time.

    In a run counted in epochs, which must be repeatable, the number of parameters stands in for the time.
    """
    networks = [t for t in session.pool if t.curve]
    if not networks:
        return None
    losses = [loss_of(t.scores, session.arena.truth) for t in networks]
    good = [t for t, loss in zip(networks, losses, strict=True) if loss <= GOOD * min(losses)]

    def cost(trial: Trial) -> float:
        return trial.num_parameters if session.clock.budget_s is None else guesses.of_part(trial)

    found = min(good, key=cost)
    parts = session.arena.num_parts
    return found if FASTER * cost(found) <= sum(cost(m.trial) * (m.num_parts or parts) for m in members) else None


def student_recipe(trial: Trial) -> Recipe:
    """The trial's recipe, for longer, without what garbles the teacher's answers or takes time to predict."""
    length = trial.recipe.length
    regularisation = replace(trial.recipe.regularisation, label_smoothing=0.0, mixup=0.0, cutmix=0.0)
    return replace(
        trial.recipe,
        treatments=(),
        regularisation=regularisation,
        schedule=replace(trial.recipe.schedule, cycles=1),
        transfer=replace(trial.recipe.transfer, contrastive=0.0),
        distillation=LISTENS,
        length=length if length.epochs is None else replace(length, epochs=PATIENT * length.epochs),
        test_time_augmentation=False,
        seed=0,
    )


def teaching_repeat(session: Session, handover: Handover) -> int:
    """The partition into folds by which most of the weight was trained; 0 with a fixed hold-out."""
    if session.arena.num_parts == 1:
        return 0
    weight: dict[int, float] = defaultdict(float)
    for member in handover.members:
        weight[member.trial.repeat] += member.weight
    return max(weight, key=lambda repeat: (weight[repeat], -repeat))


def taught_part(session: Session, handover: Handover, *, repeat: int, number: int) -> Dataset:
    """The training examples of part ``number`` with what the members' models of that part predict for them."""
    train = session.prepared.data.take(session.arena.parts_of(repeat)[number][0])
    crossed = session.arena.num_parts > 1
    members = [m for m in handover.members if not crossed or m.trial.repeat == repeat]
    blend = _of(handover.blend, members)

    def answer(data: Dataset) -> np.ndarray:
        return blend.combine([session.trials.fitted(m.trial)[number].scores(data) for m in members])

    return with_imagined(replace(train, taught=answer(train)), session.prepared.target, answer)


def _of(blend: Blend, members: Sequence[Weighted]) -> Blend:
    """The blend of some of its members, at the weight of all."""
    share = sum(m.weight for m in members) / sum(blend.weights)
    return replace(
        blend,
        weights=tuple(float(m.weight / share) for m in members),
        member_temperatures=tuple(m.temperature for m in members),
    )
