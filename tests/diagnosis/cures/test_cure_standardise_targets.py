import pytest
import torch
from curing_scripts import applies, cured, mlp, numbers, script, trained_score
from torch import nn
from torch.nn import functional


def squeezing(model, batch):
    return model(batch[0]).squeeze(1), batch[1]


@pytest.mark.parametrize(
    "loss", [nn.MSELoss(), functional.mse_loss, nn.HuberLoss(), lambda o, t: functional.l1_loss(o, t)]
)
def test_large_targets_are_reached_and_outputs_keep_their_unit(loss):
    from dataclasses import replace

    train, valid = (numbers(scale=2000.0, mean=50_000.0, seed=s) for s in (0, 1))
    setup = replace(script(mlp(6, 1), train, valid, loss=loss), forward=squeezing)
    before, changed = trained_score(setup, steps=90), cured("standardise_targets", setup)
    after = trained_score(changed, steps=90)
    assert before > 20_000
    assert after < 900  # the spread is about 2,000
    with torch.no_grad():
        outputs, targets = changed.forward(changed.model, next(iter(changed.train)))
    assert abs((outputs - targets).mean().item()) < 5_000  # in the target's own unit from the first step on


def test_only_where_targets_are_off():
    assert not applies("standardise_targets", script(mlp(6, 1), numbers(), loss=nn.MSELoss()))
    x, _ = numbers()
    assert not applies("standardise_targets", script(mlp(6), (x, torch.randint(0, 3, (240,)))))
