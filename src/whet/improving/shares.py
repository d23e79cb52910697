"""How the time is shared out. One place, so that the shares can be read, argued about and changed together.

All shares are of the time that was left when the first deep training was about to begin.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LARGE", "Shares", "finish_seconds"]

LARGE = 20_000  # examples from which a network that ends by the clock gains more from time than from more examples


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Fractions of the exploring time."""

    default: float = 0.05  # one training of the default recipe, at least
    default_most: float = 0.09  # and at most, where that buys ``passes`` over the data
    default_large: float = 0.06  # and from ``LARGE`` examples on, where the long training that follows gains more
    passes: float = 12.0  # epochs after which a default network says something about the data
    glimpse: float = 0.03  # one training of it, where even the most buys a fraction of these epochs only
    glimpse_epochs: float = 2.0  # below which nothing but the time it gets is changed, and one long training follows
    repeats: int = 3  # seeds of it, for the noise floor
    cheap: float = 0.012  # below this share a training is cheap, and five seeds are trained
    alternative: float = 0.14  # one other architecture
    screen: float = 0.015  # one screening
    explore: float = 0.40  # defaults, screenings and confirmations together, when longer training is what is missing
    explore_saturated: float = 0.60  # the same when trainings end by epochs, not by the clock
    cross_validation: float = 0.12  # one repeat of K folds must cost less than this, or a hold-out is used
    folds_most: float = 0.30  # but for tiny data, which folds are used for at any price, one repeat may take this
    folds_all: float = 0.45  # all repeats of K folds together
    going_on: float = 0.15  # of a long training's time, for going on with the examples that were held back from it
    distil: float = 0.06  # one fast model taught by the ensemble, where nobody asked
    distil_asked: float = 0.25  # and where it was asked for: about what one long training is given
    distil_from_s: float = 60.0  # seconds of budget below which there is no time for one


def finish_seconds(budget_s: float) -> float:
    """What the last steps are given: sealed test, bundle and report."""
    return min(25.0, 3.0 + 0.04 * budget_s)
