"""What a training is after where targets are left out, examples are each other's classes, or outputs are log rates."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parents[1] / "rules"))
from outcomes_made import trained
from small_setups import blobs, found, loader, make, mlp

from whet.diagnosis.probes.baseline import baseline
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.inputs import inputs
from whet.diagnosis.probes.neighbours import is_of_steps, lagged_steps
from whet.diagnosis.rules.bad_labels import BadLabels
from whet.diagnosis.rules.below_baseline import BelowBaseline
from whet.diagnosis.rules.label_noise import LabelNoise
from whet.rng import make_generator


class Tagger(nn.Module):
    def __init__(self, tokens=20, classes=4):
        super().__init__()
        self.embed, self.rnn = nn.Embedding(tokens, 12), nn.GRU(12, 16, batch_first=True)
        self.head = nn.Linear(16, classes)

    def forward(self, x):
        return self.head(self.rnn(self.embed(x))[0]).transpose(1, 2)


def chain(num=128, length=9, tokens=6, seed=0):
    """Texts of which every next word is a draw with a favourite."""
    g, steps = make_generator(seed, "chain"), [torch.zeros(num, dtype=torch.long)]
    for _ in range(length - 1):
        drawn = torch.randint(tokens, (num,), generator=g)
        steps.append(torch.where(torch.rand(num, generator=g) < 0.8, (steps[-1] + 1) % tokens, drawn))
    return torch.stack(steps, dim=1)


@pytest.mark.parametrize("ignored", [-100, -1, 3])
@pytest.mark.parametrize("as_function", [False, True])
def test_taggers_with_padding_are_examined_without_it(ignored, as_function):
    x = torch.randint(20, (96, 7), generator=make_generator(0, "tokens"))
    counts = torch.arange(7) < torch.randint(3, 8, (96, 1), generator=make_generator(1, "lengths"))
    y = torch.where(counts, x % 3, ignored)
    loss = nn.CrossEntropyLoss(ignore_index=ignored)
    if as_function:
        loss = lambda o, t: F.cross_entropy(o, t, ignore_index=ignored)  # noqa: E731
    case = trained(Tagger, loader(x[:64], y[:64]), loader(x[64:], y[64:], shuffle=False), epochs=1, loss=loss)
    assert len(case.outcome.truth) == len(case.outcome.scores) == int(counts[64:].sum())
    assert set(case.outcome.truth.tolist()) == {0, 1, 2}
    assert not found(BadLabels(), case)


def test_examples_that_are_left_out_are_left_out_of_tables_too():
    x, y = blobs()
    y = torch.where(torch.arange(256) % 4 == 0, -100, y)
    case = trained(mlp, loader(x, y), loader(x[:64], y[:64], shuffle=False), epochs=2)
    given = case.ask(inputs)
    assert len(given.train) == len(given.train_truth) == 192
    assert np.array_equal(case.ask(baseline).truth, case.outcome.truth)
    assert case.ask(baseline).linear is not None


class Pairs(nn.Module):
    """Every example against every other of its batch."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(8, 6), nn.Linear(8, 6)

    def forward(self, x, z):
        return self.one(x) @ self.two(z).T


def contrastive(scores, _):
    return F.cross_entropy(scores, torch.arange(len(scores)))


@pytest.mark.parametrize("size", [32, 24])
def test_examples_that_are_each_others_classes_have_no_known_goal(size):
    x, y = blobs(100)
    train = loader(x, x + 0.1, y, batch_size=size)
    case = trained(Pairs, train, loader(x, x, y, batch_size=size), epochs=1, loss=contrastive)
    assert case.ask(goal).kind == "unknown"
    assert case.outcome is None


def test_as_many_classes_as_examples_are_still_classes():
    x, y = blobs()
    assert make(mlp, loader(x, y, batch_size=3)).ask(goal).kind == "classes"
    assert make(lambda: mlp(classes=32), loader(x, y, batch_size=32)).ask(goal).num_outputs == 32


@pytest.mark.parametrize("flat", [False, True])
def test_words_that_are_drawn_are_no_wrong_labels(flat):
    def loss(outputs, targets):
        if flat:
            return F.cross_entropy(outputs.transpose(1, 2).reshape(-1, 6), targets.reshape(-1))
        return F.cross_entropy(outputs, targets)

    data = [chain(seed=s) for s in (0, 1)]
    parts = [loader(d[:, :-1], d[:, 1:], shuffle=not i) for i, d in enumerate(data)]
    optimizer = lambda p: torch.optim.Adam(p, lr=2e-2)  # noqa: E731
    case = trained(lambda: Tagger(6, 6), *parts, epochs=12, loss=loss, optimizer=optimizer)
    assert case.ask(is_of_steps)
    assert not found(LabelNoise(), case)


def test_one_class_per_text_is_no_step():
    x = chain()
    last = lambda: nn.Sequential(nn.EmbeddingBag(6, 8), nn.Linear(8, 3))  # noqa: E731
    assert not make(last, loader(x, x[:, 3] % 3)).ask(is_of_steps)


def test_log_rates_are_told_as_rates():
    x, _ = blobs()
    y = torch.poisson((x[:, :1] / 2).exp(), generator=make_generator(1, "counts"))
    optimizer = lambda p: torch.optim.Adam(p, lr=1e-2)  # noqa: E731
    parts = [loader(x, y), loader(x, y, shuffle=False)]
    case = trained(lambda: mlp(classes=1), *parts, epochs=10, loss=nn.PoissonNLLLoss(), optimizer=optimizer)
    assert case.outcome.scores.min() >= 0
    assert case.outcome.valid_score < float(y.std())


def test_targets_of_few_digits_are_read():
    x = torch.randn(64, 6, 4, generator=make_generator(0, "steps")).bfloat16()
    net = lambda: nn.Linear(4, 1).bfloat16()  # noqa: E731
    case = make(net, loader(x, x[..., :1]), loader(x, x[..., :1]), loss=nn.MSELoss())
    assert not found(BadLabels(), case)
    assert set(case.ask(lagged_steps).skill) == {-2, -1, 0, 1, 2}


@pytest.mark.parametrize("seed", range(3))
def test_a_simple_model_is_hardly_better_where_there_is_little_to_know(seed):
    x = torch.randn(500, 8, generator=make_generator(seed, "x"))
    y = (x.sum(dim=1) + 6 * torch.randn(500, generator=make_generator(seed, "noise")) > 0).long()
    parts = loader(x[:350], y[:350]), loader(x[350:], y[350:], shuffle=False)
    case = trained(lambda: mlp(classes=2), *parts, epochs=1, optimizer=lambda p: torch.optim.SGD(p, lr=1e-4))
    assert {f.level for f in found(BelowBaseline(), case)} <= {"slight"}


def test_a_network_that_learns_nothing_of_what_is_plain_is_far_below_a_simple_model():
    parts = loader(*blobs(400)), loader(*blobs(200, seed=1), shuffle=False)
    case = trained(mlp, *parts, epochs=1, optimizer=lambda p: torch.optim.SGD(p, lr=1e-6))
    (finding,) = found(BelowBaseline(), case)
    assert finding.level == "severe"
