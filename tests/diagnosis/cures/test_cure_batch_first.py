import pytest
import torch
from curing_scripts import Attentive, Recurrent, applies, blobs, built, cured, mlp, script, trained_score, waves

from whet.rng import make_generator


@pytest.mark.parametrize("net", [Recurrent, Attentive])
def test_layers_that_take_time_for_the_batch(net):
    (x, y), (xv, yv) = waves(480), waves(200, seed=1)
    if net is Attentive:  # sees no order: a shift of every step, which the last step alone shows badly
        x, xv = (torch.randn(len(c), 12, 1, generator=make_generator(0)) + 0.8 * c[:, None, None] for c in (y, yv))
    setup = script(built(lambda: net(batch_first=False)), (x, y), (xv, yv), lr=1e-2)
    changed = cured("batch_first", setup)
    assert trained_score(changed, steps=150) > max(0.8, trained_score(setup, steps=150) + 0.1)


def test_models_that_are_right_stay():
    assert not applies("batch_first", script(built(Recurrent), waves()))
    assert not applies("batch_first", script(mlp(), blobs()))

    class TimeFirst(Recurrent):
        def forward(self, x):
            return self.head(self.lstm(x.transpose(0, 1))[0][-1])

    assert not applies("batch_first", script(built(lambda: TimeFirst(batch_first=False)), waves()))
