"""A start far from chance and targets out of reach are found; odd but fine starts are silent."""

import pytest
import torch
from small_setups import Recurrent, blobs, cnn, found, healthy, loader, make, mlp, pictures, sequences
from torch import nn

from whet.diagnosis.rules.initial_loss import InitialLoss


def loud(net):
    def build():
        model = net()
        head = list(model.modules())[-1]
        with torch.no_grad():
            head.weight.mul_(100)
        return model

    return build


@pytest.mark.parametrize(
    ("net", "data"), [(mlp, blobs), (cnn, pictures), (Recurrent, sequences)], ids=["mlp", "cnn", "lstm"]
)
def test_a_loud_head_is_found(net, data):
    (finding,) = found(InitialLoss(), make(loud(net), loader(*data())))
    assert finding.evidence["value"] > 2 * finding.evidence["chance"]
    assert finding.level != "severe"


def prices(scale=1.0, offset=0.0):
    x, _ = blobs()
    return x, scale * (x[:, :1] + x[:, 1:2]) + offset


def one():
    return mlp(classes=1)


@pytest.mark.parametrize(
    ("data", "optimizer"),
    [
        (prices(1e5, 3e5), lambda p: torch.optim.Adam(p, lr=1e-3)),
        (prices(1e4, 0), lambda p: torch.optim.SGD(p, lr=0.01)),
        (prices(1e3, 1e5), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
    ],
)
def test_targets_out_of_reach_are_found(data, optimizer):
    (finding,) = found(InitialLoss(), make(one, loader(*data), loss=nn.MSELoss(), optimizer=optimizer, epochs=10))
    assert finding.severity >= 0.5
    assert finding.cures[0] == "standardise_targets"


def test_large_targets_within_reach_are_silent():
    for data, rate in ((prices(80, 300), 1e-2), (prices(20, 0), 1e-2), (prices(1, 30), 1e-3)):
        case = make(
            one, loader(*data), loss=nn.MSELoss(), optimizer=lambda p, r=rate: torch.optim.Adam(p, lr=r), epochs=50
        )
        assert not found(InitialLoss(), case)

    def at_the_mean():
        net = one()
        nn.init.constant_(net[-1].bias, 1e5)
        return net

    assert not found(InitialLoss(), make(at_the_mean, loader(*prices(5, 1e5)), loss=nn.MSELoss()))


def test_a_trained_model_and_a_prior_in_the_bias_are_silent():
    assert not found(InitialLoss(), make(loud(mlp), loader(*blobs()), was_trained=True))
    x, y = blobs()
    y = (torch.arange(256) % 50 == 0).long()

    def prior():
        net = mlp(classes=2)
        net[-1].bias.data = torch.tensor([4.0, 0.0])
        return net

    assert not found(InitialLoss(), make(prior, loader(x, y)))


def test_healthy_setups_are_silent():
    for name, case in healthy():
        assert not found(InitialLoss(), case), name


def growing(gain):
    def build():
        layers = [m for _ in range(14) for m in (nn.Linear(8, 8, bias=False), nn.ReLU())]
        for layer in layers[::2]:
            nn.init.normal_(layer.weight, std=gain / 8**0.5)
        return nn.Sequential(*layers, nn.Linear(8, 3))

    return build


def test_a_start_that_training_does_not_bring_back_is_severe():
    (finding,) = found(InitialLoss(), make(growing(4.5), loader(*blobs())))
    assert finding.level == "severe"
    assert finding.evidence["value"] > 100 * finding.evidence["chance"]


def test_a_start_that_training_brings_back_is_not_severe():
    x, y = blobs()
    quick = {"optimizer": lambda p: torch.optim.Adam(p, lr=1e-2)}
    (finding,) = found(InitialLoss(), make(mlp, loader(300 * x, y), **quick))
    assert finding.level != "severe"
