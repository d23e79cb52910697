import torch
from curing_scripts import blobs, built, cured, mlp, script, trained_score
from torch import nn


def test_a_large_network_on_few_noisy_examples():
    x, y = blobs(60, features=40, spread=4.0)
    wide = built(lambda: nn.Sequential(nn.Linear(40, 256), nn.ReLU(), nn.Linear(256, 3)))
    valid = blobs(400, features=40, spread=4.0, seed=1)
    setup = script(wide, (x, y), valid, epochs=20, optimizer=torch.optim.AdamW(wide.parameters(), lr=1e-2))
    changed = cured("regularise", setup)
    assert changed.epochs < 20
    assert changed.optimizer.param_groups[0]["weight_decay"] == 0.1
    losses = []
    for each in (setup, changed):
        from whet.diagnosis.ordinary_loop import train_stretch

        copy = each.copy()
        train_stretch(copy, epochs=copy.epochs)
        copy.model.eval()
        with torch.no_grad():
            losses.append(nn.functional.cross_entropy(copy.model(valid[0]), valid[1]).item())
    assert losses[1] < 0.7 * losses[0]


def test_units_are_dropped_in_training_only():
    changed = cured("regularise", script(mlp(), blobs()))
    x, _ = blobs(16)
    changed.model.eval()
    assert torch.equal(changed.model(x), changed.model(x))
    changed.model.train()
    assert not torch.equal(changed.model(x), changed.model(x))
    assert trained_score(changed) > 0.85
