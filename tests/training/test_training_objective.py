from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from training_world import class_target

from whet.errors import ConfigError
from whet.rng import make_generator
from whet.tasks.number import NumberTarget
from whet.training.mixup import mixup
from whet.training.objective import Supervised, class_weights, member_losses

OUTPUTS = torch.randn(8, 3, generator=make_generator(0, "outputs"))
CODES = torch.tensor([0, 1, 2, 0, 0, 0, 1, 0])


class Reads(nn.Module):
    def forward(self, batch):
        return batch["x"]


def loss_of(objective, outputs=OUTPUTS, targets=CODES, seed=0):
    return objective(Reads(), {"x": outputs}, targets, generator=make_generator(seed, "objective"))


def test_plain_loss_is_pytorchs_cross_entropy():
    torch.testing.assert_close(loss_of(Supervised(target=class_target())), F.cross_entropy(OUTPUTS, CODES))


def test_label_smoothing_is_pytorchs():
    ours = loss_of(Supervised(target=class_target(), label_smoothing=0.1))
    torch.testing.assert_close(ours, F.cross_entropy(OUTPUTS, CODES, label_smoothing=0.1))


def test_class_weights_are_inverse_to_frequency_with_mean_one_over_examples():
    weights = class_weights(CODES.numpy(), 3)
    assert weights[CODES].mean() == pytest.approx(1.0)
    assert weights[0] * 5 == pytest.approx(float(weights[1] * 2)) == pytest.approx(float(weights[2] * 1))


def test_even_classes_make_class_weights_neutral():
    codes = np.arange(9) % 3
    assert class_weights(codes, 3).tolist() == [1.0, 1.0, 1.0]


def test_weighted_loss_is_the_weighted_mean():
    weights = class_weights(CODES.numpy(), 3)
    ours = loss_of(Supervised(target=class_target(), class_weights=weights))
    torch.testing.assert_close(ours, (F.cross_entropy(OUTPUTS, CODES, reduction="none") * weights[CODES]).mean())


def test_members_are_averaged_and_equal_members_change_nothing():
    stacked = OUTPUTS.unsqueeze(1).repeat(1, 4, 1)
    losses = member_losses(class_target(), stacked, CODES)
    torch.testing.assert_close(losses, F.cross_entropy(OUTPUTS, CODES, reduction="none"))


def test_every_member_is_trained_on_its_own_loss():
    stacked = torch.stack([OUTPUTS, -OUTPUTS], dim=1)
    each = [F.cross_entropy(o, CODES, reduction="none") for o in (OUTPUTS, -OUTPUTS)]
    torch.testing.assert_close(member_losses(class_target(), stacked, CODES), (each[0] + each[1]) / 2)


def test_mixup_loss_is_that_of_the_mixed_targets():
    target = class_target()
    ours = loss_of(Supervised(target=target, mixup=0.5, label_smoothing=0.1))
    mixed, partner, weight = mixup({"x": OUTPUTS}, 0.5, generator=make_generator(0, "objective"))
    soft = target.soften(CODES) * weight + target.soften(CODES[partner]) * (1 - weight)
    torch.testing.assert_close(ours, F.cross_entropy(mixed["x"], soft, label_smoothing=0.1))


def test_mixup_of_numbers_pulls_towards_the_mixed_number():
    target, values = NumberTarget(0.0, 1.0, 0.0, 1.0), torch.randn(8, generator=make_generator(1, "values"))
    outputs = OUTPUTS[:, :1].clone().requires_grad_()
    ours = loss_of(Supervised(target=target, mixup=0.5), outputs, values)
    (gradient,) = torch.autograd.grad(ours, outputs)
    again = OUTPUTS[:, :1].clone().requires_grad_()
    mixed, partner, weight = mixup({"x": again}, 0.5, generator=make_generator(0, "objective"))
    goal = values * weight + values[partner] * (1 - weight)
    (expected,) = torch.autograd.grad(target.losses(mixed["x"], goal).mean(), again)
    torch.testing.assert_close(gradient, expected)


@given(seed=st.integers(0, 2**31 - 1), count=st.integers(1, 32), alpha=st.floats(0.05, 4.0))
def test_mixup_stays_inside_the_range_of_the_batch(seed, count, alpha):
    x = torch.rand(count, 3, generator=make_generator(seed, "data"))
    mixed, partner, weight = mixup({"x": x}, alpha, generator=make_generator(seed, "mixup"))
    assert 0.0 <= weight <= 1.0
    assert sorted(partner.tolist()) == list(range(count))
    assert mixed["x"].min() >= x.min() - 1e-6
    assert mixed["x"].max() <= x.max() + 1e-6


def test_mixup_weights_follow_the_beta_distribution():
    generator, x = make_generator(0, "beta"), {"x": torch.zeros(2, 1)}
    weights = np.array([mixup(x, 0.4, generator=generator)[2] for _ in range(4000)])
    assert weights.mean() == pytest.approx(0.5, abs=0.03)
    assert weights.var() == pytest.approx(1 / (4 * (2 * 0.4 + 1)), rel=0.05)


def test_mixup_refuses_ids():
    with pytest.raises(ConfigError, match="mixup averages inputs, but 'tokens' holds ids"):
        mixup({"tokens": torch.zeros(2, 3, dtype=torch.int64)}, 0.2, generator=make_generator(0))
