from __future__ import annotations

import copy

import pytest
import torch
from training_world import Conv, Net

from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.recipe import Optimiser
from whet.rng import make_generator
from whet.training.moving import Moving
from whet.training.muon import Muon, orthogonalised
from whet.training.optimisers import build_optimisers

SPEC = InputSpec(modality=Modality.TABLE, num_numbers=16)


def net(cls=Net):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return cls(SPEC, 3)


def gradients(model, seed=0):
    generator = make_generator(seed, "gradients")
    for parameter in model.parameters():
        drawn = torch.randn(parameter.shape, generator=generator)
        parameter.grad = torch.empty_like(parameter).copy_(drawn)  # with the parameter's strides, as autograd does


def run(model, step, count=5):
    for k in range(count):
        gradients(model, k)
        step(1.0 - 0.1 * k)
    return torch.cat([p.detach().flatten() for p in model.parameters()])


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_adamw_equals_pytorchs(decay):
    ours, theirs = net(), net()
    decayed = {id(p) for p in theirs.decayed()}
    groups = [
        {"params": [p for p in theirs.parameters() if id(p) in decayed], "weight_decay": decay},
        {"params": [p for p in theirs.parameters() if id(p) not in decayed], "weight_decay": 0.0},
    ]
    reference = torch.optim.AdamW(groups, lr=0.01)

    def step(rate):
        for group in reference.param_groups:
            group["lr"] = 0.01 * rate
        reference.step()

    optimisers = build_optimisers(ours, Optimiser(name="adamw", lr=0.01), weight_decay=decay)
    torch.testing.assert_close(run(ours, optimisers.step), run(theirs, step))


def test_sgd_equals_pytorchs():
    ours, theirs = net(), net()
    reference = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9, nesterov=True)

    def step(rate):
        reference.param_groups[0]["lr"] = 0.1 * rate
        reference.step()

    optimisers = build_optimisers(ours, Optimiser(name="sgd", lr=0.1))
    torch.testing.assert_close(run(ours, optimisers.step), run(theirs, step))


@pytest.mark.parametrize("name", ["adamw", "sgd", "muon"])
def test_without_gradients_that_pull_weights_shrink_by_the_rate_times_the_decay(name):
    model = net()
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    build_optimisers(model, Optimiser(name=name, lr=0.1, other_lr=0.1), weight_decay=0.5).step(0.5)
    decayed = {id(p) for p in model.decayed()}
    for n, parameter in model.named_parameters():
        factor = 1 - 0.1 * 0.5 * 0.5 if id(parameter) in decayed else 1.0
        torch.testing.assert_close(parameter.detach(), before[n] * factor)


@pytest.mark.parametrize("shape", [(16, 16), (8, 40), (64, 9)])
def test_muon_orthogonalises(shape):
    matrix = torch.randn(shape, generator=make_generator(0, "muon"))
    values = torch.linalg.svdvals(orthogonalised(matrix, steps=5))
    assert values.min() > 0.6
    assert values.max() < 1.3
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    assert (
        torch.nn.functional.cosine_similarity((u @ v).flatten(), orthogonalised(matrix, steps=5).flatten(), dim=0)
        > 0.95
    )


def test_muon_moves_hidden_matrices_and_filters_and_adamw_the_rest():
    model = net(Conv)
    muon, adamw = build_optimisers(model, Optimiser(name="muon")).parts
    names = {id(p): n for n, p in model.named_parameters()}
    assert isinstance(muon, Muon)
    assert {names[id(p)] for p in muon.param_groups[0]["params"]} == {"conv.weight", "deep.weight"}
    assert len(muon.param_groups[0]["params"]) + len(adamw.param_groups[0]["params"]) == len(names)


@pytest.mark.parametrize("name", ["adamw", "sgd", "muon"])
@pytest.mark.parametrize("cls", [Net, Conv])
def test_state_survives_a_round_trip_bit_for_bit(name, cls):
    one = net(cls).to(memory_format=torch.channels_last)
    first = Moving(model=one, optimisers=build_optimisers(one, Optimiser(name=name), weight_decay=0.1))
    run(one, first.optimisers.step)
    two = copy.deepcopy(one)
    second = Moving(model=two, optimisers=build_optimisers(two, Optimiser(name=name), weight_decay=0.1))
    second.load({n: t.contiguous() for n, t in first.copies().items()})
    assert torch.equal(run(one, first.optimisers.step), run(two, second.optimisers.step))


def test_frozen_parameters_do_not_move():
    model = net()
    model.backbone.requires_grad_(False)
    before = model.backbone[0].weight.clone()
    gradients(model)
    build_optimisers(model, Optimiser(name="muon"), weight_decay=0.5).step(1.0)
    assert torch.equal(before, model.backbone[0].weight)
