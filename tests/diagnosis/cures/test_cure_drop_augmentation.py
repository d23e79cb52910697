import pytest
import torch
from curing_scripts import applies, blobs, cnn, cured, pictures, script, trained_score
from torch.utils.data import DataLoader, Dataset, Subset


class Turned:
    """Turns pictures by a quarter half of the time: a bar that lies then stands."""

    def __call__(self, picture):
        return picture.transpose(1, 2) if torch.rand(()) < 0.5 else picture


class RandomTurn(Turned):
    pass


class Compose:
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, picture):
        for each in self.transforms:
            picture = each(picture)
        return picture


class Halved:
    def __call__(self, picture):
        return picture / 2


class Pictures(Dataset):
    def __init__(self, seed, transform=None, augment=False):
        (self.x, self.y), self.transform, self.augment = pictures(seed=seed), transform, augment

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        x = self.x[index] if self.transform is None else self.transform(self.x[index])
        return (Turned()(x) if self.augment else x), self.y[index]


def turning_collate(items):
    return torch.stack([Turned()(x) for x, _ in items]), torch.stack([y for _, y in items])


@pytest.mark.parametrize("kind", ["transform", "compose", "flag", "collate", "subset"])
def test_changes_that_alter_the_label_are_left_out(kind):
    data = {
        "transform": lambda: Pictures(0, transform=Turned()),
        "compose": lambda: Pictures(0, transform=Compose([Halved(), RandomTurn()])),
        "flag": lambda: Pictures(0, augment=True),
        "collate": lambda: Pictures(0),
        "subset": lambda: Subset(Pictures(0, transform=Turned()), range(200)),
    }[kind]()
    collate = turning_collate if kind == "collate" else None
    train = DataLoader(data, batch_size=16, shuffle=True, collate_fn=collate)
    setup = script(cnn(), train, pictures(seed=1))
    changed = cured("drop_augmentation", setup)
    picture, _ = next(iter(DataLoader(changed.train.dataset, collate_fn=changed.train.collate_fn)))
    assert torch.equal(picture[0], pictures()[0][0] / (2 if kind == "compose" else 1))
    if kind == "transform":
        assert trained_score(changed, steps=120) > max(0.85, trained_score(setup, steps=120) + 0.2)


def test_nothing_is_random():
    assert not applies("drop_augmentation", script(cnn(), pictures()))
    from curing_scripts import mlp

    assert not applies("drop_augmentation", script(mlp(), list(zip(*[t.split(16) for t in blobs()]))))


class Altered(Pictures):
    """The change has a name of the author's own, and takes the label too."""

    def __init__(self, seed, alter):
        super().__init__(seed)
        self.alter = alter

    def __getitem__(self, index):
        return self.alter(self.x[index], self.y[index])


def test_a_change_by_any_other_name():
    def alter(picture, label):
        return Turned()(picture), label

    train = DataLoader(Altered(0, alter), batch_size=16, shuffle=True)
    changed = cured("drop_augmentation", script(cnn(), train, pictures(seed=1)))
    assert torch.equal(changed.train.dataset[3][0], pictures()[0][3])


class Inside(Pictures):
    """Turns pictures in ``__getitem__`` itself."""

    def __getitem__(self, index):
        return Turned()(self.x[index]), self.y[index]


class AlwaysNoisy(Pictures):
    """Never gives what it stores: what was meant cannot be told."""

    def __getitem__(self, index):
        return self.x[index] + torch.randn(1, 8, 8), self.y[index]


def test_a_change_inside_the_data_set_is_gone_round_where_it_is_plain_what_is_stored():
    changed = cured("drop_augmentation", script(cnn(), DataLoader(Inside(0), batch_size=16), pictures(seed=1)))
    assert all(torch.equal(changed.train.dataset[i][0], pictures()[0][i]) for i in range(20))
    assert not applies("drop_augmentation", script(cnn(), DataLoader(AlwaysNoisy(0), batch_size=16)))
