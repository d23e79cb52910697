import pytest
import torch
from curing_scripts import applies, blobs, cnn, cured, mlp, pictures, script, trained_score


@pytest.mark.parametrize("held", [True, False])
def test_a_frozen_stem_learns_again(held):
    model = cnn(norm=False)
    with torch.no_grad():
        model[0].weight.mul_(0.01)
    model[0].requires_grad_(False)
    given = model.parameters() if held else [p for p in model.parameters() if p.requires_grad]
    setup = script(model, pictures(), pictures(seed=1), optimizer=torch.optim.Adam(given, lr=2e-2))
    changed = cured("unfreeze", setup)
    assert all(p.requires_grad for p in changed.model.parameters())
    assert trained_score(changed, steps=90) > max(0.85, trained_score(setup, steps=90) + 0.1)


def test_nothing_frozen():
    assert not applies("unfreeze", script(mlp(), blobs()))
