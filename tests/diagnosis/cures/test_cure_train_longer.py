import pytest
import torch
from curing_scripts import blobs, cured, finding, mlp, script, trained_score


def test_more_epochs_end_better():
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=2e-3)
    setup = script(model, blobs(), blobs(seed=1), optimizer=optimizer, epochs=1)
    changed = cured("train_longer", setup, finding("stopped_early", better_epochs=12))
    assert changed.epochs == 12
    assert trained_score(changed, epochs=changed.epochs) > trained_score(setup, epochs=1) + 0.1
    assert cured("train_longer", script(mlp(), blobs(), epochs=7)).epochs == 28


@pytest.mark.parametrize("kind", ["cosine", "steps", "milestones"])
def test_the_schedule_is_stretched(kind):
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    schedules = torch.optim.lr_scheduler
    scheduler = {
        "cosine": lambda: schedules.CosineAnnealingLR(optimizer, T_max=10),
        "steps": lambda: schedules.StepLR(optimizer, 3),
        "milestones": lambda: schedules.MultiStepLR(optimizer, [2, 7]),
    }[kind]()
    setup = script(model, blobs(), optimizer=optimizer, scheduler=scheduler, epochs=10)
    changed, plain = cured("train_longer", setup), setup.copy()

    def rates(each, num):
        found = []
        for _ in range(num):
            each.optimizer.step()
            each.scheduler.step()
            found.append(each.optimizer.param_groups[0]["lr"])
        return found

    assert rates(changed, 40)[3::4] == pytest.approx(rates(plain, 10), abs=1e-9)


def test_a_training_of_a_few_steps_is_made_a_real_one():
    setup = script(mlp(), blobs(), blobs(seed=1), epochs=2)  # 15 steps an epoch
    assert cured("train_longer", setup).epochs == 40
    assert cured("train_longer", script(mlp(), blobs(), epochs=20)).epochs == 80
