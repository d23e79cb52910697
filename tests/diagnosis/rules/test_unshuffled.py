"""A fixed, sorted order is found; a fixed but well mixed one, and every shuffled one, is not."""

import pytest
import torch
from small_setups import Attending, blobs, cnn, found, healthy, loader, make, mlp, pictures, words
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset

from whet.diagnosis.rules.unshuffled import Unshuffled
from whet.rng import make_generator


def by_class(data):
    x, y = data
    order = torch.argsort(y.flatten())
    return x[order], y[order]


@pytest.mark.parametrize("batch_size", [1, 16, 64])
@pytest.mark.parametrize(
    ("net", "data"), [(mlp, blobs), (cnn, pictures), (Attending, words)], ids=["mlp", "cnn", "attention"]
)
def test_sorted_classes_are_found(net, data, batch_size):
    (finding,) = found(Unshuffled(), make(net, loader(*by_class(data()), shuffle=False, batch_size=batch_size)))
    assert finding.level == "severe"
    assert finding.cures == ("shuffle",)


def test_the_beginning_of_a_long_sorted_dataset_is_compared_with_the_rest():
    data = by_class(blobs(num=3000))
    (finding,) = found(Unshuffled(), make(mlp, loader(*data, shuffle=False, batch_size=8)))
    assert finding.level == "severe"


def test_sorted_numbers_are_found():
    x, _ = blobs()
    x, y = by_class((x, x[:, :1]))
    make_case = lambda shuffle: make(  # noqa: E731
        lambda: mlp(classes=1), loader(x, y, shuffle=shuffle), loss=nn.MSELoss()
    )
    (finding,) = found(Unshuffled(), make_case(False))
    assert finding.level == "severe"
    assert not found(Unshuffled(), make_case(True))


def test_a_series_read_in_time_is_no_more_than_slight_as_long_as_its_order_does_no_harm():
    t = torch.arange(560.0)
    series = (0.4 * t).sin() + 0.5 * (t / 45).sin() + 0.1 * torch.randn(560, generator=make_generator(1, "series"))
    windows = series.unfold(0, 13, 1)
    x, y = windows[:, :12], windows[:, 12:]
    train, valid = loader(x[:400], y[:400], shuffle=False, batch_size=16), loader(x[400:], y[400:])
    case = make(lambda: nn.Sequential(nn.Linear(12, 16), nn.Tanh(), nn.Linear(16, 1)), train, valid, loss=nn.MSELoss())
    assert {f.level for f in found(Unshuffled(), case)} <= {"slight"}


def test_sorted_numbers_that_pull_a_fast_network_to_and_fro_are_found():
    x, _ = blobs(400)
    x, y = by_class((x, (x[:, :1] - x[:, 1:2]) / 2))
    sgd = lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9)  # noqa: E731
    case = make(lambda: mlp(classes=1), loader(x, y, shuffle=False), loader(x, y), loss=nn.MSELoss(), optimizer=sgd)
    (finding,) = found(Unshuffled(), case)
    assert finding.level == "severe"
    assert finding.evidence["harm"] > 0.3


class Augmented(Dataset):
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index] + 0.1 * torch.randn(8), self.y[index]


class Stream(IterableDataset):
    def __init__(self, x, y):
        self.rows = list(zip(x, y))

    def __iter__(self):
        return iter(self.rows)


def test_random_transforms_and_streams_hide_nothing():
    x, y = by_class(blobs())
    assert found(Unshuffled(), make(mlp, DataLoader(Augmented(x, y), batch_size=16)))
    assert found(Unshuffled(), make(mlp, DataLoader(Stream(x, y), batch_size=16)))


def test_sorted_data_with_shuffling_is_healthy():
    assert not found(Unshuffled(), make(mlp, loader(*by_class(blobs()))))


@pytest.mark.parametrize("seed", range(8))
def test_well_mixed_orders_are_silent(seed):
    case = make(mlp, loader(*blobs(num=200, seed=seed), shuffle=False, batch_size=10))
    assert not found(Unshuffled(), case)


def test_healthy_setups_are_silent():
    for name, case in healthy():
        assert not found(Unshuffled(), case), name
