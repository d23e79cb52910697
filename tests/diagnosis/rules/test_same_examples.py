"""Shared examples are found by value or by index; chance repeats of discrete rows are not."""

import pytest
import torch
from part_setups import made
from small_setups import Bag, blobs, cnn, found, healthy, loader, make, mlp, pictures, words
from torch.utils.data import DataLoader, Dataset, Subset

from whet.diagnosis.case import Case
from whet.diagnosis.opening import open_setup
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


def case_of(net, train, valid):
    return Case(setup=open_setup(made(net), train, valid, loss=torch.nn.CrossEntropyLoss()))


def oversampled(x, y):
    """Some classes drawn more often than others, with replacement."""
    g = make_generator(4, "oversampled")
    rows = torch.multinomial(1.0 + y.double(), 2 * len(x), replacement=True, generator=g)
    return x[rows], y[rows]


def halves(x, y, share=0.75):
    order = torch.randperm(len(x), generator=make_generator(5, "halves"))
    x, y, cut = x[order], y[order], int(share * len(x))
    return loader(x[:cut], y[:cut]), loader(x[cut:], y[cut:])


@pytest.mark.parametrize(("net", "data"), [(mlp, blobs), (cnn, pictures)], ids=["mlp", "cnn"])
def test_oversampling_is_found_before_the_split_only(net, data):
    train, valid = halves(*oversampled(*data(300)))
    (finding,) = found(SameExamples(), case_of(net, train, valid))
    assert finding.level == "severe"
    fresh = loader(*data(100, seed=8))
    for train in (loader(*oversampled(*data(300))), loader(*data(300))):
        assert not found(SameExamples(), case_of(net, train, fresh))


def test_one_row_that_comes_again_and_again_is_no_leak():
    x, y = blobs(600)
    x[::5], y[::5] = 0, 0  # a sensor that is off
    train, valid = halves(x, y)
    assert not found(SameExamples(), case_of(mlp, train, valid))


@pytest.mark.parametrize(("net", "data"), [(mlp, blobs), (cnn, pictures)], ids=["mlp", "cnn"])
@pytest.mark.parametrize("copies", [1, 3])
def test_noisy_copies_are_found_before_the_split_only(net, data, copies):
    def copied(x, y):
        g = make_generator(6, "copied")
        noisy = [x + 0.02 * torch.randn(x.shape, generator=g) for _ in range(copies)]
        return torch.cat([x, *noisy]), y.repeat(copies + 1)

    train, valid = halves(*copied(*data(300)))
    (finding,) = found(SameExamples(), case_of(net, train, valid))
    assert "near copies" in finding.title
    assert finding.level == "moderate"
    assert finding.evidence["value"] > 0.3
    fresh = loader(*data(100, seed=8))
    assert not found(SameExamples(), case_of(net, loader(*copied(*data(300))), fresh))


def flat(num):
    """Few true dimensions in many columns: neighbours are near by chance."""
    g = make_generator(7, "flat")
    return (torch.randn(num, 1, generator=g) @ torch.randn(1, 8, generator=g)), torch.zeros(num).long()


def clusters(num):
    g = make_generator(8, "clusters")
    which = torch.randint(60, (num,), generator=g)
    return 5 * torch.randn(60, 8, generator=g)[which] + torch.randn(num, 8, generator=g), which % 3


def mixed(num):
    """Kinds in columns of few values, and one measurement."""
    g = make_generator(9, "mixed")
    kinds = torch.randint(4, (num, 7), generator=g).float()
    return torch.cat([kinds, torch.randn(num, 1, generator=g)], dim=1), kinds[:, 0].long() % 3


def skewed(num):
    g = make_generator(10, "skewed")
    return torch.randn(num, 8, generator=g).mul(2).exp(), torch.randint(3, (num,), generator=g)


@pytest.mark.parametrize("data", [flat, clusters, mixed, skewed, blobs])
def test_neighbours_by_chance_are_silent(data):
    train, valid = halves(*data(800))
    assert not found(SameExamples(), case_of(mlp, train, valid))


def test_healthy_setups_are_silent():
    for name, case in healthy():
        assert not found(SameExamples(), case), name
