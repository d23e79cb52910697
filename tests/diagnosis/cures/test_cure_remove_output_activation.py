import pytest
import torch
from curing_scripts import Recurrent, applies, blobs, cnn, cured, mlp, numbers, pictures, script, trained_score, waves
from torch import nn
from torch.nn import functional

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures


class Functional(nn.Module):
    """The activation is a call in the forward pass, after a hidden one of the same kind."""

    def __init__(self, squash):
        super().__init__()
        self.first, self.last, self.squash = mlp(8, 32), nn.Linear(32, 3), squash

    def forward(self, x):
        return self.squash(self.last(torch.relu(self.first(x))))


def test_softmax_before_cross_entropy_as_a_module():
    setup = script(mlp(last=nn.Softmax(dim=1)), blobs(), blobs(seed=1), lr=3e-3)
    changed = cured("remove_output_activation", setup)
    outputs, _ = changed.forward(changed.model, next(iter(changed.train)))
    assert (outputs.sum(dim=1) - 1).abs().max() > 0.05
    assert "self.3 (softmax)" in cures["remove_output_activation"].advice(Case(setup=setup), None)
    assert trained_score(changed) > 0.85


@pytest.mark.parametrize(
    "squash",
    [lambda z: functional.softmax(z, dim=1), torch.sigmoid, lambda z: functional.softmax(z, dim=0), lambda z: z.relu()],
)
def test_functions_in_the_forward_pass(squash):
    changed = cured("remove_output_activation", script(Functional(squash), blobs(), blobs(seed=1)))
    outputs, _ = changed.forward(changed.model, next(iter(changed.train)))
    assert outputs.min() < 0
    assert trained_score(changed) > 0.85


def test_probabilities_whose_making_cannot_be_seen_are_turned_back_into_logits():
    def softmax(z):
        return z.exp() / z.exp().sum(dim=1, keepdim=True)

    setup = script(Functional(softmax), blobs(), blobs(seed=1))
    changed = cured("remove_output_activation", setup)
    x, y = next(iter(setup.train))
    with torch.no_grad():
        logits = setup.model.last(torch.relu(setup.model.first(x)))
        mended = changed.loss(*changed.forward(setup.model, (x, y)))
        assert float(mended) == pytest.approx(float(functional.cross_entropy(logits, y)), rel=1e-4)


def test_one_relu_module_used_inside_and_at_the_end():
    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.act = nn.Linear(8, 32), nn.Linear(32, 3), nn.ReLU()

        def forward(self, x):
            return self.act(self.b(self.act(self.a(x))))

    changed = cured("remove_output_activation", script(Shared(), blobs(), blobs(seed=1)))
    x, _ = next(iter(changed.train))
    outputs, _ = changed.forward(changed.model, (x, None))
    expected = changed.model.b(changed.model.act(changed.model.a(x)))
    assert torch.equal(outputs, expected)


def test_softmax_inside_the_users_loss():
    loss = lambda outputs, targets: functional.cross_entropy(torch.softmax(outputs, 1), targets)  # noqa: E731
    setup = script(cnn(), pictures(), pictures(seed=1), loss=loss)
    changed = cured("remove_output_activation", setup)
    x, y = next(iter(setup.train))
    with torch.no_grad():
        assert float(changed.loss(x.flatten(1)[:, :2] * 9, y)) == pytest.approx(
            float(functional.cross_entropy(x.flatten(1)[:, :2] * 9, y))
        )


def test_sigmoid_before_bce_with_logits_and_a_squeeze_after_it():
    class Yes(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = Recurrent(classes=1)

        def forward(self, x):
            return torch.sigmoid(self.body(x)).squeeze(1)

    (x, y), (xv, yv) = waves(), waves(seed=1)
    setup = script(Yes(), (x, y.float()), (xv, yv.float()), loss=nn.BCEWithLogitsLoss(), lr=2e-2)
    changed = cured("remove_output_activation", setup)
    outputs, _ = changed.forward(changed.model, (x[:16], None))
    assert torch.equal(outputs, changed.model.body(x[:16]).squeeze(1))
    assert trained_score(changed, steps=120) > 0.85


def test_relu_before_targets_below_zero():
    (x, y), (xv, yv) = numbers(), numbers(seed=1)
    setup = script(mlp(6, 1, last=nn.ReLU()), (x, y[:, None]), (xv, yv[:, None]), loss=nn.MSELoss())
    assert trained_score(cured("remove_output_activation", setup)) < 0.6 * trained_score(setup)


def test_activations_that_belong_there_stay():
    x, y = numbers()
    for last, loss, target in [
        (nn.ReLU(), nn.MSELoss(), y.abs()[:, None]),
        (nn.Sigmoid(), nn.BCELoss(), (y > 0).float()[:, None]),
        (nn.Sigmoid(), nn.MSELoss(), y.sigmoid()[:, None]),
        (None, nn.MSELoss(), y[:, None]),
    ]:
        assert not applies("remove_output_activation", script(mlp(6, 1, last=last), (x, target), loss=loss))
    assert not applies("remove_output_activation", script(mlp(last=nn.LogSoftmax(1)), blobs(), loss=nn.NLLLoss()))
    assert not applies("remove_output_activation", script(mlp(last=nn.LogSoftmax(1)), blobs()))
    assert not applies("remove_output_activation", script(mlp(), blobs()))
