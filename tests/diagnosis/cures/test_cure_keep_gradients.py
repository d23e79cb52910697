import pytest
import torch
from curing_scripts import applies, blobs, built, cured, mlp, script, trained_score
from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures


class Cut(nn.Module):
    """A body whose graph is cut in the way named."""

    def __init__(self, way):
        super().__init__()
        self.way, self.body, self.head = way, nn.Linear(8, 6), nn.Linear(6, 3)

    def forward(self, x):
        if self.way == "no_grad":
            with torch.no_grad():
                hidden = self.body(x)
        else:
            hidden = self.body(x)
        hidden = {"detach": lambda: hidden.detach(), "data": lambda: hidden.data}.get(self.way, lambda: hidden)()
        return self.head(torch.relu(hidden))


def cut(way):
    return built(lambda: Cut(way))


@pytest.mark.parametrize("way", ["no_grad", "detach", "data"])
def test_a_cut_body_learns_as_one_that_was_never_cut(way):
    setup = script(cut(way), blobs(), blobs(seed=1))
    changed = cured("keep_gradients", setup)
    assert trained_score(changed) == trained_score(script(cut(""), blobs(), blobs(seed=1)))
    assert trained_score(changed) >= trained_score(setup)
    assert "body" in cures["keep_gradients"].advice(Case(setup=setup), None)


def test_the_cut_stands_in_the_loss():
    def loss(outputs, targets):
        return nn.functional.cross_entropy(outputs.detach(), targets)

    setup = script(mlp(), blobs(), blobs(seed=1), loss=loss)
    assert trained_score(cured("keep_gradients", setup)) > 0.85


def test_parameters_that_the_optimizer_was_not_given_are_given():
    model = cut("no_grad")
    setup = script(model, blobs(), optimizer=torch.optim.Adam(model.head.parameters(), lr=1e-2))
    changed = cured("keep_gradients", setup)
    assert len(changed.optimizer.param_groups[0]["params"]) == 4


def test_evaluation_stays_without_gradients():
    setup = script(cut("no_grad"), blobs())
    changed = cured("keep_gradients", setup)
    with torch.no_grad():
        outputs, _ = changed.forward(changed.model, next(iter(changed.train)))
    assert not outputs.requires_grad


class Smoothed(nn.Module):
    """Detaches what it only keeps in a buffer, as it should."""

    def __init__(self):
        super().__init__()
        self.body = nn.Linear(8, 3)
        self.register_buffer("mean", torch.zeros(3))

    def forward(self, x):
        out = self.body(x)
        self.mean = 0.9 * self.mean + 0.1 * out.detach().mean(0)
        return out - self.mean


@pytest.mark.parametrize("make", [mlp, lambda: built(Smoothed)])
def test_nothing_is_cut(make):
    assert not applies("keep_gradients", script(make(), blobs()))
