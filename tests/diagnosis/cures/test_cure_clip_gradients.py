import pytest
import torch
from curing_scripts import applies, built, cured, finding, mlp, numbers, script, trained_score
from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.rules.non_finite import NonFinite
from whet.diagnosis.setup import LoopSettings


def test_a_rare_huge_target_no_longer_blows_the_training_up():
    (x, y), (xv, yv) = numbers(), numbers(seed=1)
    y[::40] = 5e4
    model = mlp(6, 1)
    setup = script(
        model,
        (x, y[:, None]),
        (xv, yv[:, None]),
        loss=nn.MSELoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.02),
        loop=LoopSettings(accumulate=2),
    )
    changed = cured("clip_gradients", setup)
    assert changed.loop == LoopSettings(accumulate=2, clip_norm=1.0)
    assert trained_score(changed) < 5
    assert not trained_score(setup) < 100


def test_a_named_norm_is_used_and_tighter_clipping_stays():
    setup = script(mlp(6, 1), numbers(), loss=nn.MSELoss())
    assert cured("clip_gradients", setup, finding("exploding", better_norm=3.0)).loop.clip_norm == 3.0
    assert not applies("clip_gradients", script(mlp(6, 1), numbers(), loop=LoopSettings(clip_norm=0.5)))


def exploding(kind):
    """A network whose loss breaks within a few steps, over sequences or over rows."""

    def make():
        if kind == "recurrent":
            rnn = nn.RNN(3, 16, nonlinearity="relu", batch_first=True)
            with torch.no_grad():
                rnn.weight_hh_l0.mul_(2)
            return nn.Sequential(rnn, Last(), nn.Linear(16, 1))
        return mlp(6, 1)

    model = built(make)
    (x, y), sequences = numbers(), kind == "recurrent"
    train = (x.reshape(-1, 2, 3).repeat(1, 4, 1) if sequences else x, y[:, None])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3 if sequences else 100.0, momentum=0.9)
    return script(model, train, train, loss=nn.MSELoss(), optimizer=optimizer, epochs=4)


class Last(nn.Module):
    def forward(self, states):
        return states[0][:, -1]


@pytest.mark.parametrize(("kind", "first"), [("recurrent", "clip_gradients"), ("rows", "lower_rate")])
def test_broken_losses_of_recurrent_networks_are_clipped_first_and_others_slowed_down(kind, first):
    (found,) = NonFinite().check(Case(setup=exploding(kind)))
    assert found.cures[0] == first
