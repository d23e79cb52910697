"""A step inside a step of the same optimiser is one step; a step that ended in an error is none."""

import contextlib

import pytest
import torch
from torch import nn

from whet.rng import drawing_globally
from whet.watching.recorder import Recorder


class Own(torch.optim.SGD):
    """As users write their own: something first, then what it inherits."""

    def step(self, closure=None):
        for group in self.param_groups:
            for param in group["params"]:
                if param.grad is not None:
                    param.grad.clamp_(-1.0, 1.0)
        return super().step(closure)


class Owner(Own):
    def step(self, closure=None):
        return super().step(closure)


def trained(kind, *, steps=4, closure=False, breaks_at=None):
    with drawing_globally(0, "nested"):
        model = nn.Linear(3, 1)
        torch.optim.SGD(model.parameters(), lr=0.1)  # PyTorch puts hooks around the step of a class it has met
        Own(model.parameters(), lr=0.1)
        optimizer = kind(model.parameters(), lr=0.1)
        with Recorder(model, optimizer, whole=True) as recorder:
            for i in range(steps):

                def loss(i=i):
                    optimizer.zero_grad()
                    value = model(torch.ones(4, 3)).square().mean()
                    value.backward()
                    if i == breaks_at:
                        raise ArithmeticError("the user's own")
                    return value

                if closure:
                    with contextlib.suppress(ArithmeticError):
                        optimizer.step(loss)
                else:
                    loss()
                    optimizer.step()
        assert not recorder.trouble
        return recorder.trace()


@pytest.mark.parametrize("closure", [False, True])
@pytest.mark.parametrize("kind", [Own, Owner])
def test_a_step_that_calls_the_inherited_step_is_one_step(kind, closure):
    trace, plain = trained(kind, closure=closure), trained(torch.optim.SGD, closure=closure)
    assert [s.index for s in trace.steps] == [s.index for s in plain.steps] == [0, 1, 2, 3]
    assert [s.num_backward for s in trace.steps] == [1] * 4
    assert all(s.starts_clean for s in trace.steps)
    assert all(p.update > 0 for s in trace.steps for p in s.parameters.values())


@pytest.mark.parametrize("kind", [torch.optim.SGD, Own, Owner])
def test_a_step_that_ended_in_an_error_does_not_swallow_the_next(kind):
    trace = trained(kind, closure=True, breaks_at=1)
    assert len(trace.steps) == 3
    assert all(s.loss is not None for s in trace.steps)
