"""Shared examples are found by value or by index; chance repeats of discrete rows are not."""

import pytest
import torch
from small_setups import Bag, blobs, cnn, found, healthy, loader, make, mlp, pictures, words
from torch.utils.data import DataLoader, Dataset, Subset

from whet.diagnosis.rules.same_examples import SameExamples
from whet.rng import make_generator


@pytest.mark.parametrize(("net", "data"), [(mlp, blobs), (cnn, pictures), (Bag, words)], ids=["mlp", "cnn", "bag"])
@pytest.mark.parametrize("share", [1.0, 0.3])
def test_copies_are_found(net, data, share):
    x, y = data()
    xv, yv = data(64, seed=9)
    num = int(share * 64)
    valid = loader(torch.cat([x[:num], xv[num:]]), torch.cat([y[:num], yv[num:]]))
    (finding,) = found(SameExamples(), make(net, loader(x, y), valid))
    assert finding.evidence["value"] == pytest.approx(num / 64, abs=0.02)
    assert finding.cures == ("keep_examples_apart",)


class Noisy(Dataset):
    def __init__(self):
        self.x, self.y = blobs()

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index] + 0.1 * torch.randn(8), self.y[index]


def test_transforms_do_not_hide_shared_indices():
    data = Noisy()
    train, valid = Subset(data, range(200)), Subset(data, range(150, 256))
    (finding,) = found(SameExamples(), make(mlp, DataLoader(train, 32), DataLoader(valid, 32)))
    assert finding.count == 50
    apart = Subset(data, range(200, 256))
    assert not found(SameExamples(), make(mlp, DataLoader(train, 32), DataLoader(apart, 32)))


@pytest.mark.parametrize("levels", [2, 3, 6])
def test_chance_repeats_of_discrete_rows_are_silent(levels):
    def rows(num, seed):
        g = make_generator(seed, "rows")
        return torch.randint(levels, (num, 4), generator=g).float(), torch.randint(3, (num,), generator=g)

    case = make(lambda: mlp(features=4), loader(*rows(400, 1)), loader(*rows(150, 2)))
    assert not found(SameExamples(), case)


def test_healthy_setups_are_silent():
    for name, case in healthy():
        assert not found(SameExamples(), case), name
