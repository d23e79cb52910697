import pytest
import torch
from curing_scripts import blobs, cnn, cured, finding, mlp, pictures, script, trained_score


@pytest.mark.parametrize("lr", [1e-6, 1e-8])
def test_a_training_that_crawls_runs_after_short_trials_name_a_rate(lr):
    model = mlp()
    setup = script(model, blobs(), blobs(seed=1), optimizer=torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9))
    assert trained_score(setup) < 0.7
    assert trained_score(cured("raise_rate", setup)) > 0.85


def test_the_state_of_the_optimizer_stays():
    model = cnn()
    setup = script(model, pictures(), pictures(seed=1), lr=1e-7)
    x, y = pictures(16)
    setup.loss(model(x), y).backward()
    setup.optimizer.step()
    changed = cured("raise_rate", setup, finding("learning_rate_too_low", better_rate=1e-2))
    state = changed.optimizer.state[next(iter(changed.model.parameters()))]
    assert torch.equal(state["exp_avg"], setup.optimizer.state[next(iter(model.parameters()))]["exp_avg"])
    assert changed.optimizer.param_groups[0]["lr"] == pytest.approx(1e-2)
    assert trained_score(changed, steps=90) > 0.8


def test_a_group_that_stands_still_gets_the_rate_of_the_others():
    model = mlp()
    groups = [{"params": model[0].parameters(), "lr": 1e-9}, {"params": model[2:].parameters()}]
    setup = script(model, blobs(), blobs(seed=1), optimizer=torch.optim.SGD(groups, lr=0.1))
    changed = cured("raise_rate", setup, finding("learning_rate_too_low", groups=(0,)))
    assert [g["lr"] for g in changed.optimizer.param_groups] == [0.1, 0.1]
    assert [g["lr"] for g in setup.optimizer.param_groups] == [1e-9, 0.1]
