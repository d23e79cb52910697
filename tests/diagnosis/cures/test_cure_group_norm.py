import pytest
import torch
from curing_scripts import applies, blobs, cnn, cured, mlp, pictures, script, trained_score
from torch import nn


@pytest.mark.parametrize("batch_size", [1, 2])
def test_batch_normalisation_with_very_few_examples(batch_size):
    setup = script(cnn(), pictures(), pictures(seed=1), batch_size=batch_size, lr=1e-2)
    changed = cured("group_norm", setup)
    assert isinstance(changed.model[1], nn.GroupNorm)
    assert trained_score(changed, steps=150) > 0.8


def test_scale_and_shift_and_their_state_in_the_optimizer_stay():
    model = cnn()
    optimizer = torch.optim.Adam(
        [{"params": model[0].parameters(), "lr": 0.1}, {"params": model[1:].parameters()}], lr=1e-2
    )
    setup = script(model, pictures(), optimizer=optimizer)
    x, y = pictures(16)
    setup.loss(model(x), y).backward()
    optimizer.step()
    changed = cured("group_norm", setup)
    weight = changed.model[1].weight
    assert torch.equal(weight, model[1].weight)
    assert torch.equal(changed.optimizer.state[weight]["exp_avg"], optimizer.state[model[1].weight]["exp_avg"])
    assert [len(g["params"]) for g in changed.optimizer.param_groups] == [
        len(g["params"]) for g in optimizer.param_groups
    ]


def test_a_shared_normalisation_is_exchanged_in_every_place():
    norm = nn.BatchNorm1d(8)
    changed = cured(
        "group_norm", script(nn.Sequential(nn.Linear(8, 8), norm, nn.ReLU(), norm, nn.Linear(8, 3)), blobs())
    )
    assert changed.model[1] is changed.model[3]
    assert isinstance(changed.model[1], nn.GroupNorm)


def test_without_batch_normalisation():
    assert not applies("group_norm", script(mlp(), blobs()))
