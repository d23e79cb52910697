import torch
from curing_scripts import applies, blobs, cured, mlp, script, trained_score

from whet.diagnosis.setup import LoopSettings


def test_clipping_to_nearly_nothing():
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    setup = script(model, blobs(), blobs(seed=1), optimizer=optimizer, loop=LoopSettings(clip_norm=1e-5, accumulate=2))
    changed = cured("drop_clipping", setup)
    assert changed.loop.accumulate == 2
    assert trained_score(changed) > max(0.85, trained_score(setup) + 0.2)


def test_nothing_is_clipped():
    assert not applies("drop_clipping", script(mlp(), blobs()))
