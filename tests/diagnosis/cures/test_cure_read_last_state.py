import pytest
import torch
from curing_scripts import applies, blobs, built, cured, mlp, script, trained_score
from torch import nn

from whet.rng import make_generator


class Reading(nn.Module):
    def __init__(self, kind, place, batch_first=True):
        super().__init__()
        self.rnn, self.place, self.batch_first = kind(1, 16, batch_first=batch_first), place, batch_first
        self.head = nn.Linear(16, 2)

    def forward(self, x):
        if self.batch_first:
            return self.head(self.rnn(x)[0][:, self.place])
        return self.head(self.rnn(x.transpose(0, 1))[0][self.place])


def rising(seed=0, num=240, length=6):
    generator = make_generator(seed, "rising")
    y = torch.randint(2, (num,), generator=generator)
    slope = (2 * y - 1)[:, None] * torch.linspace(-1, 1, length)
    x = slope + 2 * torch.rand(num, 1, generator=generator) + 0.1 * torch.randn(num, length, generator=generator)
    return x[..., None], y


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
@pytest.mark.parametrize("batch_first", [True, False])
def test_the_last_state_is_read_in_place_of_the_first(kind, batch_first):
    def reading(place):
        return script(built(lambda: Reading(kind, place, batch_first)), rising(), rising(seed=1))

    setup, meant = reading(0), reading(-1)
    changed = cured("read_last_state", setup)
    assert trained_score(changed) == trained_score(meant) > trained_score(setup)
    assert not any(m._forward_hooks for m in changed.model.modules())


def test_another_state_and_another_network():
    assert not applies("read_last_state", script(built(lambda: Reading(nn.GRU, -1)), rising()))
    assert not applies("read_last_state", script(mlp(), blobs()))
