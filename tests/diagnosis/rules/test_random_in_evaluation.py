"""Models that draw in evaluation mode are found; dropout that asks for the mode, and unknown losses, are not."""

import pytest
import torch
import torch.nn.functional as F
from small_setups import Bag, blobs, found, healthy, loader, make, mlp, words
from torch import nn

from whet.diagnosis.rules.random_in_evaluation import RandomInEvaluation


class Before(nn.Module):
    def __init__(self, net, work):
        super().__init__()
        self.net, self.work = net(), work

    def forward(self, x):
        return self.work(self, self.net(x))


DRAWS = {
    "dropout": lambda m, z: F.dropout(z),
    "weak dropout": lambda m, z: F.dropout(z, 0.1),
    "noise": lambda m, z: z + 0.5 * torch.randn_like(z),
}


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize(("net", "data"), [(mlp, blobs), (Bag, words)], ids=["mlp", "bag"])
def test_what_draws_in_evaluation_is_found(name, net, data):
    case = make(lambda: Before(net, DRAWS[name]), loader(*data()), loader(*data(64, seed=1)), epochs=4)
    (finding,) = found(RandomInEvaluation(), case)
    assert finding.severity >= 0.5
    assert finding.evidence["value"] > finding.evidence["threshold"]


def test_dropout_that_asks_for_the_mode_is_silent():
    asks = lambda m, z: F.dropout(z, 0.5, training=m.training)  # noqa: E731
    assert not found(RandomInEvaluation(), make(lambda: Before(mlp, asks), loader(*blobs())))
    layer = lambda: nn.Sequential(mlp(), nn.Dropout(0.5))  # noqa: E731
    assert not found(RandomInEvaluation(), make(layer, loader(*blobs())))


def test_a_loss_of_the_users_own_is_silent():
    case = make(lambda: Before(mlp, DRAWS["noise"]), loader(*blobs()), loss=lambda o, t: o.logsumexp(1).mean())
    assert not found(RandomInEvaluation(), case)


def test_healthy_set_ups_are_silent():
    for name, case in healthy():
        assert not found(RandomInEvaluation(), case), name
