"""Frozen layers that were never trained are found by their place; reused trained ones are left alone."""

import itertools

import pytest
import torch
from part_setups import (
    NETS,
    Attention,
    Bag,
    Recurrent,
    case_of,
    cnn,
    found,
    loader,
    loud,
    made,
    mlp,
    pictures,
    table,
    texts,
    waves,
)
from torch import nn

from whet.diagnosis.ordinary_loop import train_stretch
from whet.rng import make_generator

RULE = "frozen_parameters"


def frozen(model, *names):
    for name in names:
        model.get_submodule(name).requires_grad_(False)
    return model


STEMS = {
    "mlp": lambda: (frozen(mlp(), "0"), table()),
    "cnn": lambda: (frozen(cnn(), "0", "1"), pictures()),
    "normal": lambda: (frozen(normal(), "0"), table()),
}
MIDDLES = {
    "mlp": lambda: (frozen(mlp(), "2"), table()),
    "transformer": lambda: (frozen(made(Attention), "body"), texts()),
}
HEADS = {
    "mlp": lambda: (frozen(mlp(), "4"), table()),
    "lstm": lambda: (frozen(made(Recurrent), "head"), waves()),
    "bag": lambda: (frozen(made(Bag), "head"), texts()),
}


def normal():
    model = made(lambda: nn.Sequential(nn.Linear(8, 200), nn.ReLU(), nn.Linear(200, 32), nn.ReLU(), nn.Linear(32, 4)))
    made(lambda: [nn.init.kaiming_normal_(model[i].weight) for i in (0, 2, 4)])
    return model


@pytest.mark.parametrize(
    ("pattern", "build"),
    [
        *(("stem", b) for b in STEMS.values()),
        *(("middle", b) for b in MIDDLES.values()),
        *(("head", b) for b in HEADS.values()),
    ],
)
def test_untrained_frozen_layers_are_named_and_not_severe_where_they_cost_little(pattern, build):
    model, data = build()
    (finding,) = found(RULE, case_of(model, loader(*data)))
    assert finding.evidence["pattern"] == pattern
    assert finding.level == "severe" if finding.evidence["gain"] > 0.3 else finding.severity <= 0.45
    assert finding.cures == ("unfreeze",)


def stacked(*widths):
    """ReLU between layers of these widths."""
    layers = [layer for a, b in itertools.pairwise(widths) for layer in (nn.Linear(a, b), nn.ReLU())]
    return made(lambda: nn.Sequential(*layers[:-1]))


def rings(num=1000, columns=10):
    """The class hangs on the sizes of two columns among ten."""
    x = torch.randn(num, columns, generator=make_generator(3, "rings"))
    return x, (x[:, :2].square().sum(dim=1) > 1.4).long() + (x[:, 0].abs() > 1.5).long()


def one_column(num=600):
    """The class is how large the first column is."""
    x = torch.randn(num, 14, generator=make_generator(6, "one column"))
    return x, (x[:, 0] > -0.5).long() + (x[:, 0] > 0.5).long()


def corners(num=320):
    """(N, 1, 8, 8) in which a small pattern stands somewhere, one of three."""
    g = make_generator(4, "corners")
    y = torch.randint(3, (num,), generator=g)
    x = 0.3 * torch.randn(num, 1, 8, 8, generator=g)
    shapes = torch.tensor([[[1, 1], [0, 0]], [[1, 0], [1, 0]], [[1, 0], [0, 1]]]).float() * 1.5
    for i, k in enumerate(y):
        r, c = torch.randint(0, 7, (2,), generator=g)
        x[i, 0, r : r + 2, c : c + 2] += shapes[k]
    return x, y


def conv_net(width):
    return made(
        lambda: nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveMaxPool2d(1),
            nn.Flatten(),
            nn.Linear(width, 3),
        )
    )


COSTLY = {
    "narrow stem": lambda: (frozen(stacked(14, 2, 32, 32, 3), "0"), one_column(), "stem"),
    "narrow body": lambda: (frozen(stacked(14, 8, 3, 3), "0", "2"), one_column(), "body"),
    "body of a cnn": lambda: (frozen(conv_net(8), "0", "2"), corners(), "body"),
}
CHEAP = {
    "random features": lambda: (frozen(stacked(10, 800, 3), "0"), rings(), "body"),
    "random filters": lambda: (frozen(conv_net(32), "0"), corners(), "stem"),
    "random features, two layers after": lambda: (frozen(stacked(10, 400, 32, 3), "0"), rings(), "stem"),
    "easy table": lambda: (frozen(stacked(8, 64, 64, 4), "0", "2"), table(), "body"),
}


@pytest.mark.parametrize("name", COSTLY)
def test_frozen_layers_that_keep_the_loss_up_are_severe(name):
    model, data, pattern = COSTLY[name]()
    rate = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    (finding,) = found(RULE, case_of(model, loader(*data), optimizer=rate))
    assert (finding.level, finding.evidence["pattern"]) == ("severe", pattern)
    assert finding.evidence["gain"] > 0.2


@pytest.mark.parametrize("name", CHEAP)
def test_random_features_that_do_well_are_not_severe(name):
    model, data, pattern = CHEAP[name]()
    rate = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    (finding,) = found(RULE, case_of(model, loader(*data), optimizer=rate))
    assert finding.severity <= 0.45
    assert finding.evidence["pattern"] == pattern


@pytest.mark.parametrize("name", NETS)
def test_everything_frozen_is_found(name):
    build, data = NETS[name]
    (finding,) = found(RULE, case_of(build().requires_grad_(False), loader(*data())))
    assert finding.severity > 0.9


def test_a_frozen_untrained_body_is_named():
    (finding,) = found(RULE, case_of(frozen(mlp(), "0", "2"), loader(*table())))
    assert finding.evidence["pattern"] == "body"


@pytest.mark.parametrize("names", [("0",), ("0", "2")])
@pytest.mark.parametrize("rate", [1e-3, 3e-3, 1e-2, 3e-2])
def test_frozen_layers_that_were_trained_before_are_fine(names, rate):
    model, data = mlp(), table()
    case = case_of(model, loader(*data), optimizer=torch.optim.Adam(model.parameters(), lr=rate))
    trained = case.setup.copy()
    train_stretch(trained, epochs=8)
    model.load_state_dict(trained.model.state_dict())
    assert not loud(RULE, case_of(frozen(model, *names), loader(*data)))


def test_frozen_norms_biases_and_tables_of_the_users_own_are_fine():
    class Placed(nn.Module):
        def __init__(self):
            super().__init__()
            self.place = nn.Parameter(torch.randn(6, 8), requires_grad=False)
            self.inner = Recurrent()

        def forward(self, x):
            return self.inner(x + self.place)

    assert not found(RULE, case_of(made(Placed), loader(*waves())))
    assert not found(RULE, case_of(frozen(cnn(), "1"), loader(*pictures())))


def test_a_frozen_random_embedding_is_no_error():
    (finding,) = found(RULE, case_of(frozen(made(Bag), "embed"), loader(*texts())))
    assert finding.level == "moderate"


def test_nothing_frozen_is_silent():
    assert not found(RULE, case_of(mlp(), loader(*table())))
