"""Models that cannot learn two examples are found; small, slow and oddly trained ones are not."""

import pytest
import torch
from small_setups import Recurrent, blobs, cnn, found, healthy, loader, make, mlp, pictures, sequences, words
from torch import nn

from whet.diagnosis.probes.memorising import memorising
from whet.diagnosis.rules.cannot_memorise import CannotMemorise


class Detached(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x).detach().requires_grad_()


class Rounded(Detached):
    def forward(self, x):
        return self.net(x).relu() * 0 + self.net(x).sign()


class Averaged(Detached):
    """Every example gets the mean output of the batch."""

    def forward(self, x):
        out = self.net(x)
        return out.mean(dim=0, keepdim=True).expand_as(out)


@pytest.mark.parametrize("fault", [Detached, Rounded, Averaged])
@pytest.mark.parametrize(
    ("net", "data"), [(mlp, blobs), (cnn, pictures), (Recurrent, sequences)], ids=["mlp", "cnn", "lstm"]
)
def test_broken_paths_are_found(fault, net, data):
    (finding,) = found(CannotMemorise(), make(lambda: fault(net()), loader(*data())))
    assert finding.level == "severe"
    assert finding.evidence["value"] > 0.01


def test_examples_with_the_same_inputs_have_a_floor():
    x, y = blobs()
    x[:] = x[torch.arange(256) % 2]
    case = make(mlp, loader(x, y))
    assert case.ask(memorising).many.attainable < 0.9
    assert not found(CannotMemorise(), case)


def test_small_models_and_strong_dropout_are_silent():
    x, y = blobs(features=1, spread=3.0)
    assert not found(CannotMemorise(), make(lambda: nn.Linear(1, 3), loader(x, y)))
    dropping = lambda: nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Dropout(0.9), nn.Linear(32, 3))  # noqa: E731
    assert not found(CannotMemorise(), make(dropping, loader(*blobs())))


class NextWord(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.lstm, self.head = nn.Embedding(30, 16), nn.LSTM(16, 32, batch_first=True), nn.Linear(32, 30)

    def forward(self, x):
        return self.head(self.lstm(self.embed(x))[0]).transpose(1, 2)


def test_sequences_of_targets_are_judged():
    x, _ = words()
    assert not found(CannotMemorise(), make(NextWord, loader(x[:, :-1], x[:, 1:])))
    assert found(CannotMemorise(), make(lambda: Detached(NextWord()), loader(x[:, :-1], x[:, 1:])))


def test_a_loss_of_the_users_own_is_judged_by_whether_it_moves_at_all():
    def loss(outputs, targets):
        return (outputs.softmax(dim=1)[torch.arange(len(targets)), targets] - 1).pow(2).mean()

    assert not found(CannotMemorise(), make(mlp, loader(*blobs()), loss=loss))
    assert found(CannotMemorise(), make(lambda: Detached(mlp()), loader(*blobs()), loss=loss))


@pytest.mark.parametrize("scale", [1.0, 300.0])
def test_numbers_are_learnt_even_when_large(scale):
    x, _ = blobs()
    case = make(lambda: mlp(classes=1), loader(x, scale * (x[:, :1] + 3)), loss=nn.MSELoss())
    assert not found(CannotMemorise(), case)


def test_healthy_setups_are_silent():
    for name, case in healthy():
        assert not found(CannotMemorise(), case), name
