"""Numbers of layers agree with the textbook's, on any shape, layout and size of values."""

import math

import pytest
import torch

from whet.rng import make_generator
from whet.watching.layer_numbers import layer_seen

SHAPES = [((), 1), ((7,), -1), ((6, 5), 1), ((6, 5), -1), ((4, 3, 5), -1), ((4, 3, 5), 1), ((4, 3, 5, 2), 1)]


def drawn(shape, *, offset=0.0):
    return torch.randn(shape, generator=make_generator(0, "layer numbers")) + offset


@pytest.mark.parametrize(("shape", "axis"), SHAPES)
def test_they_are_the_numbers_they_say(shape, axis):
    x = drawn(shape, offset=-1.0)
    seen = layer_seen("ReLU", x, axis)
    table = x.reshape(-1, 1) if x.ndim < 2 else x.movedim(axis, -1).reshape(-1, x.shape[axis])
    assert seen.mean == pytest.approx(x.mean().item(), rel=1e-5)
    assert seen.std == pytest.approx(x.std(correction=0).item(), rel=1e-4, abs=1e-6)
    assert seen.most == pytest.approx(x.abs().max().item())
    assert seen.silent == pytest.approx((table.amax(0) <= 0).float().mean().item())
    assert seen.broken == 0


@pytest.mark.parametrize("offset", [0.0, 10.0, 1e4, -1e4])
def test_the_deviation_keeps_its_digits_far_from_zero(offset):
    x = drawn((64, 32), offset=offset)
    assert layer_seen("Linear", x, -1).std == pytest.approx(x.double().std(correction=0).item(), rel=1e-3)


def test_a_constant_has_none():
    assert layer_seen("Linear", torch.full((8, 4), 3.7), -1).std == pytest.approx(0.0, abs=1e-5)


def test_layout_in_memory_does_not_matter():
    x = drawn((4, 3, 6, 5))
    last = x.to(memory_format=torch.channels_last)
    plain, other = layer_seen("Conv2d", x, 1), layer_seen("Conv2d", last, 1)
    assert plain.silent == other.silent
    assert (plain.mean, plain.std, plain.most) == pytest.approx((other.mean, other.std, other.most), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_broken_values_are_counted_and_left_out(bad):
    x = drawn((8, 4))
    x[0, 0] = bad
    seen, rest = layer_seen("Linear", x, -1), x[x.isfinite()]
    assert seen.broken == pytest.approx(1 / 32)
    assert seen.mean == pytest.approx(rest.mean().item(), rel=1e-4)
    assert seen.std == pytest.approx(rest.std(correction=0).item(), rel=1e-4)
    assert seen.most == pytest.approx(rest.abs().max().item())
