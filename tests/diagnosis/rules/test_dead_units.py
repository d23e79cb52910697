import pytest
import torch
from during_scripts import build, case_of, examples, findings, ordinary
from torch import nn
from torch.nn import functional as F
from torch.optim import SGD, Adam

from whet.rng import drawing_globally

NAME = "dead_units"


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two, self.head = nn.Linear(8, 32), nn.Linear(32, 32), nn.Linear(32, 3)

    def forward(self, x):
        return self.head(torch.relu(self.two(F.relu(self.one(x)))))


def functional():
    with drawing_globally(0, "functional"):
        return Functional()


def test_a_bias_that_silences_a_layer_is_found_with_the_layer():
    model = build("mlp")
    with torch.no_grad():
        model[2].bias.fill_(-30.0)
    (found,) = findings(case_of(model, SGD(model.parameters(), lr=0.05), examples("mlp"), epochs=2), NAME)
    assert found.where == "layer '3'"
    assert found.evidence["value"] == 1.0
    assert found.evidence["at_start"] == 1.0
    assert found.level == "severe"


def test_functions_are_seen_as_well_as_modules():
    model = functional()
    with torch.no_grad():
        model.one.bias.fill_(-30.0)
    (found,) = findings(case_of(model, SGD(model.parameters(), lr=0.05), examples("mlp"), epochs=2), NAME)
    assert found.evidence["value"] == 1.0


def test_units_that_a_rate_has_killed_are_told_from_units_born_dead():
    case = ordinary("mlp", optimizer=lambda p: SGD(p, lr=100.0), epochs=2)
    (found,) = findings(case, NAME)
    assert found.evidence["at_start"] < 0.5
    assert found.cures[0] == "lower_rate"


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_a_sound_network_is_silent(kind):
    assert not findings(ordinary(kind, epochs=3), NAME)


def test_leaky_and_smooth_activations_are_silent():
    for activation in (nn.LeakyReLU, nn.GELU, nn.SiLU):
        with drawing_globally(0, "activation"):
            model = nn.Sequential(nn.Linear(8, 32), activation(), nn.Linear(32, 3))
        assert not findings(case_of(model, Adam(model.parameters(), lr=3e-3), examples("mlp"), epochs=1), NAME)
