"""Models that cannot learn two examples are found; small, slow and oddly trained ones are not."""

import pytest
import torch
from small_setups import Recurrent, blobs, cnn, found, healthy, loader, make, mlp, pictures, sequences, words
from torch import nn

from whet.diagnosis.probes.memorising import memorising
from whet.diagnosis.rules.cannot_memorise import CannotMemorise
from whet.rng import make_generator


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


@pytest.mark.parametrize("scale", [1.0, 100.0])
@pytest.mark.parametrize("log_input", [True, False])
def test_counts_are_learnt_as_rates(scale, log_input):
    x, _ = blobs()
    y = torch.poisson(scale * (x[:, :1] / 3).exp(), generator=make_generator(1, "counts"))
    last = [] if log_input else [nn.Softplus()]
    net = lambda: nn.Sequential(mlp(classes=1), *last)  # noqa: E731
    loss = nn.PoissonNLLLoss(log_input=log_input)
    assert not found(CannotMemorise(), make(net, loader(x, y), loss=loss))
    assert found(CannotMemorise(), make(lambda: Detached(net()), loader(x, y), loss=loss))


@pytest.mark.parametrize("ignored", [-100, 0])
def test_steps_that_the_loss_leaves_out_need_not_be_learnt(ignored):
    x, _ = words()
    y = torch.where(torch.arange(7) < 5, x[:, 1:], ignored)
    loss = nn.CrossEntropyLoss(ignore_index=ignored)
    assert not found(CannotMemorise(), make(NextWord, loader(x[:, :-1], y), loss=loss))
    assert found(CannotMemorise(), make(lambda: Detached(NextWord()), loader(x[:, :-1], y), loss=loss))


@pytest.mark.parametrize("scale", [1.0, 300.0])
def test_numbers_are_learnt_even_when_large(scale):
    x, _ = blobs()
    case = make(lambda: mlp(classes=1), loader(x, scale * (x[:, :1] + 3)), loss=nn.MSELoss())
    assert not found(CannotMemorise(), case)


def noisy_pictures(num=48):
    clean, _ = pictures(num)
    return clean + 0.4 * torch.randn(clean.shape, generator=make_generator(5, "grain")), clean


def filters(width):
    return nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.Tanh(), nn.Conv2d(width, 1, 3, padding=1))


class Squeezed(nn.Module):
    """An autoencoder with few values in the middle."""

    def __init__(self, middle=2):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(64, middle), nn.Linear(middle, 64))

    def forward(self, x):
        return self.net(x).view_as(x)


@pytest.mark.parametrize(
    "net", [lambda: filters(2), lambda: filters(4), lambda: nn.Conv2d(1, 1, 5, padding=2), Squeezed]
)
def test_few_parameters_need_not_learn_whole_pictures(net):
    x, y = noisy_pictures()
    assert not found(CannotMemorise(), make(net, loader(x, y), loss=nn.MSELoss()))


@pytest.mark.parametrize("net", [lambda: Detached(filters(4)), lambda: Detached(Squeezed(32))], ids=["small", "large"])
def test_pictures_that_are_answered_by_a_constant_are_found(net):
    x, y = noisy_pictures()
    (finding,) = found(CannotMemorise(), make(net, loader(x, y), loss=nn.MSELoss()))
    assert finding.level == "severe"


def test_healthy_setups_are_silent():
    for name, case in healthy():
        assert not found(CannotMemorise(), case), name
