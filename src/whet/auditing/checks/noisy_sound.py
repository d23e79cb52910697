"""Sounds drowned in noise, in a set where others are clear.

Rule: loud and quiet parts hardly differ and the spectrum is flat, both against the set. A steady tone is not flat, a
sharp hiss is not steady; noise more than 10 dB below the sound is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share, flag
from whet.auditing.media.sound_measures import SoundMeasures, is_long_enough, sound_sides
from whet.auditing.media.standing_out import above, below, single_cases
from whet.finding import Finding

__all__ = ["NoisySound"]


@dataclass(frozen=True, kw_only=True)
class NoisySound:
    """Adds up how far range and flatness lie off the usual."""

    z: float = 4.8  # standard deviations, both together; the noisiest of 2,700 clear recordings (FSDD) has 4.9
    flatness: float = -9.0  # dB; less than this is not white enough

    title: str = "sounds that are full of noise"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, z=(0, 1000), flatness=(-200, 0))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = sound_sides(inspection)
        for side, measures in looked:
            usual = looked[0][1]
            z = self._z(measures, usual)
            found = (z >= self.z) & (measures.flatness >= self.flatness) & is_long_enough(measures, usual)
            marked = np.flatnonzero(single_cases(found, side.classes))
            ranges = (measures.loud - measures.quiet)[marked]
            if not len(marked):
                continue
            yield flag(
                side,
                marked,
                z[marked],
                symptom="noisy_sound",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.2, slope=2.5),
                statement=f"{len(marked):,} of {len(side):,} sounds are noisy: their loud and quiet parts differ by "
                f"{np.median(ranges):.0f} dB, {np.median(usual.loud - usual.quiet):.0f} dB are usual.",
                whats=[f"loud and quiet parts differ by {v:.0f} dB" for v in ranges],
                evidence={"rule": "range and flatness", "value": float(z[marked].min()), "threshold": self.z},
                advice="Record them again or leave them out; if the model will meet such noise, keep them and train "
                "with added noise.",
                confidence=0.75,
            )

    def _z(self, measures: SoundMeasures, usual: SoundMeasures) -> np.ndarray:
        """(M,): 0 where one of the two is not off at all, and where there is no sound."""
        even = below(measures.loud - measures.quiet, usual.loud - usual.quiet, least=1.0)
        white = above(measures.flatness, usual.flatness, least=0.5)
        return np.where((even > 0) & (white > 0) & (measures.level > -80), even + white, 0.0)


checks.register("noisy_sound")(NoisySound())
