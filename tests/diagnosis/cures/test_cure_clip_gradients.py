import torch
from curing_scripts import applies, cured, finding, mlp, numbers, script, trained_score
from torch import nn

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
