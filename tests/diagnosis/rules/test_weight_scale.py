"""Weights of the wrong size are found where they cost, and only there."""

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
