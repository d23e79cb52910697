"""What a network goes on with where one more training does not fit."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hold_out_world import arena_of, trials_of

import whet.evaluation.metrics  # noqa: F401
from whet.data.kinds import Modality
from whet.evaluation.metric import metrics
from whet.improving.going_on import going_on
from whet.improving.refitting import refit_members
from whet.improving.trials import Weighted
from whet.recipe import Distillation, Length, Optimiser, Recipe, Regularisation, Resizing, Schedule, Transfer, Treatment
from whet.tasks.classes import ClassTarget
from whet.testing.examples import target_of, tiny

RECIPE = Recipe(
    architecture="convnet",
    optimiser=Optimiser(name="muon", lr=0.2, other_lr=0.01),
    schedule=Schedule(name="plateau"),
    regularisation=Regularisation(early_stopping=3),
    resizing=Resizing(start=0.5, full_from=0.7),
    length=Length(epochs=None, seconds=100.0),
)


def trial_of(recipe, **changes):
    given = {"recipe": recipe, "curve": ("point",), "seconds": 100.0, "epochs": 10.0, "ingredients": 1, "score": 0.9}
    return SimpleNamespace(**{**given, "title": "a network", "key": "a", **changes})


def test_it_goes_on_at_a_lower_rate_that_ends_at_nothing():
    on = going_on(trial_of(RECIPE), seconds=20.0, growth=1.25)
    assert 0 < on.optimiser.lr < RECIPE.optimiser.lr
    assert on.optimiser.lr / RECIPE.optimiser.lr == pytest.approx(on.optimiser.other_lr / RECIPE.optimiser.other_lr)
    assert on.schedule.name == "cosine"
    assert on.resizing == Resizing()
    assert on.regularisation.early_stopping is None
    assert on.length == Length(seconds=20.0, epochs=None)
    assert on.seed != RECIPE.seed


@pytest.mark.parametrize(
    "changes",
    [
        {"curve": ()},
        {"ingredients": 3},
        {"recipe": replace(RECIPE, schedule=Schedule(cycles=2))},
        {"recipe": replace(RECIPE, backbone="minilm")},
        {"recipe": replace(RECIPE, transfer=Transfer(layer_decay=0.8))},
        {"recipe": replace(RECIPE, distillation=Distillation(weight=0.5))},
        {"recipe": replace(RECIPE, treatments=(Treatment(name="drop_suspected_labels"),))},
        {"epochs": 5.0},
    ],
)
def test_what_would_bring_nothing_is_left(changes):
    assert going_on(trial_of(**{"recipe": RECIPE, **changes}), seconds=20.0, growth=1.25) is None


class Data:
    """Enough of a data set of two classes."""

    target = np.array(["a", "b"] * 50, dtype=object)

    def __len__(self):
        return len(self.target)

    def take(self, rows):
        return self


CODES = ClassTarget(("a", "b"))


def session_of(*, further, left_s=50.0, num_parts=1):
    """A run in which one more training would take 156 s, or 31 s of a member in five parts."""

    def refit(*given, **settings):
        raise AssertionError("there is no time for that")

    fitted = SimpleNamespace(scores=lambda data: np.eye(2)[CODES.encode(data.target)])
    trials = SimpleNamespace(refit=refit, further=further, fitted=lambda trial: [fitted])
    said = []
    return SimpleNamespace(
        prepared=SimpleNamespace(target=CODES, metric=metrics["accuracy"]),
        arena=SimpleNamespace(num_parts=num_parts, num_train=80),
        gain=lambda after, before: after - before,
        clock=SimpleNamespace(elapsed=lambda: 0.0),
        observer=SimpleNamespace(doing=said.append, say=said.append),
        trials=trials,
        said=said,
        left_s=left_s,
    )


def refitted(session):
    members = [Weighted(trial=trial_of(replace(RECIPE, schedule=Schedule())))]
    return refit_members(session, members, Data(), until_s=session.left_s)


def test_a_member_without_time_for_one_more_training_goes_on():
    asked = []
    better = SimpleNamespace(scores=lambda data: np.eye(2)[CODES.encode(data.target)])

    def further(recipe, trial, data):
        asked.append(recipe)
        return SimpleNamespace(fitted=better)

    (member,) = refitted(session_of(further=further))
    assert member.how == "further"
    assert member.member.fitted is better
    assert 40 < asked[0].length.seconds <= 50


def test_a_member_that_came_out_worse_keeps_its_weights():
    worse = SimpleNamespace(scores=lambda data: np.full((len(data), 2), 0.5))
    session = session_of(further=lambda *given: SimpleNamespace(fitted=worse))
    (member,) = refitted(session)
    assert member.how == "kept"
    assert member.member.fitted is not worse
    assert "worse than before" in session.said[-1]


@pytest.mark.parametrize("changes", [{"left_s": 12.0}, {"num_parts": 5, "left_s": 20.0}])
def test_too_little_time_or_several_parts_leave_it_as_it_is(changes):
    def further(*given):
        raise AssertionError("nothing goes on")

    assert [member.how for member in refitted(session_of(further=further, **changes))] == ["kept"]


def test_a_stored_trial_goes_on_with_every_example(tmp_path):
    data = tiny(Modality.TABLE, n=120)
    recipe = Recipe(architecture="mlp", length=Length(epochs=20), batch_size=16, regularisation=Regularisation())
    trial = trials_of(data, tmp_path).run(arena_of(data, 80), recipe, title="a network")
    on = going_on(replace(trial, seconds=1.0), seconds=60.0, growth=1.5)
    later = trials_of(data, tmp_path)  # of a run that was stopped and goes on
    training = later.further(replace(on, length=Length(epochs=2)), trial, data)
    (before,) = later.fitted(trial)
    assert training.steps == 2 * 8  # batches of 16 out of 120
    assert training.fitted.encoder is before.encoder
    truth = target_of(data).encode(data.target)
    right = [(part.scores(data).argmax(axis=1) == truth).mean() for part in (before, training.fitted)]
    assert right[1] >= right[0] - 0.05
