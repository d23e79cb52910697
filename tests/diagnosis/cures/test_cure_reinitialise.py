import pytest
import torch
from curing_scripts import Attentive, blobs, cured, mlp, script, trained_score, waves
from torch import nn


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
