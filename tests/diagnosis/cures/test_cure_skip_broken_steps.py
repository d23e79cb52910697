"""Steps with a broken loss are left out, and the rest is learnt."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.opening import open_setup
from whet.diagnosis.ordinary_loop import train_stretch


def own_loss(outputs, targets):
    """Infinite for a batch whose first target is 2."""
    value = nn.functional.cross_entropy(outputs, targets)
    return value / (targets[0] != 2)


def case():
    x = torch.randn(240, 4, generator=torch.Generator().manual_seed(0))
    y = (x[:, 0] > 0).long() + (x[:, 1] > 1).long()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
    loader = DataLoader(TensorDataset(x, y), batch_size=8)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    return Case(setup=open_setup(model, loader, loader, loss=own_loss, optimizer=optimizer, epochs=10)), x, y


def accuracy(setup, x, y):
    train_stretch(setup, epochs=10)
    return float((setup.model(x).argmax(dim=1) == y).float().mean())


def test_what_is_left_is_learnt():
    broken, x, y = case()
    cure = cures["skip_broken_steps"]
    assert cure.applies(broken)
    assert accuracy(broken.setup.copy(), x, y) < 0.7
    assert accuracy(cure.apply(broken, None), x, y) > 0.85
    assert "isfinite" in cure.advice(broken, None)


def test_a_sound_loss_has_nothing_to_skip():
    broken, _, _ = case()
    loader = broken.setup.train
    model = broken.setup.model
    sound = Case(
        setup=open_setup(model, loader, loss=nn.CrossEntropyLoss(), optimizer=broken.setup.optimizer, epochs=1)
    )
    assert not cures["skip_broken_steps"].applies(sound)
