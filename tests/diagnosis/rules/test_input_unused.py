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


@pytest.mark.parametrize("bias", [-10.0, -1e4])
def test_a_path_that_biases_or_scales_close_is_a_path(bias):
    def closed():
        net = mlp()
        nn.init.constant_(net[0].bias, bias)
        return net

    def shrunk():
        net = nn.Sequential(nn.Linear(8, 32), nn.LayerNorm(32), nn.ReLU(), nn.Linear(32, 3))
        nn.init.zeros_(net[1].weight)
        nn.init.constant_(net[1].bias, bias)
        return net

    for net in (closed, shrunk):
        assert not found(InputUnused(), make(net, loader(*blobs())))


class Pooled(nn.Module):
    """Mean of the embeddings where ``keeps`` says so."""

    def __init__(self, keeps):
        super().__init__()
        self.embed, self.head, self.keeps = nn.Embedding(30, 8), nn.Linear(8, 3), keeps

    def forward(self, x):
        keep = self.keeps(x)[..., None].float()
        return self.head((self.embed(x) * keep).sum(1) / keep.sum(1).clamp(min=1))


def padded(num=96, length=10, left=False):
    x, y = words(num, length)
    lengths = 2 + torch.arange(num) % (length - 1)
    x = torch.where(torch.arange(length) < lengths[:, None], x.clamp(min=1), 0)
    return loader(x.flip(1) if left else x, y)


@pytest.mark.parametrize("left", [False, True])
def test_a_mask_the_wrong_way_round_is_found(left):
    (finding,) = found(InputUnused(), make(lambda: Pooled(lambda x: x == 0), padded(left=left)))
    assert finding.level == "severe"
    assert not found(InputUnused(), make(lambda: Pooled(lambda x: x != 0), padded(left=left)))
    assert not found(InputUnused(), make(lambda: Pooled(lambda x: x >= 0), padded(left=left)))
