import pytest
import torch
from curing_scripts import applies, blobs, built, cured, mlp, script, trained_score
from torch import nn
from torch.nn import functional


class Random(nn.Module):
    """Draws in every mode."""

    def __init__(self, draw):
        super().__init__()
        self.draw, self.body, self.head = draw, nn.Linear(8, 32), nn.Linear(32, 3)

    def forward(self, x):
        return self.head(self.draw(torch.relu(self.body(x))))


DRAWS = {
    "dropout": lambda h: functional.dropout(h, 0.8),
    "noise": lambda h: h + 5 * torch.randn_like(h),
    "noise by shape": lambda h: h + 5 * torch.randn(h.shape),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_what_is_drawn_in_evaluation_is_left_out_and_stays_in_training(draw):
    setup = script(built(lambda: Random(draw)), blobs(), blobs(seed=1))
    changed = cured("calm_evaluation", setup)
    assert trained_score(changed, steps=100) > trained_score(setup, steps=100) + 0.05
    batch = next(iter(changed.train))
    changed.model.train()
    assert not torch.equal(changed.forward(changed.model, batch)[0], changed.forward(changed.model, batch)[0])
    changed.model.eval()
    assert torch.equal(changed.forward(changed.model, batch)[0], changed.forward(changed.model, batch)[0])


def test_a_calm_model_and_one_that_draws_otherwise_are_left_alone():
    assert not applies("calm_evaluation", script(nn.Sequential(nn.Dropout(0.5), mlp()), blobs()))
    assert not applies("calm_evaluation", script(built(lambda: Random(lambda h: h * torch.rand(1))), blobs()))
