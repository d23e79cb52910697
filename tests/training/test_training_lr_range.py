import numpy as np

from whet.training.lr_range import LOWEST, STEPS, steepest

RATES = np.geomspace(LOWEST, 100.0, STEPS)


def valley(turn):
    """Flat, falling over a decade, lowest at ``turn``, then rising steeply."""
    x = np.log10(RATES / turn)
    return np.where(x < -1.5, 2.0, np.where(x < 0, 2.0 - (x + 1.5), 0.5 + 4 * x**2))


def test_the_suggestion_lies_below_the_turning_point_and_moves_with_it():
    low, high = steepest(RATES, valley(0.5)), steepest(RATES, valley(5.0))
    assert 0.5 / 30 < low < 0.5
    assert 5.0 / 30 < high < 5.0
    assert 5 < high / low < 20


def test_a_loss_that_never_falls_gives_no_suggestion():
    assert steepest(RATES, np.full(STEPS, 1.0)) is None
    assert steepest(RATES, np.linspace(1.0, 2.0, STEPS)) is None


def test_a_sweep_that_blew_up_at_once_gives_no_suggestion():
    losses = np.full(STEPS, np.nan)
    losses[:5] = 1.0
    assert steepest(RATES, losses) is None
