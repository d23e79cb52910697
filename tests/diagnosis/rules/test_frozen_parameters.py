"""Frozen layers that were never trained are found by their place; reused trained ones are left alone."""

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
def test_untrained_frozen_layers_are_found(pattern, build):
    model, data = build()
    (finding,) = found(RULE, case_of(model, loader(*data)))
    assert finding.evidence["pattern"] == pattern
    assert finding.level == "severe"
    assert finding.cures == ("unfreeze",)


@pytest.mark.parametrize("name", NETS)
def test_everything_frozen_is_found(name):
    build, data = NETS[name]
    (finding,) = found(RULE, case_of(build().requires_grad_(False), loader(*data())))
    assert finding.severity > 0.9


def test_a_frozen_untrained_body_is_no_error():
    (finding,) = found(RULE, case_of(frozen(mlp(), "0", "2"), loader(*table())))
    assert finding.level == "moderate"
    assert "load trained weights" in finding.advice


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
