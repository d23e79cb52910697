import pytest
import torch
from curing_scripts import Attentive, blobs, cured, mlp, script, trained_score, waves
from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.rules.saturation import Saturation


class Own(nn.Module):
    """Weights of its own, without ``reset_parameters``."""

    def __init__(self, fill):
        super().__init__()
        self.weight = nn.Parameter(torch.full((32, 8), fill))
        self.scale = nn.Parameter(torch.full((32,), 1.0))

    def forward(self, x):
        return x @ self.weight.T * self.scale


@pytest.mark.parametrize("value", [0.0, 0.1])
def test_constant_weights(value):
    model = mlp(depth=2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(value)
    setup = script(model, blobs(), blobs(seed=1))
    assert trained_score(cured("reinitialise", setup)) > max(0.85, trained_score(setup) + 0.1)


def test_a_module_without_a_way_to_reset_itself():
    model = nn.Sequential(Own(0.0), nn.ReLU(), nn.Linear(32, 3))
    changed = cured("reinitialise", script(model, blobs(), blobs(seed=1)))
    assert changed.model[0].weight.std() > 0.05
    assert (changed.model[0].scale == 1).all()
    assert trained_score(changed) > 0.85


def test_attention_weights_of_huge_size():
    model = Attentive()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(50)
    changed = cured("reinitialise", script(model, waves(), waves(seed=1)))
    assert max(float(p.detach().abs().max()) for p in changed.model.parameters()) < 2


def test_frozen_modules_keep_their_weights_and_momenta_are_dropped():
    model = mlp()
    model[0].requires_grad_(False)
    setup = script(model, blobs())
    x, y = blobs(16)
    setup.loss(model(x), y).backward()
    setup.optimizer.step()
    changed = cured("reinitialise", setup)
    assert torch.equal(changed.model[0].weight, model[0].weight)
    assert not torch.equal(changed.model[2].weight, model[2].weight)
    assert len(changed.optimizer.state) == 0


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh])
def test_a_deep_network_gets_weights_through_which_signals_do_not_fade(activation):
    model = mlp(depth=6, activation=activation)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(0.01)
    setup = script(model, blobs(), blobs(seed=1), optimizer=torch.optim.SGD(model.parameters(), lr=0.05))
    changed = cured("reinitialise", setup)
    assert trained_score(changed, steps=100) > 0.85 > trained_score(setup, steps=100) + 0.2
    with torch.no_grad():
        assert 0.1 < float(changed.model[:-1](blobs()[0]).std()) < 10


def test_a_shallow_or_normalised_network_keeps_the_layers_own_draws():
    for model in (mlp(), nn.Sequential(*[m for _ in range(5) for m in (nn.Linear(8, 8), nn.LayerNorm(8), nn.ReLU())])):
        changed = cured("reinitialise", script(model, blobs()))
        assert bool((changed.model[0].bias != 0).any())


def test_flat_units_are_cured_by_weights_where_weights_are_at_fault():
    def first_cure(factor, inputs):
        model = mlp(depth=2, activation=nn.Tanh)
        with torch.no_grad():
            model[0].weight.mul_(factor)
        (x, y), (xv, yv) = blobs(), blobs(seed=1)
        (found,) = Saturation().check(Case(setup=script(model, (inputs * x, y), (inputs * xv, yv), epochs=1)))
        return found.cures[0]

    assert first_cure(100, 1) == "reinitialise"
    assert first_cure(1, 100) == "standardise_inputs"
