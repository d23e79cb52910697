import pytest
import torch
from curing_scripts import applies, blobs, cured, finding, mlp, numbers, script, trained_score
from torch import nn


@pytest.mark.parametrize("activation", [nn.Sigmoid, nn.Tanh])
def test_hidden_sigmoids_of_a_deep_network_become_relu(activation):
    setup = script(mlp(activation=activation, depth=6), blobs(), blobs(seed=1), lr=3e-3)
    if activation is nn.Sigmoid:
        assert trained_score(setup) < 0.6
    assert trained_score(cured("replace_activation", setup), steps=90) > 0.85


def test_functions_in_the_forward_pass_but_not_the_one_before_the_loss():
    class Yes(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(6, 16), nn.Linear(16, 1)

        def forward(self, x):
            return torch.sigmoid(self.b(torch.sigmoid(self.a(x)))).squeeze(1)

    x, y = numbers()
    changed = cured("replace_activation", script(Yes(), (x, (y > 0).float()), loss=nn.BCELoss()))
    outputs, _ = changed.forward(changed.model, (x, y))
    model = changed.model
    assert torch.equal(outputs, torch.sigmoid(model.b(torch.relu(model.a(x)))).squeeze(1))


def test_dead_units_come_back():
    model = mlp()
    with torch.no_grad():
        model[0].bias.fill_(-30)
    setup = script(model, blobs(), blobs(seed=1), lr=3e-2)
    changed = cured("replace_activation", setup, finding("dead_units"))
    assert trained_score(changed) > max(0.85, trained_score(setup) + 0.3)


def test_where_there_is_no_such_activation():
    assert not applies("replace_activation", script(mlp(activation=nn.GELU), blobs()))
