"""A fixed, sorted order is found; a fixed but well mixed one, and every shuffled one, is not."""

import pytest
import torch
from small_setups import Attending, blobs, cnn, found, healthy, loader, make, mlp, pictures, words
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset

from whet.diagnosis.rules.unshuffled import Unshuffled


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
