"""Learning from a teacher: the loss is the one of the paper, and a recipe without a teacher is what it was."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from training_world import SETTING, class_target, numbers_dataset
from training_world import recipe as make_recipe

import whet.models.estimators  # noqa: F401
from whet.errors import ConfigError
from whet.evaluation.calibration import apply_temperature
from whet.recipe import Distillation, Length, Optimiser, Recipe, Regularisation
from whet.tasks.classes import ClassTarget
from whet.tasks.number import NumberTarget
from whet.training.checkpoint import identity
from whet.training.distilled import Distilled, packed
from whet.training.fit import fit
from whet.training.objective import Supervised

GENERATOR = torch.Generator()


def make_data():
    return numbers_dataset(120), class_target()


def loss_of(outputs, codes, taught, *, weight, temperature=2.0):
    """By the objective, with a network that always says ``outputs``."""
    objective = Distilled(
        labels=Supervised(target=ClassTarget(("a", "b", "c"))),
        distillation=Distillation(weight=weight, temperature=temperature),
    )
    softened = torch.from_numpy(apply_temperature(taught, temperature)).float()
    return objective(lambda batch: outputs, {}, packed(codes, softened), generator=GENERATOR)


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    taught = rng.dirichlet(np.ones(3), size=6)
    outputs = torch.from_numpy(rng.normal(size=(6, 3))).float()
    return outputs, torch.from_numpy(rng.integers(0, 3, 6)), taught


def test_without_weight_it_is_the_loss_on_the_labels(batch):
    outputs, codes, taught = batch
    assert float(loss_of(outputs, codes, taught, weight=0.0)) == pytest.approx(float(F.cross_entropy(outputs, codes)))


@pytest.mark.parametrize("temperature", [1.0, 2.0, 5.0])
def test_its_gradient_is_that_of_the_paper(batch, temperature):
    outputs, codes, taught = batch
    outputs.requires_grad_()
    (own,) = torch.autograd.grad(loss_of(outputs, codes, taught, weight=0.7, temperature=temperature), outputs)
    softened = torch.from_numpy(apply_temperature(taught, temperature)).float()
    divergence = F.kl_div(F.log_softmax(outputs / temperature, dim=1), softened, reduction="batchmean")
    paper = 0.3 * F.cross_entropy(outputs, codes) + 0.7 * temperature**2 * divergence
    (its,) = torch.autograd.grad(paper, outputs)
    assert torch.allclose(own, its, atol=1e-6)


def test_a_teacher_that_repeats_the_labels_changes_nothing(batch):
    outputs, codes, _ = batch
    labels = np.eye(3)[codes.numpy()]
    half = loss_of(outputs, codes, labels, weight=0.5, temperature=1.0)
    assert float(half) == pytest.approx(float(F.cross_entropy(outputs, codes)), rel=1e-5)


def test_members_side_by_side_each_learn_from_the_teacher(batch):
    outputs, codes, taught = batch
    both = torch.stack([outputs, outputs], dim=1)
    one, two = (loss_of(o, codes, taught, weight=0.7) for o in (outputs, both))
    assert float(two) == pytest.approx(float(one), rel=1e-5)


def test_numbers_are_drawn_to_the_teachers_value():
    target = NumberTarget(mean=10.0, std=2.0, low=0.0, high=20.0)
    objective = Distilled(labels=Supervised(target=target), distillation=Distillation(weight=1.0))
    taught = torch.tensor([[0.5], [-1.0]])
    loss = objective(lambda batch: torch.zeros(2, 1), {}, packed(torch.tensor([3.0, 3.0]), taught), generator=GENERATOR)
    assert float(loss) == pytest.approx((0.25 + 1.0) / 2)


def student(**changes):
    base = make_recipe(length=Length(epochs=8), optimiser=Optimiser(lr=0.03))
    return replace(base, distillation=Distillation(weight=0.7), **changes)


def taught(data, target, *, wrong=False):
    codes = target.encode(data.target)
    answers = np.eye(target.num_outputs)[(codes + wrong) % target.num_outputs]
    return replace(data, taught=0.9 * answers + 0.1 / target.num_outputs)


def test_a_student_believes_its_teacher():
    data, target = make_data()
    right = fit(student(), target, taught(data, target), data, setting=SETTING)
    misled = fit(
        replace(student(), distillation=Distillation(weight=1.0)),
        target,
        taught(data, target, wrong=True),
        data,
        setting=SETTING,
    )
    codes = target.encode(data.target)
    assert (right.valid_scores.argmax(axis=1) == codes).mean() > 0.7
    assert (misled.valid_scores.argmax(axis=1) == codes).mean() < 0.2


def test_a_teacher_that_nobody_listens_to_changes_no_bit():
    data, target = make_data()
    plain = fit(make_recipe(), target, data, data, setting=SETTING)
    unheard = fit(make_recipe(), target, taught(data, target), data, setting=SETTING)
    assert np.array_equal(plain.valid_scores, unheard.valid_scores)


@pytest.mark.parametrize(
    ("recipe", "has_teacher", "match"),
    [
        (student(), False, "teacher"),
        (student(regularisation=Regularisation(mixup=0.2)), True, "mixup"),
        (Recipe(architecture="columns_linear", distillation=Distillation(weight=0.5)), True, "labels"),
    ],
)
def test_what_cannot_be_taught_is_refused(recipe, has_teacher, match):
    data, target = make_data()
    with pytest.raises(ConfigError, match=match):
        fit(recipe, target, taught(data, target) if has_teacher else data, data, setting=SETTING)


def test_the_share_of_the_teacher_is_checked():
    with pytest.raises(ConfigError, match=r"Distillation\.weight"):
        Distillation(weight=1.5)
    with pytest.raises(ConfigError, match=r"Distillation\.temperature"):
        Distillation(temperature=0.0)


def test_the_teachers_answers_follow_their_examples():
    data, target = make_data()
    told = taught(data, target)
    index = np.array([5, 2, 9])
    assert np.array_equal(told.take(index).taught, told.taught[index])


def test_a_checkpoint_of_another_teacher_is_not_continued():
    data, target = make_data()
    one, other = taught(data, target), taught(data, target, wrong=True)
    assert identity(student(), one, None) == identity(student(), taught(data, target), None)
    assert len({identity(student(), each, None) for each in (data, one, other)}) == 3
