from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from whet.rng import drawing_globally, make_generator
from whet.training.adamw import AdamW
from whet.training.optimisers import Optimisers


def net():
    with drawing_globally(0, "net"):
        return nn.Sequential(nn.Conv2d(2, 4, 3), nn.Flatten(), nn.Linear(16, 5), nn.Linear(5, 3)).to(
            memory_format=torch.channels_last
        )


def set_gradients(model, step, held=()):
    generator = make_generator(step, "gradients")
    for place, parameter in enumerate(model.parameters()):
        drawn = torch.randn(parameter.shape, generator=generator)
        parameter.grad = None if place in held else torch.empty_like(parameter).copy_(drawn)


def held_at(step):
    """Nothing at first, then the lower layers, then others: as phases of a pretrained body hold them."""
    return [(), (), (0, 1), (0, 1), (2,), (), tuple(range(6)), ()][step % 8]


def assert_same_bits(ours, theirs):
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("held", [lambda _: (), held_at, lambda step: (5,) if step < 4 else ()])
def test_weights_and_state_are_those_of_pytorch_bit_for_bit(held):
    ours, theirs = net(), net()
    one = AdamW(list(ours.parameters()), lr=0.01)
    other = torch.optim.AdamW(theirs.parameters(), lr=0.01, weight_decay=0.0, fused=True)
    for step in range(16):
        for model in (ours, theirs):
            set_gradients(model, step, held(step))
        one.param_groups[0]["lr"] = other.param_groups[0]["lr"] = 0.01 / (step + 1)
        one.step()
        other.step()
        assert_same_bits(ours, theirs)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert all(torch.equal(one.state[a][name], value) for name, value in other.state[b].items())
        assert one.state[a].keys() == other.state[b].keys()


@pytest.mark.parametrize("stopped_at", [0, 1, 3, 5])
def test_state_that_was_kept_and_loaded_goes_on_as_if_nothing_had_happened(stopped_at):
    through, resumed = net(), net()
    first = Optimisers([AdamW(list(through.parameters()), lr=0.01)], decayed=[])
    second = Optimisers([AdamW(list(resumed.parameters()), lr=0.01)], decayed=[])
    for step in range(8):
        if step == stopped_at:
            kept = {name: tensor.clone() for name, tensor in first.tensors().items()}
            resumed.load_state_dict(copy.deepcopy(through.state_dict()))
            second.load(kept)
        set_gradients(through, step, held_at(step))
        first.step(1.0)
        if step >= stopped_at:
            set_gradients(resumed, step, held_at(step))
            second.step(1.0)
    assert_same_bits(through, resumed)


def test_going_back_to_before_the_first_step_forgets_the_means():
    model = net()
    optimisers = Optimisers([AdamW(list(model.parameters()), lr=0.01)], decayed=[])
    before, weights = dict(optimisers.tensors()), copy.deepcopy(model.state_dict())
    for _ in range(2):
        model.load_state_dict(weights)
        optimisers.load(before)
        set_gradients(model, 0)
        optimisers.step(1.0)
        found = [p.detach().clone() for p in model.parameters()]
    fresh = net()
    set_gradients(fresh, 0)
    AdamW(list(fresh.parameters()), lr=0.01).step()
    assert all(torch.equal(a, b) for a, b in zip(found, fresh.parameters(), strict=True))
