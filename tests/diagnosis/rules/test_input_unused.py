"""Inputs without a path to the outputs are named; zeros, gates, masks and dead units are no such thing."""

import pytest
import torch
from small_setups import Attending, Recurrent, blobs, cnn, found, healthy, loader, make, mlp, pictures, sequences, words
from torch import nn

from whet.diagnosis.rules.input_unused import InputUnused


class Overwritten(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(torch.zeros_like(x))


@pytest.mark.parametrize(
    ("net", "data"), [(mlp, blobs), (cnn, pictures), (Attending, words)], ids=["mlp", "cnn", "attention"]
)
def test_an_overwritten_input_is_found(net, data):
    (finding,) = found(InputUnused(), make(lambda: Overwritten(net()), loader(*data())))
    assert finding.level == "severe"
    assert "'x'" in finding.statement


class TwoInputs(nn.Module):
    def __init__(self, forgets):
        super().__init__()
        self.left, self.right, self.head = nn.Linear(8, 8), nn.Linear(4, 8), nn.Linear(16, 3)
        self.forgets = forgets

    def forward(self, body, extra):
        a, b = self.left(body).relu(), self.right(extra).relu()
        return self.head(torch.cat([a, a if self.forgets else b], dim=1))


@pytest.mark.parametrize("forgets", [True, False])
def test_a_forgotten_input_is_named(forgets):
    x, y = blobs()
    findings = found(InputUnused(), make(lambda: TwoInputs(forgets), loader(x, x[:, :4] ** 2, y)))
    assert [f.evidence["inputs"] for f in findings] == ([["extra"]] if forgets else [])


def test_a_recurrent_network_read_at_its_first_state_is_found():
    (finding,) = found(InputUnused(), make(lambda: Recurrent(use=0), loader(*sequences())))
    assert finding.level == "severe"
    assert finding.evidence["used"] == [0]


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.net, self.gate = mlp(), nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return self.gate * self.net(x)


def dead():
    net = mlp()
    nn.init.constant_(net[0].bias, -1000.0)
    return net


def deep_sigmoid():
    layers = [layer for _ in range(8) for layer in (nn.Linear(8, 8), nn.Sigmoid())]
    return nn.Sequential(*layers, nn.Linear(8, 3))


@pytest.mark.parametrize("net", [Gated, deep_sigmoid])
def test_closed_gates_and_weak_paths_are_silent(net):
    assert not found(InputUnused(), make(net, loader(*blobs())))


def test_healthy_setups_are_silent():
    for name, case in healthy():
        assert not found(InputUnused(), case), name
