"""Weights of the wrong size are found where they cost, and only there."""

import itertools

import pytest
import torch
from small_setups import Recurrent, blobs, cnn, cnn_with_norm, found, healthy, loader, make, mlp, pictures, sequences
from torch import nn

from whet.diagnosis.rules.weight_scale import WeightScale


def scaled(net, factor):
    def build():
        model = net()
        with torch.no_grad():
            for p in model.parameters():
                if p.ndim > 1:
                    p.mul_(factor)
        return model

    return build


def normal(net, std):
    def build():
        model = net()
        for p in model.parameters():
            if p.ndim > 1:
                nn.init.normal_(p, std=std)
        return model

    return build


@pytest.mark.parametrize(
    ("net", "data"),
    [
        (scaled(mlp, 20.0), blobs),
        (normal(lambda: mlp(width=128), 1.0), blobs),
        (scaled(cnn, 30.0), pictures),
        (scaled(mlp, 1e-3), blobs),
        (normal(cnn, 1e-4), pictures),
        (scaled(Recurrent, 100.0), sequences),
    ],
    ids=["mlp x20", "mlp normal 1", "cnn x30", "mlp x0.001", "cnn normal 1e-4", "lstm x100"],
)
def test_wrong_sizes_are_found(net, data):
    (finding,) = found(WeightScale(), make(net, loader(*data())))
    assert finding.severity >= 0.6
    assert finding.evidence["value"] > finding.evidence["threshold"] or finding.evidence["value"] < 0.05


def test_signals_that_fade_are_found_even_where_the_optimiser_is_slow():
    def deep():
        return nn.Sequential(nn.Linear(8, 8), *(m for _ in range(5) for m in (nn.ReLU(), nn.Linear(8, 8))))

    slow = {"optimizer": lambda p: torch.optim.SGD(p, lr=1e-3)}
    (finding,) = found(WeightScale(), make(normal(deep, 1e-3), loader(*blobs()), **slow))
    assert finding.level == "severe"
    assert not found(WeightScale(), make(deep, loader(*blobs()), **slow))


def test_normalisation_makes_up_for_any_size():
    assert not found(WeightScale(), make(scaled(cnn_with_norm, 1.0), loader(*pictures())))


def test_a_trained_model_is_not_judged():
    assert not found(WeightScale(), make(scaled(mlp, 20.0), loader(*blobs()), was_trained=True))


def test_healthy_setups_are_silent():
    for name, case in healthy():
        assert not found(WeightScale(), case), name


class Unrolled(nn.Module):
    """A recurrent layer whose hidden state is multiplied by ``factor`` at each of 40 moments."""

    def __init__(self, factor, layers=1):
        super().__init__()
        self.body = nn.RNN(4, 24, layers, nonlinearity="relu", batch_first=True)
        for name, weight in self.body.named_parameters():
            if name.startswith("weight_hh"):
                weight.data = factor * torch.eye(24)
        self.head = nn.Linear(24, 2)

    def forward(self, x):
        return self.head(self.body(x)[0][:, -1])


def deep(gain):
    def build():
        sizes = [8] + [16] * 14
        layers = [m for a, b in itertools.pairwise(sizes) for m in (nn.Linear(a, b, bias=False), nn.ReLU())]
        for layer in layers[::2]:
            nn.init.normal_(layer.weight, std=gain / layer.in_features**0.5)
        return nn.Sequential(*layers, nn.Linear(16, 3))

    return build


@pytest.mark.parametrize(
    ("net", "data"),
    [(lambda: Unrolled(1.8), lambda: sequences(length=40)), (deep(4.5), blobs)],
    ids=["a recurrent layer", "fourteen layers"],
)
def test_signals_that_grow_beyond_all_bounds_are_found_though_no_weight_is_large(net, data):
    (finding,) = found(WeightScale(), make(net, loader(*data())))
    assert finding.level == "severe"
    assert finding.evidence["value"] > 100


def test_a_recurrent_layer_that_keeps_its_signals_is_silent():
    for factor in (0.8, 1.0):
        assert not found(WeightScale(), make(lambda f=factor: Unrolled(f), loader(*sequences(length=40))))


def test_a_first_loss_out_of_proportion_that_comes_from_the_inputs_is_silent():
    x, y = blobs()
    assert not found(WeightScale(), make(mlp, loader(1e4 * x, y)))


def squashed(activation, layers, std=None, width=32):
    def build():
        sizes = [8] + [width] * (layers - 1)
        hidden = [m for a, b in itertools.pairwise(sizes) for m in (nn.Linear(a, b), activation())]
        net = nn.Sequential(*hidden, nn.Linear(width, 3))
        for p in net.parameters():
            if std is not None:
                nn.init.normal_(p, std=std) if p.ndim > 1 else nn.init.zeros_(p)
        return net

    return build


def momentum(parameters):
    return torch.optim.SGD(parameters, lr=0.05, momentum=0.9)


@pytest.mark.parametrize(
    ("activation", "layers", "std"),
    [(nn.Tanh, 6, 0.01), (nn.Tanh, 16, 0.012), (nn.Sigmoid, 6, 0.012), (nn.Sigmoid, 12, 0.001)],
    ids=["tanh 6", "tanh 16", "sigmoid 6", "sigmoid 12"],
)
def test_signals_that_fade_through_many_layers_are_found_though_each_shrinks_them_little(activation, layers, std):
    case = make(squashed(activation, layers, std), loader(*blobs()), optimizer=momentum)
    (finding,) = found(WeightScale(), case)
    assert finding.level == "severe"
    assert finding.cures == ("reinitialise",)


def test_where_weights_of_glorot_learn_and_those_of_pytorch_do_not_the_former_are_the_proof():
    (finding,) = found(WeightScale(), make(squashed(nn.Tanh, 16, 0.012), loader(*blobs()), optimizer=momentum))
    assert finding.evidence["loss_from_ordinary_weights"] < 0.7 * finding.evidence["loss"]


@pytest.mark.parametrize("activation", [nn.Tanh, nn.Sigmoid])
@pytest.mark.parametrize("layers", [3, 12])
def test_usual_weights_of_deep_networks_are_not_blamed(activation, layers):
    assert not found(WeightScale(), make(squashed(activation, layers), loader(*blobs()), optimizer=momentum))
