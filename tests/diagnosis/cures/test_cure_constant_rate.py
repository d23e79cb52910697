import pytest
import torch
from curing_scripts import applies, blobs, cured, mlp, script, trained_score


def test_a_rate_that_decays_to_nothing_at_once():
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 1e-3)
    from whet.diagnosis.setup import LoopSettings

    loop = LoopSettings(schedule_every="step")
    setup = script(model, blobs(), blobs(seed=1), optimizer=optimizer, scheduler=scheduler, loop=loop)
    changed = cured("constant_rate", setup)
    assert changed.scheduler is None
    assert changed.optimizer.param_groups[0]["lr"] == pytest.approx(0.1)
    assert trained_score(changed) > max(0.85, trained_score(setup) + 0.1)


def test_without_a_scheduler():
    assert not applies("constant_rate", script(mlp(), blobs()))
