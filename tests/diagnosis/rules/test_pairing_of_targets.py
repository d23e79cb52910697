"""Outputs compared with others' targets, and reshapes in place of transposes, are found; odd losses are not."""

import pytest
import torch
import torch.nn.functional as F
from part_setups import NETS, B, case_of, found, loader, made, mlp, net_case, table
from torch import nn

from whet.rng import make_generator

RULE = "batch_mixing"
V, LENGTH = 7, 5


class Language(nn.Module):
    def __init__(self, kind=nn.GRU):
        super().__init__()
        self.embed, self.body, self.head = nn.Embedding(V, 8), kind(8, 12, batch_first=True), nn.Linear(12, V)

    def forward(self, x):
        return self.head(self.body(self.embed(x))[0])


def tokens(num=64):
    x = torch.randint(V, (num, LENGTH + 1), generator=make_generator(0, "tokens"))
    return loader(x[:, :-1], x[:, 1:])


def flat(outputs, targets):
    return F.cross_entropy(outputs.reshape(-1, V), targets.reshape(-1))


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM])
@pytest.mark.parametrize("spoil", [lambda t: t.T, lambda t: t.roll(1, dims=0)], ids=["transposed", "rolled"])
def test_targets_of_other_examples_are_found(kind, spoil):
    model = made(lambda: Language(kind))
    (finding,) = found(RULE, case_of(model, tokens(), loss=lambda o, t: flat(o, spoil(t))))
    assert finding.level == "severe"
    assert finding.evidence["value"] > 0.8
    assert not found(RULE, case_of(model, tokens(), loss=flat))


@pytest.mark.parametrize("net", NETS)
def test_ordinary_losses_are_silent(net):
    assert not found(RULE, net_case(net))


@pytest.mark.parametrize(
    "loss",
    [
        nn.CrossEntropyLoss(weight=torch.tensor([1.0, 9.0, 3.0, 0.2])),
        nn.CrossEntropyLoss(label_smoothing=0.2),
        lambda o, t: 0.6 * F.cross_entropy(o, t) + 0.4 * F.cross_entropy(o, t.flip(0)),  # mixed targets
        lambda o, t: (o.mean(1)[:, None] - t[None]).square().mean(),  # of the user's own
    ],
    ids=["weights", "smoothing", "mixed", "own"],
)
def test_losses_that_look_at_the_batch_are_silent(loss):
    assert not found(RULE, case_of(mlp(), loader(*table()), loss=loss))


class Tags(nn.Module):
    def __init__(self, work):
        super().__init__()
        self.embed, self.head, self.work = nn.Embedding(V, 8), nn.Linear(8, V), work

    def forward(self, x):
        return self.work(self.head(self.embed(x)))


def test_a_reshape_in_place_of_a_transpose_is_found():
    wrong = made(lambda: Tags(lambda z: z.reshape(len(z), V, LENGTH)))
    (finding,) = found(RULE, case_of(wrong, tokens(), loss=nn.CrossEntropyLoss()))
    assert "transpose" in finding.advice
    right = made(lambda: Tags(lambda z: z.transpose(1, 2)))
    assert not found(RULE, case_of(right, tokens(), loss=nn.CrossEntropyLoss()))


class Series(nn.Module):
    def __init__(self, is_right):
        super().__init__()
        self.body, self.head, self.is_right = nn.GRU(3, 8, batch_first=True), nn.Linear(8, 4), is_right

    def forward(self, x):
        x = x.transpose(1, 2) if self.is_right else x.view(len(x), 6, 3)
        return self.head(self.body(x)[0][:, -1])


@pytest.mark.parametrize("is_right", [True, False])
def test_inputs_read_by_the_wrong_axis(is_right):
    g = make_generator(0, "series")
    data = loader(torch.randn(4 * B, 3, 6, generator=g), torch.randint(4, (4 * B,), generator=g))
    assert bool(found(RULE, case_of(made(lambda: Series(is_right)), data))) is not is_right
