"""Mistakes in what the loaders yield."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.clinic import nets, tasks
from benchmarks.clinic.collecting import faulty
from benchmarks.clinic.script import Script, loader


@faulty("input_scale")
def unscaled_wine(broken: bool) -> Script:
    """13 columns as they come: some below 1, one near 1000."""
    train, valid = tasks.table("wine", scale=not broken)
    model = nets.mlp(13, 32, 3)
    return Script(
        model=model,
        train=loader(train, 16, shuffle=True),
        valid=loader(valid, 64),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05),
        epochs=25,
    )


@faulty("input_scale")
def pictures_from_0_to_255(broken: bool) -> Script:
    """Pictures as bytes, never divided or standardised, into a sigmoid network."""
    (x, y), (xv, yv) = tasks.digits(scale=False)
    x, xv = 16 * x, 16 * xv
    if not broken:
        mean, std = x.mean(), x.std()
        x, xv = (x - mean) / std, (xv - mean) / std
    model = nn.Sequential(nn.Flatten(), nets.mlp(64, 64, 10, act=nn.Tanh))
    return Script(
        model=model,
        train=loader((x, y), 32, shuffle=True),
        valid=loader((xv, yv), 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        epochs=10,
    )


@faulty("input_scale", held=True)
def series_around_a_thousand(broken: bool) -> Script:
    """A sensor's offset of 1000 was never subtracted."""
    (x, y), (xv, yv) = tasks.waves()
    if broken:
        x, xv = x + 1000, xv + 1000
    model = nets.WaveCNN(1, 3)
    return Script(
        model=model,
        train=loader((x, y), 32, shuffle=True),
        valid=loader((xv, yv), 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9),
        epochs=12,
    )


@faulty("input_scale", held=True)
def tiny_inputs(broken: bool) -> Script:
    """Measurements in the wrong unit: all below 0.001."""
    (x, y), (xv, yv) = tasks.blobs(spread=0.6)
    if broken:
        x, xv = x / 5000, xv / 5000
    model = nets.mlp(10, 64, 5)
    return Script(
        model=model,
        train=loader((x, y), 32, shuffle=True),
        valid=loader((xv, yv), 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        epochs=8,
    )


@faulty("bad_labels", curable=False)
def constant_labels(broken: bool) -> Script:
    """A wrong join left every training label at class 0."""
    (x, y), valid = tasks.table("wine")
    model = nets.mlp(13, 32, 3)
    return Script(
        model=model,
        train=loader((x, torch.zeros_like(y) if broken else y), 16, shuffle=True),
        valid=loader(valid, 64),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=15,
    )


@faulty("bad_labels", "wrong_output_size")
def labels_counted_from_one(broken: bool) -> Script:
    """Labels run from 1 to 5, the head has 5 outputs: class 5 is out of range."""
    (x, y), (xv, yv) = tasks.blobs()
    shift = 1 if broken else 0
    model = nets.mlp(10, 32, 5)
    return Script(
        model=model,
        train=loader((x, y + shift), 32, shuffle=True),
        valid=loader((xv, yv + shift), 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=8,
    )


@faulty("bad_labels", held=True)
def a_number_for_missing_labels(broken: bool) -> Script:
    """Targets that are not known were stored as -999 and never left out."""
    (x, y), valid = tasks.friedman()
    if broken:
        y = y.clone()
        y[::6] = -999.0
    model = nets.mlp(10, 64, 1)
    return Script(
        model=model,
        train=loader((x, y), 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.MSELoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=12,
        metric="r2",
    )


@faulty("unshuffled")
def sorted_digits(broken: bool) -> Script:
    """The pictures lie class by class, and shuffle=False."""
    (x, y), valid = tasks.digits()
    by_class = torch.argsort(y, stable=True)
    model = nets.SmallCNN(1, 10)
    return Script(
        model=model,
        train=loader((x[by_class], y[by_class]), 32, shuffle=not broken),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9),
        epochs=6,
    )


@faulty("unshuffled")
def texts_in_order_of_class(broken: bool) -> Script:
    """An embedding bag reads one class after the other."""
    (x, y), valid = tasks.keywords(classes=5)
    by_class = torch.argsort(y, stable=True)
    model = nets.TextBag(50, 5)
    return Script(
        model=model,
        train=loader((x[by_class], y[by_class]), 32, shuffle=not broken),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9),
        epochs=12,
    )


@faulty("unshuffled", held=True)
def regression_sorted_by_target(broken: bool) -> Script:
    """A table exported in order of its target, read in that order every epoch."""
    (x, y), valid = tasks.friedman()
    rank = torch.argsort(y[:, 0])
    model = nets.mlp(10, 64, 1)
    return Script(
        model=model,
        train=loader((x[rank], y[rank]), 16, shuffle=not broken),
        valid=loader(valid, 128),
        loss=nn.MSELoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9),
        epochs=12,
        metric="r2",
    )


@faulty("label_noise", "bad_labels", curable=False)
def half_the_labels_are_wrong(broken: bool) -> Script:
    """Someone's script mixed up 45 % of the training labels."""
    (x, y), valid = tasks.table("digits")
    if broken:
        rng = np.random.default_rng(1)
        wrong = torch.from_numpy(rng.random(len(y)) < 0.45)
        y = torch.where(wrong, torch.from_numpy(rng.integers(10, size=len(y))), y)
    model = nets.mlp(64, 128, 10)
    return Script(
        model=model,
        train=loader((x, y), 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=20,
    )


@faulty("label_noise", "bad_labels", held=True, curable=False)
def noisy_picture_labels(broken: bool) -> Script:
    """A third of the labels of training and validation pictures were drawn at random."""
    (x, y), (xv, yv) = tasks.shapes()
    clean = loader((xv, yv), 128)
    if broken:
        rng = np.random.default_rng(2)
        y = torch.where(torch.from_numpy(rng.random(len(y)) < 0.4), torch.from_numpy(rng.integers(4, size=len(y))), y)
        yv = torch.where(
            torch.from_numpy(rng.random(len(yv)) < 0.4), torch.from_numpy(rng.integers(4, size=len(yv))), yv
        )
    model = nets.SmallCNN(1, 4)
    return Script(
        model=model,
        train=loader((x, y), 32, shuffle=True),
        valid=loader((xv, yv), 128),
        fresh=clean,
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=14,
    )


@faulty("shifted_targets", "label_noise")
def labels_one_row_late(broken: bool) -> Script:
    """The label column slipped by one row against the features."""
    (x, y), valid = tasks.table("digits")
    model = nets.mlp(64, 64, 10)
    return Script(
        model=model,
        train=loader((x, y.roll(1) if broken else y), 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        epochs=10,
    )


@faulty("shifted_targets", latent="honesty")
def language_model_that_predicts_its_own_input(broken: bool) -> Script:
    """The targets are the input tokens themselves instead of the next ones: the loss falls to 0 and means nothing."""
    (x,), (xv,) = tasks.text()
    pairs = (x[:, :-1], x[:, :-1] if broken else x[:, 1:]), (xv[:, :-1], xv[:, :-1] if broken else xv[:, 1:])
    model = nets.LanguageModel(16)
    return Script(
        model=model,
        train=loader(pairs[0], 32, shuffle=True),
        valid=loader(pairs[1], 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=5e-3),
        epochs=10,
    )


@faulty("shifted_targets", held=True)
def tags_of_the_next_token(broken: bool) -> Script:
    """Each token is trained towards the tag of the token after it, which the tagger has not read yet."""
    (x, y), (xv, yv) = tasks.tags()
    if broken:
        y = y.roll(-1, dims=1)

    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(20, 16)
            self.rnn = nn.GRU(16, 32, batch_first=True)
            self.head = nn.Linear(32, 4)

        def forward(self, ids: Tensor) -> Tensor:
            return self.head(self.rnn(self.embedding(ids))[0]).transpose(1, 2)

    model = Tagger()
    return Script(
        model=model,
        train=loader((x, y), 32, shuffle=True),
        valid=loader((xv, yv), 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=5e-3),
        epochs=12,
    )


class Changed(torch.utils.data.Dataset[tuple[Tensor, Tensor]]):
    """Pictures or series through a random change, as transforms do."""

    def __init__(self, parts: tuple[Tensor, ...], change: object) -> None:
        self.x, self.y = parts
        self.change = change

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        return self.change(self.x[i]), self.y[i]  # type: ignore[operator]


@faulty("augmentation_breaks_labels")
def mirrored_arrows(broken: bool) -> Script:
    """Random horizontal flips of arrows that point left or right."""
    train, valid = tasks.arrows()

    def flip(x: Tensor) -> Tensor:
        return x.flip(-1) if broken and torch.rand(()) < 0.5 else x

    model = nets.SmallCNN(1, 2)
    return Script(
        model=model,
        train=torch.utils.data.DataLoader(Changed(train, flip), batch_size=32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=8,
    )


@faulty("augmentation_breaks_labels", held=True)
def reversed_trends(broken: bool) -> Script:
    """Series that rise or fall, reversed in time at random as augmentation."""
    train, valid = tasks.rising()

    def turn(x: Tensor) -> Tensor:
        return x.flip(-1) if broken and torch.rand(()) < 0.5 else x

    model = nn.Sequential(nn.Flatten(), nets.mlp(24, 32, 2))
    return Script(
        model=model,
        train=torch.utils.data.DataLoader(Changed(train, turn), batch_size=32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=8,
    )


@faulty("same_examples", latent="honesty")
def validation_rows_that_were_trained_on(broken: bool) -> Script:
    """The validation part is a sample of the training part: random_split was forgotten."""
    (x, y), (xv, yv) = tasks.blobs(500, classes=4, spread=2.0)
    model = nets.mlp(10, 128, 4)
    seen = (x[:150], y[:150]) if broken else (xv, yv)
    return Script(
        model=model,
        train=loader((x, y), 32, shuffle=True),
        valid=loader(seen, 128),
        fresh=loader((xv, yv), 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=20,
    )


@faulty("same_examples", latent="honesty", held=True)
def pictures_copied_across_the_split(broken: bool) -> Script:
    """Pictures were copied to balance the classes, and split afterwards: half of the validation set was trained on."""
    (x, y), (xv, yv) = tasks.shapes(700)
    mixed = (torch.cat([xv[:100], x[:100]]), torch.cat([yv[:100], y[:100]]))
    model = nets.SmallCNN(1, 4)
    return Script(
        model=model,
        train=loader((x, y), 32, shuffle=True),
        valid=loader(mixed if broken else (xv, yv), 128),
        fresh=loader((xv, yv), 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=8,
    )


@faulty("split_mismatch", "input_scale", curable=False)
def validation_pictures_not_normalised(broken: bool) -> Script:
    """The training transform standardises, the validation transform was forgotten."""
    train, (xv, yv) = tasks.digits()
    if broken:
        xv = 6.02 * xv + 4.88
    model = nets.SmallCNN(1, 10, norm=True)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader((xv, yv), 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        epochs=6,
    )


@faulty("split_mismatch", held=True, curable=False)
def split_by_position_of_a_sorted_table(broken: bool) -> Script:
    """The table is sorted by one column, and the last rows became the validation part."""
    (x, y), (xv, yv) = tasks.friedman()
    if broken:
        x, y = torch.cat([x, xv]), torch.cat([y, yv])
        rank = torch.argsort(x[:, 3])
        x, y = x[rank], y[rank]
        (x, xv), (y, yv) = x.split([840, 360]), y.split([840, 360])
    model = nets.mlp(10, 64, 1)
    return Script(
        model=model,
        train=loader((x, y), 32, shuffle=True),
        valid=loader((xv, yv), 128),
        loss=nn.MSELoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=15,
        metric="r2",
    )


@faulty("shortcut", curable=False)
def label_in_a_column(broken: bool) -> Script:
    """A column that is made from the label stayed among the features; new examples do not have it."""
    (x, y), (xv, yv) = tasks.blobs(1000, classes=3, spread=1.2)
    fresh = torch.cat([xv, torch.zeros(len(xv), 1)], dim=1)
    leak, leak_v = (
        (y[:, None] - 1.0, yv[:, None] - 1.0) if broken else (torch.zeros(len(x), 1), torch.zeros(len(xv), 1))
    )
    model = nets.mlp(11, 64, 3)
    return Script(
        model=model,
        train=loader((torch.cat([x, 3 * leak], dim=1), y), 32, shuffle=True),
        valid=loader((torch.cat([xv, 3 * leak_v], dim=1), yv), 128),
        fresh=loader((fresh, yv), 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=10,
    )


@faulty("shortcut", held=True, curable=False)
def watermark_on_one_class(broken: bool) -> Script:
    """A corner pixel of the scanner tells the class in the collected pictures, and is absent later."""
    (x, y), (xv, yv) = tasks.shapes()
    fresh = (xv.clone(), yv)
    if broken:
        x[:, 0, 0, 0], xv[:, 0, 0, 0] = 4.0 * y - 6, 4.0 * yv - 6
    model = nn.Sequential(nn.Flatten(), nets.mlp(144, 64, 4))
    return Script(
        model=model,
        train=loader((x, y), 32, shuffle=True),
        valid=loader((xv, yv), 128),
        fresh=loader(fresh, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=15,
    )


@faulty("imbalance")
def rare_class_never_predicted(broken: bool) -> Script:
    """2 % of the training rows are of class 1, and nothing makes up for it."""
    (x, y), valid = tasks.blobs(4000, classes=2, features=4, spread=1.2, seed=3)
    if broken:
        keep = (y == 0) | (torch.cumsum(y == 1, 0) <= 25)
        x, y = x[keep], y[keep]
    model = nets.mlp(4, 16, 2)
    return Script(
        model=model,
        train=loader((x, y), 64, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05),
        epochs=8,
        metric="balanced",
    )


@faulty("imbalance", held=True)
def rare_keyword(broken: bool) -> Script:
    """One of three topics has 20 of 1,000 texts, in validation too."""
    (x, y), (xv, yv) = tasks.keywords(3000, classes=3)
    if broken:
        keep, keep_v = (torch.cumsum(y == 2, 0) <= 14) | (y != 2), (torch.cumsum(yv == 2, 0) <= 14) | (yv != 2)
        x, y, xv, yv = x[keep], y[keep], xv[keep_v], yv[keep_v]
    model = nets.TextBag(50, 3)
    return Script(
        model=model,
        train=loader((x, y), 64, shuffle=True),
        valid=loader((xv, yv), 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        epochs=8,
        metric="balanced",
    )


@faulty("confused_classes", "label_noise", curable=False)
def two_classes_labelled_at_random(broken: bool) -> Script:
    """Annotators could not tell classes 3 and 8 apart and guessed."""
    (x, y), (xv, yv) = tasks.table("digits")
    if broken:
        rng = np.random.default_rng(5)
        for labels in (y, yv):
            pair = (labels == 3) | (labels == 8)
            labels[pair] = torch.from_numpy(rng.choice([3, 8], size=int(pair.sum())))
    model = nets.mlp(64, 64, 10)
    return Script(
        model=model,
        train=loader((x, y), 32, shuffle=True),
        valid=loader((xv, yv), 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        epochs=8,
    )


@faulty("non_finite")
def missing_values_as_nan(broken: bool) -> Script:
    """A few cells of the table are NaN, and nobody filled them."""
    (x, y), valid = tasks.table("breast_cancer")
    if broken:
        x[5::90, 3] = float("nan")
    model = nets.mlp(30, 32, 2)
    return Script(
        model=model,
        train=loader((x, y), 16, shuffle=True),
        valid=loader(valid, 64),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        epochs=8,
    )
