import pytest
from during_scripts import build, case_of, examples, findings
from torch import nn
from torch.optim import Adam

from whet.rng import drawing_globally

NAME = "saturation"


def squashed(activation, last=False):
    with drawing_globally(0, "squashed"):
        ends = [nn.Linear(16, 3), nn.Sigmoid()] if last else [nn.Linear(16, 3)]
        return nn.Sequential(nn.Linear(8, 16), activation(), nn.Linear(16, 16), activation(), *ends)


def case(model, data, **settings):
    return case_of(model, Adam(model.parameters(), lr=3e-3), data, **{"epochs": 3, **settings})


@pytest.mark.parametrize("activation", [nn.Sigmoid, nn.Tanh])
def test_inputs_far_too_large_are_found_in_the_first_layer(activation):
    x, y = examples("mlp")
    (found,) = findings(case(squashed(activation), (1000 * x, y)), NAME)
    assert found.where == "layer '1'"
    assert found.evidence["at_start"] > 0.5
    assert found.cures[0] == "standardise_inputs"


@pytest.mark.parametrize("activation", [nn.Sigmoid, nn.Tanh, nn.ReLU])
def test_inputs_of_usual_size_are_silent(activation):
    assert not findings(case(squashed(activation), examples("mlp")), NAME)


def test_a_last_sigmoid_that_is_sure_of_itself_is_silent():
    from torch.nn import functional as F

    def loss(probs, y):
        return F.binary_cross_entropy(probs, F.one_hot(y, 3).float())

    x, _ = examples("mlp", 64)
    y = (x[:, 0] > 0).long()
    model = squashed(nn.ReLU, last=True)
    made = case_of(model, Adam(model.parameters(), lr=0.02), (x, y), loss=loss, epochs=25)
    assert not findings(made, NAME)


def test_gates_inside_an_lstm_are_left_alone():
    model = build("lstm")
    assert not findings(case(model, examples("lstm")), NAME)
