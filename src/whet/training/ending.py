"""What is still to be scored after the last step, and the time that must be kept free for it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Ending"]

TRAIN_SAMPLE = 5_000  # training examples that are scored at the end, at most
TRAIN_LEAST = 256  # ... and at least, however short the training
TRAIN_SHARE = 0.03  # of the training's seconds that scoring them may take
INFERENCE = 0.4  # what scoring an example costs, as a share of a training step's part, until it has been measured
MARGIN = 1.15  # on the time kept free


@dataclass(kw_only=True)
class Ending:
    """Counts of examples, and seconds per example as far as known.

    >>> ending = Ending(num_valid=1000, num_train=100_000, seconds=10.0)
    >>> ending.each_s = 1e-3
    >>> ending.train_sample(), round(ending.reserve_s(), 3)
    (300, 1.495)
    """

    num_valid: int  # times the views of test-time augmentation
    num_train: int
    num_renewed: int = 0  # that averaged weights see once more
    num_networks: int = 1  # that predict together
    seconds: float | None  # the limit of the training
    each_s: float = 0.0

    def guess(self, step_s: float, batch_size: int) -> None:
        """From the time of a training step."""
        self.each_s = INFERENCE * step_s / batch_size

    def train_sample(self) -> int:
        """How many training examples are scored: fewer where time is short."""
        most = min(self.num_train, TRAIN_SAMPLE)
        if self.seconds is None or self.each_s == 0:
            return most
        return min(most, max(TRAIN_LEAST, int(TRAIN_SHARE * self.seconds / (self.each_s * self.num_networks))))

    def reserve_s(self) -> float:
        """Seconds to keep free."""
        num_scored = self.num_networks * (self.num_valid + self.train_sample())
        return MARGIN * self.each_s * (num_scored + self.num_renewed)
