"""Series taken at another sampling rate: stretched or compressed against the others of their class.

Rule: the time after which a series no longer resembles itself is off by a factor, the centre of its spectrum is off the
other way, and both stand out against the departures usual within classes. Needs 32 steps and series of a kind: random
walks look the same at any rate. Series that are cut, flat or with gaps are left to the checks for these.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.media.departures import departures
from whet.auditing.media.flagging import by_share, flag
from whet.auditing.media.series_measures import is_whole, series_sides, spiky
from whet.auditing.media.standing_out import beyond
from whet.finding import Finding

__all__ = ["SamplingSteps"]


@dataclass(frozen=True, kw_only=True)
class SamplingSteps:
    """Compares two measures of pace by their logarithms to base 2."""

    octaves: float = 0.8  # one octave is a factor of two
    z: float = 8.0  # standard deviations within the class, both measures together, a quarter of it by each

    title: str = "series at another sampling rate"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, octaves=(0, 20), z=(0, 1000))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = series_sides(inspection)
        if not looked:
            return
        lags = departures([(side, _over_channels(m.lag)) for side, m in looked])
        centres = departures([(side, _over_channels(m.centre)) for side, m in looked])
        for (side, measures), lag, centre in zip(looked, lags, centres, strict=True):
            z_lag, z_centre = beyond(lag, lags[0], least=0.05), beyond(centre, centres[0], least=0.05)
            far = np.where(np.sign(lag) == -np.sign(centre), -lag, 0.0)  # octaves faster
            sure = (z_lag + z_centre >= self.z) & (np.minimum(z_lag, z_centre) >= self.z / 4)
            whole = is_whole(measures, looked[0][1]) & ~spiky(measures, looked[0][1])
            marked = np.flatnonzero((np.abs(far) >= self.octaves) & sure & whole)
            if not len(marked) or len(marked) > 0.2 * len(side):  # so many are another kind, not a fault
                continue
            factors = 2 ** np.abs(far[marked])
            yield flag(
                side,
                marked,
                factors,
                symptom="sampling_steps",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.2, slope=2.0),
                statement=f"{len(marked):,} of {len(side):,} series run {np.median(factors):.1f} times faster "
                "or slower than the others of their kind.",
                whats=[f"{2 ** abs(f):.1f} times {'faster' if f > 0 else 'slower'} than usual" for f in far[marked]],
                evidence={"rule": "pace", "value": float(factors.min()), "threshold": 2**self.octaves},
                advice="Check the sampling rate they were recorded with and resample them to that of the others.",
                confidence=0.7,
            )


def _over_channels(pace: np.ndarray) -> np.ndarray:
    """(M,) median of (M, C), since channels share one clock; channels that tell nothing count as the set's median."""
    known = np.isfinite(pace)
    return np.asarray(np.median(np.where(known, pace, np.median(pace[known]) if known.any() else 0.0), axis=1))


checks.register("sampling_steps")(SamplingSteps())
