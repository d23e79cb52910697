import pytest
from during_scripts import build, case_of, examples, findings, ordinary
from torch import nn
from torch.optim import Adam

from whet.rng import drawing_globally

NAME = "normalisation_gap"


def normed(momentum=0.1, **settings):
    with drawing_globally(0, "normed"):
        return nn.Sequential(
            nn.Linear(8, 32), nn.BatchNorm1d(32, momentum=momentum, **settings), nn.ReLU(), nn.Linear(32, 3)
        )


def case(model, *, epochs=8, **settings):
    x, y = examples("mlp")
    return case_of(model, Adam(model.parameters(), lr=0.01), (5 * x + 20, y), epochs=epochs, **settings)


@pytest.mark.parametrize("momentum", [1e-4, 1e-3])
def test_running_statistics_that_never_arrive_are_found(momentum):
    (found,) = findings(case(normed(momentum)), NAME)
    assert found.evidence["value"] > found.evidence["threshold"]
    assert "momentum" in found.advice
    assert found.level == "severe"


def test_a_convolutional_network_with_slow_statistics_is_found():
    model = build("cnn")
    model[1].momentum = 1e-4
    x, y = examples("cnn")
    data = (3 * x + 30, y)
    assert findings(case_of(model, Adam(model.parameters(), lr=3e-3), data, epochs=5), NAME)


@pytest.mark.parametrize("model", [normed(), normed(track_running_stats=False), normed(0.01)])
def test_usual_statistics_are_silent(model):
    assert not findings(case(model, epochs=12), NAME)


def test_a_mean_over_the_whole_training_lags_and_is_not_severe():
    assert all(f.level != "severe" for f in findings(case(normed(None), epochs=8), NAME))


def test_a_beginning_in_which_statistics_lag_is_silent():
    assert not findings(case(normed(), epochs=1), NAME)


def test_networks_without_batch_norm_are_silent():
    assert not findings(ordinary("mlp", epochs=3), NAME)


def stacked(norm):
    with drawing_globally(0, "stacked"):
        return nn.Sequential(
            nn.Linear(8, 32), norm(32), nn.ReLU(), nn.Linear(32, 32), norm(32), nn.ReLU(), nn.Linear(32, 3)
        )


@pytest.mark.parametrize(("size", "is_found"), [(2, True), (16, False)])
def test_batches_of_two_under_batch_norm_are_found_by_doing_without(size, is_found):
    model = stacked(nn.BatchNorm1d)
    case = case_of(model, Adam(model.parameters(), lr=3e-3), examples("mlp", n=128), batch_size=size, epochs=4)
    found = findings(case, NAME)
    assert bool(found) == is_found
    assert all(f.evidence["examples_per_batch"] == 2 and f.cures[0] == "group_norm" for f in found)


def test_batches_of_two_under_group_norm_are_silent():
    model = stacked(lambda channels: nn.GroupNorm(4, channels))
    assert not findings(case_of(model, Adam(model.parameters()), examples("mlp", n=96), batch_size=2, epochs=2), NAME)
