"""Whatever a model is given becomes one row of finite numbers per example, and simple models learn from it."""

import numpy as np
import pytest
import torch
from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.probes.baseline import baseline
from whet.diagnosis.probes.inputs import inputs
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError
from whet.rng import make_generator


class Sees(nn.Module):
    """Passes its inputs on to a small head that fits any of them."""

    def __init__(self, outputs=2):
        super().__init__()
        self.head = nn.Parameter(torch.zeros(outputs))
        self.outputs = outputs

    def forward(self, *given, **named):
        num = named["num"]
        return self.head.expand(num, self.outputs)


def case_of(make, num=64, loss=None, outputs=2):
    def forward(model, batch):
        given, y = batch
        return model(*given, num=len(y)), y

    batches = [make(i, num) for i in range(3)]
    model = Sees(outputs)
    return Case(
        setup=Setup(
            model=model,
            train=batches[:2],
            valid=batches[2:],
            loss=loss or nn.CrossEntropyLoss(),
            optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
            forward=forward,
        )
    )


def drawn(i, num):
    g = make_generator(i, "inputs")
    return torch.randint(2, (num,), generator=g), g


def table(i, num):
    y, g = drawn(i, num)
    return (torch.randn(num, 5, generator=g) + 2 * y[:, None],), y


def large_pictures(i, num):
    y, g = drawn(i, num)
    return (torch.randn(num, 3, 40, 40, generator=g) + y[:, None, None, None],), y


def time_first(i, num):
    y, g = drawn(i, num)
    return (torch.randn(7, num, 2, generator=g) + 2 * y[None, :, None],), y


def tokens(i, num):
    y, g = drawn(i, num)
    return (torch.randint(40, (num, 12), generator=g) + 40 * y[:, None],), y


def bags(i, num):
    y, g = drawn(i, num)
    lengths = torch.randint(1, 9, (num,), generator=g)
    codes = torch.cat([torch.randint(20, (int(n),), generator=g) + 20 * int(k) for n, k in zip(lengths, y)])
    return (codes, torch.cat([torch.zeros(1, dtype=torch.long), lengths.cumsum(0)[:-1]])), y


def two_inputs(i, num):
    y, g = drawn(i, num)
    return (torch.randn(num, 3, generator=g), torch.randint(9, (num, 2), generator=g) + 9 * y[:, None]), y


def not_finite(i, num):
    (x,), y = table(i, num)
    x[0, 0], x[1, 1] = float("nan"), float("inf")
    return (x,), y


@pytest.mark.parametrize("make", [table, large_pictures, time_first, tokens, bags, two_inputs, not_finite])
def test_every_kind_of_input_becomes_a_table_from_which_a_simple_model_learns(make):
    case = case_of(make)
    found = case.ask(inputs)
    assert found.train.shape == (128, found.valid.shape[1])
    assert np.isfinite(found.train).all()
    assert found.train.shape[1] < 5000
    simple = case.ask(baseline)
    assert simple.errors(simple.best(flexible=True)[1]).mean() < 0.1
    assert simple.errors(None).mean() > 0.3


def test_numbers_get_the_mean_and_a_line():
    def line(i, num):
        x = torch.randn(num, 4, generator=make_generator(i, "line"))
        return (x,), 1e4 * x.sum(1, keepdim=True)

    simple = case_of(line, loss=nn.MSELoss(), outputs=1).ask(baseline)
    assert simple.best(flexible=False)[0] == "a linear model"
    assert simple.errors(simple.linear).mean() < 0.01 * simple.errors(None).mean()


def test_one_target_per_step_of_a_sequence_is_not_judged():
    def tagged(i, num):
        x = torch.randn(num, 6, 3, generator=make_generator(i, "tags"))
        return (x,), (x[:, :, 0] > 0).long().reshape(-1)

    with pytest.raises(CannotJudgeError, match="one row per target"):
        case_of(tagged).ask(inputs)


def test_without_validation_batches_or_a_known_loss_there_is_a_reason():
    case = case_of(table, loss=lambda outputs, targets: outputs.square().mean())
    with pytest.raises(CannotJudgeError, match="unknown"):
        case.ask(inputs)
