"""Reading a loader for a diagnosis is not noticed: the user's training afterwards is the one it would have been."""

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, RandomSampler, TensorDataset, WeightedRandomSampler

from whet.diagnosis.case import Case
from whet.diagnosis.opening import open_setup
from whet.diagnosis.preserving import preserving
from whet.diagnosis.probes.batches import batches

X, Y = torch.arange(24.0).reshape(12, 2), torch.arange(12) % 2
DATA = TensorDataset(X, Y)


class Noisy(Dataset):
    """Draws from every global generator and from two of its own."""

    def __init__(self):
        self.generator, self.rng = torch.Generator(), np.random.default_rng(0)

    def __len__(self):
        return 12

    def __getitem__(self, index):
        noise = random.random() + np.random.random() + self.rng.random()  # noqa: NPY002
        return X[index] + noise + torch.rand(2) + torch.rand(2, generator=self.generator), Y[index]


LOADERS = {
    "global": lambda: DataLoader(DATA, batch_size=4, shuffle=True),
    "own": lambda: DataLoader(DATA, batch_size=4, shuffle=True, generator=torch.Generator()),
    "sampler": lambda: DataLoader(DATA, batch_size=4, sampler=RandomSampler(DATA, generator=torch.Generator())),
    "weighted": lambda: DataLoader(DATA, batch_size=4, sampler=WeightedRandomSampler([1.0] * 12, 12)),
    "noisy": lambda: DataLoader(Noisy(), batch_size=4, shuffle=True),
}


@pytest.mark.parametrize("name", LOADERS)
def test_the_next_epoch_is_the_one_it_would_have_been(name):
    train, model = LOADERS[name](), nn.Linear(2, 2)
    with preserving(train):
        expected = [x for x, _ in train]
    case = Case(setup=open_setup(model, train, train, loss=nn.CrossEntropyLoss()))
    given = case.ask(batches)
    assert all(torch.equal(a, b) for a, b in zip(expected, [x for x, _ in train], strict=True))
    assert not torch.equal(torch.cat([x for x, _ in given.first]), torch.cat([x for x, _ in given.second]))


def test_states_are_put_back_after_an_error():
    before = torch.get_rng_state(), random.getstate()

    def draw_and_fail():
        with preserving():
            torch.rand(1)
            random.random()
            raise KeyError

    with pytest.raises(KeyError):
        draw_and_fail()
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == random.getstate()


def test_a_loader_that_reads_once_is_read_once():
    from whet.diagnosis.forwarding import OrdinaryForward
    from whet.diagnosis.setup import Setup

    model = nn.Linear(2, 2)
    setup = Setup(
        model=model,
        train=((X, Y) for _ in range(3)),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        forward=OrdinaryForward(),
    )
    given = Case(setup=setup).ask(batches)
    assert (len(given.first), given.second, given.reads_once, given.is_whole) == (3, (), True, True)
