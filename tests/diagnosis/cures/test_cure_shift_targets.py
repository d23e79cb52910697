from dataclasses import replace

import pytest
import torch
from curing_scripts import applies, blobs, cured, finding, mlp, numbers, script, trained_score
from torch import nn

from whet.rng import make_generator


@pytest.mark.parametrize("shift", [1, -1, 2])
def test_labels_that_slipped_along_the_data_set(shift):
    (x, y), valid = blobs(), blobs(seed=1)
    setup = script(mlp(), (x, y.roll(shift)), valid)
    assert trained_score(setup) < 0.6
    assert trained_score(cured("shift_targets", setup)) > 0.85


def test_validation_labels_that_slipped_as_well_are_put_back_too():
    (x, y), (xv, yv) = blobs(), blobs(seed=1)
    changed = cured(
        "shift_targets", script(mlp(), (x, y.roll(1)), (xv, yv.roll(1))), finding("shifted_targets", shift=1)
    )
    assert trained_score(changed) > 0.85


def test_along_time():
    x, _ = numbers(200, 12)
    x = x[..., None]
    y = (x[..., 0].roll(1, dims=1) > 0).long()  # the answer to time t stands at t + 1

    class PerTime(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = mlp(1, 2)

        def forward(self, x):
            return self.net(x).transpose(1, 2)

    setup = script(PerTime(), (x, y), (x, y))
    changed = replace(setup)
    from whet.diagnosis.case import Case
    from whet.diagnosis.cures.cure import cures

    changed = cures["shift_targets"].apply(Case(setup=setup), finding("shifted_targets", shift=1, along="time"))
    assert trained_score(setup) < 0.65
    assert trained_score(changed) > 0.9


def test_targets_in_their_place_and_forecasts_stay():
    assert not applies("shift_targets", script(mlp(), blobs()))
    x, y = blobs()
    order = y.argsort(stable=True)
    assert not applies("shift_targets", script(mlp(), (x[order], y[order])))
    assert not applies("shift_targets", script(mlp(), list(zip(*[t.split(16) for t in blobs()]))))


@pytest.mark.parametrize("shift", [1, -2])
def test_what_the_rule_says_is_understood(shift):
    from whet.diagnosis.case import Case
    from whet.diagnosis.cures.cure import cures
    from whet.diagnosis.rule import rules
    from whet.diagnosis.rules import shifted_targets  # noqa: F401

    (x, y), valid = blobs(480), blobs(seed=1)
    case = Case(setup=script(mlp(), (x, y.roll(shift)), valid))
    (found,) = rules["shifted_targets"].check(case)
    assert trained_score(cures["shift_targets"].apply(case, found)) > 0.85


def test_a_language_model_whose_targets_are_its_inputs_learns_the_next_step():
    from whet.diagnosis.case import Case
    from whet.diagnosis.cures.cure import cures

    tokens = (torch.arange(10)[None] + torch.randint(0, 10, (64, 1), generator=make_generator(0, "tokens"))) % 10

    class PerToken(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Embedding(10, 16), nn.Linear(16, 10))

        def forward(self, x):
            return self.net(x).flatten(0, 1)

    setup = script(PerToken(), (tokens, tokens))
    setup = replace(setup, forward=lambda model, batch: (model(batch[0]), batch[1].flatten()))
    found = finding("shifted_targets", value=0, threshold=1)
    changed = cures["shift_targets"].apply(Case(setup=setup), found)
    inputs = torch.arange(5)[None]
    outputs, targets = changed.forward(changed.model, (inputs, inputs))
    assert targets.tolist() == [1, 2, 3, 4]
    assert len(outputs) == 4
