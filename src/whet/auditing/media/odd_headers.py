"""Sounds whose header says another value than that of most: channels, sampling rates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from whet.auditing.inspection import Inspection
from whet.auditing.media.sides import Side
from whet.auditing.media.sound_measures import SoundMeasures, sound_sides
from whet.auditing.media.tied_class import tied_class

__all__ = ["OddHeaders", "odd_headers"]


@dataclass(frozen=True, kw_only=True)
class OddHeaders:
    """The odd ones of one part."""

    side: Side
    marked: np.ndarray  # (K,) into the side
    values: np.ndarray  # (K,) what their headers say
    usual: float  # the most common value of the training part
    tied: tuple[str, float] | None  # the class that most of them belong to, and the share that does

    @property
    def share(self) -> float:
        """Of the part's sounds."""
        return len(self.marked) / len(self.side)

    @property
    def remark(self) -> str:
        """A sentence about that class, with a space before it; empty without one."""
        return f" {self.tied[1]:.0%} of them are of class {self.tied[0]!r}." if self.tied else ""


def odd_headers(
    inspection: Inspection, value: Callable[[SoundMeasures], np.ndarray], *, share: float
) -> Iterator[OddHeaders]:
    """For each part in which more than ``share`` of the sounds differ from the most common value in training."""
    looked = sound_sides(inspection)
    for side, measures in looked:
        values, counts = np.unique(value(looked[0][1]), return_counts=True)
        usual = float(values[counts.argmax()])
        marked = np.flatnonzero(value(measures) != usual)
        if len(marked) > share * len(side):
            tied = tied_class(side, marked)
            yield OddHeaders(side=side, marked=marked, values=value(measures)[marked], usual=usual, tied=tied)
