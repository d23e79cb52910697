import pytest
from during_scripts import KINDS, build, case_of, examples, findings, ordinary
from torch import nn
from torch.optim import SGD, Adam

from whet.rng import drawing_globally

NAME = "vanishing"


def deep(activation, layers=8, width=16):
    with drawing_globally(0, "deep"):
        hidden = [m for _ in range(layers) for m in (nn.Linear(width, width), activation())]
        return nn.Sequential(nn.Linear(8, width), activation(), *hidden, nn.Linear(width, 3))


@pytest.mark.parametrize("optimizer", [lambda p: SGD(p, lr=0.1), lambda p: Adam(p, lr=1e-3)])
def test_a_deep_stack_of_sigmoids_is_found(optimizer):
    model = deep(nn.Sigmoid)
    (found,) = findings(case_of(model, optimizer(model.parameters()), examples("mlp"), epochs=3), NAME)
    assert found.evidence["value"] < found.evidence["threshold"]
    assert found.level == "severe"
    assert found.cures[0] == "replace_activation"


def test_a_deep_stack_that_normalises_is_silent():
    with drawing_globally(0, "normalised"):
        hidden = [m for _ in range(8) for m in (nn.Linear(16, 16), nn.LayerNorm(16), nn.GELU())]
        model = nn.Sequential(nn.Linear(8, 16), *hidden, nn.Linear(16, 3))
    assert not findings(case_of(model, Adam(model.parameters(), lr=3e-3), examples("mlp"), epochs=3), NAME)


@pytest.mark.parametrize("kind", KINDS)
def test_small_networks_are_silent(kind):
    assert not findings(ordinary(kind, epochs=2), NAME)


def test_a_frozen_beginning_is_silent():
    model = build("mlp")
    for p in model[0].parameters():
        p.requires_grad = False
    assert not findings(case_of(model, Adam(model.parameters(), lr=3e-3), examples("mlp"), epochs=2), NAME)


@pytest.mark.parametrize("layers", [3, 4])
def test_few_layers_of_sigmoids_that_do_not_learn_are_found_by_what_relu_does(layers):
    model = deep(nn.Sigmoid, layers=layers)
    found = findings(case_of(model, SGD(model.parameters(), lr=0.1), examples("mlp"), epochs=40), NAME)
    assert [f.level for f in found] == ["severe"]
    assert found[0].evidence["value"] > found[0].evidence["threshold"]
    assert "With ReLU" in found[0].statement


@pytest.mark.parametrize("layers", [2, 4])
def test_a_stack_of_tanhs_that_learns_is_silent(layers):
    model = deep(nn.Tanh, layers=layers, width=32)
    assert not findings(case_of(model, Adam(model.parameters(), lr=3e-3), examples("mlp"), epochs=8), NAME)


def test_sigmoids_whose_rate_is_too_low_are_not_blamed():
    model = deep(nn.Tanh, layers=3, width=32)
    assert not findings(case_of(model, SGD(model.parameters(), lr=1e-4), examples("mlp"), epochs=4), NAME)
