import pytest
import torch
from curing_scripts import applies, blobs, built, cured, mlp, script, trained_score
from torch import nn


class Losing(nn.Module):
    """Loses its input in the way given, before a network that could learn from it."""

    def __init__(self, way):
        super().__init__()
        self.way, self.body = way, mlp()

    def forward(self, x):
        return self.body(self.way(x))


WAYS = {
    "zeros": torch.zeros_like,
    "clipped": lambda x: x.clamp(-99.0, -99.0),
    "times 0": lambda x: x * 0,
    "masked": lambda x: x.masked_fill(torch.ones_like(x, dtype=torch.bool), 0.0),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_an_input_that_is_lost_on_the_way_is_learnt_from(way):
    setup = script(built(lambda: Losing(way)), blobs(), blobs(seed=1))
    changed = cured("let_input_through", setup)
    assert trained_score(changed) == trained_score(script(built(lambda: Losing(lambda x: x)), blobs(), blobs(seed=1)))
    assert trained_score(changed) > max(0.85, trained_score(setup) + 0.3)


class Codes(nn.Module):
    """Clips every code to the first one."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(9, 3)

    def forward(self, codes):
        return self.table(codes.clamp(max=0)).mean(1)


def test_codes_that_are_clipped_to_one():
    codes = torch.arange(240)[:, None] % 9
    setup = script(built(Codes), (codes, codes[:, 0] % 3), (codes, codes[:, 0] % 3), lr=0.1)
    assert trained_score(cured("let_input_through", setup)) > trained_score(setup) + 0.5


def test_inputs_that_are_used_and_constants_stay():
    assert not applies("let_input_through", script(mlp(), blobs()))
    assert not applies("let_input_through", script(built(lambda: Losing(torch.relu)), blobs()))
