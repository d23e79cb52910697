"""Learning curves: known shapes are continued, ill-behaved ones refused, and bands hold the truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.errors import DataError
from whet.evaluation.extrapolation import CurvePoint, forecast


def curve(shape, sizes=(125, 250, 500, 1_000), noise=0.0, seed=0, error=0.002):
    rng = np.random.default_rng(seed)
    return [CurvePoint(size=n, loss=shape(n) + noise * rng.normal(), error=max(error, noise)) for n in sizes]


def seen(points, size=2_000, **settings):
    settings = {"tolerance": 0.01, **settings}
    return forecast(points, size, seed_generator=np.random.default_rng(0), **settings)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.0, 0.3), st.floats(0.3, 1.0), st.floats(1.0, 4.0))
def test_power_laws_are_continued_within_a_point(floor, exponent, scale):
    def shape(n):
        return floor + scale * n**-exponent

    found = seen(curve(shape))
    assert abs(found.loss - shape(2_000)) < 0.01
    assert found.refusal == "" or abs(found.missed) > 0.01


def test_a_flat_curve_promises_nothing():
    found = seen(curve(lambda n: 0.1))
    assert found.gain.value == 0.0
    assert found.refusal == ""


def test_a_curve_that_rises_is_refused():
    points = curve(lambda n: 0.1 + n**-0.5)
    points[2] = CurvePoint(size=500, loss=points[0].loss + 0.05, error=0.002)
    assert "not monotone" in seen(points).refusal


def test_a_last_point_that_comes_as_a_surprise_is_refused():
    points = curve(lambda n: 0.4 - 0.00001 * n)
    points[3] = CurvePoint(size=1_000, loss=0.2, error=0.002)
    assert "hidden" in seen(points).refusal


def test_beyond_four_times_is_refused():
    assert "more than 4 times" in seen(curve(lambda n: 0.1 + n**-0.5), size=4_100).refusal


def test_the_order_of_the_points_is_of_no_matter():
    points = curve(lambda n: 0.1 + n**-0.5)
    assert seen(points) == seen(points[::-1])


def test_bands_hold_the_gain_in_most_simulated_curves():
    def shape(n):
        return 0.1 + 2.0 * n**-0.6

    gain = shape(1_000) - shape(2_000)
    held = 0
    for seed in range(40):
        found = seen(curve(shape, noise=0.003, seed=seed))
        held += found.gain.low <= gain <= found.gain.high
    assert held >= 36


def test_more_noise_gives_wider_bands():
    def width(error):
        gain = seen(curve(lambda n: 0.1 + n**-0.5, error=error)).gain
        return gain.high - gain.low

    assert width(0.01) > width(0.001)


def test_two_sizes_are_no_curve():
    with pytest.raises(DataError, match="at least 3 sizes"):
        seen(curve(lambda n: 0.1)[:2])
