import pytest
import torch
from during_scripts import build, case_of, examples, findings
from torch import nn
from torch.optim import Adam

from whet.diagnosis.probes.inner_softmax import inner_softmaxes
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


class Topics(nn.Module):
    """A softmax of few units that mixes rows, as attention and topic models do: it feeds no layer."""

    def __init__(self):
        super().__init__()
        self.score, self.rows, self.head = nn.Linear(8, 6), nn.Parameter(torch.randn(6, 16)), nn.Linear(16, 3)

    def forward(self, x):
        return self.head(nn.functional.relu(torch.einsum("bk,kd->bd", self.score(x).softmax(dim=1), self.rows)))


def between(activation):
    with drawing_globally(0, "between"):
        return nn.Sequential(nn.Linear(8, 32), activation(), nn.Linear(32, 32), activation(), nn.Linear(32, 3))


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        with drawing_globally(0, "functional"):
            self.first, self.second, self.head = nn.Linear(8, 32), nn.Linear(32, 32), nn.Linear(32, 3)

    def forward(self, x):
        h = nn.functional.softmax(self.first(x), dim=-1)
        return self.head(torch.softmax(self.second(h), dim=-1))


@pytest.mark.parametrize("build", [lambda: between(lambda: nn.Softmax(dim=1)), Functional])
def test_softmaxes_between_layers_are_found(build):
    (found,) = findings(case(build(), examples("mlp", 384), epochs=4), NAME)
    assert found.where == "softmax between layers"
    assert found.evidence["units"] == 32
    assert found.severity >= 0.55


def transformer():
    return build("transformer")


def made_topics():
    with drawing_globally(0, "topics"):
        return Topics()


@pytest.mark.parametrize("build", [lambda: between(nn.ReLU), made_topics, transformer])
def test_softmaxes_that_feed_no_layer_are_silent(build):
    model = build()
    data = examples("transformer" if hasattr(model, "embed") else "mlp")
    made = case(model, data)
    assert not made.ask(inner_softmaxes)
    assert not findings(made, NAME)


def test_a_softmax_that_a_network_learns_well_with_is_silent():
    with drawing_globally(0, "learns"):
        model = nn.Sequential(nn.Linear(8, 16), nn.Softmax(dim=1), nn.Linear(16, 3))
    x, _ = examples("mlp", 384)
    made = case_of(model, Adam(model.parameters(), lr=0.05), (x, (x[:, 0] > 0).long()), epochs=12)
    assert len(made.ask(inner_softmaxes)) == 1
    assert not findings(made, NAME)
