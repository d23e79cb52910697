"""Pictures full of noise or speckles, in a set where others are clean.

Rule: even the smoothest part of the picture is rough, and fine detail is strong against coarser detail, both against
the set; together they stay silent on textures, which are rough but not at every scale and not everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share, flag
from whet.auditing.media.picture_measures import PictureMeasures, picture_sides
from whet.auditing.media.standing_out import above, single_cases
from whet.finding import Finding

__all__ = ["NoisyPictures"]


@dataclass(frozen=True, kw_only=True)
class NoisyPictures:
    """Adds up how far noise and sharpness lie above the set's median."""

    z: float = 7.5  # standard deviations, both together; 1 in 800 pictures of CIFAR-10 has more
    noise: float = 1.5  # grey levels in the smoothest part; less is not seen

    title: str = "pictures that are full of noise"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, z=(0, 1000), noise=(0, 255))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        looked = picture_sides(inspection)
        for side, measures in looked:
            z = self._z(measures, looked[0][1])
            marked = np.flatnonzero(single_cases((z >= self.z) & (measures.noise >= self.noise), side.classes))
            if not len(marked):
                continue
            levels = measures.noise[marked]
            yield flag(
                side,
                marked,
                z[marked],
                symptom="noisy_pictures",
                title=self.title,
                severity=by_share(len(marked), len(side), base=0.2, slope=2.5),
                statement=f"{len(marked):,} of {len(side):,} pictures are noisy: where they are smoothest, noise has "
                f"{np.median(levels):.1f} grey levels; {np.median(measures.noise):.1f} are usual.",
                whats=[f"noise of {v:.1f} grey levels where it is smoothest" for v in levels],
                evidence={"rule": "C1", "value": float(z[marked].min()), "threshold": self.z},
                advice="Take them again or leave them out; if the model will meet such pictures, keep them and train "
                "with added noise.",
                confidence=0.8,
            )

    def _z(self, measures: PictureMeasures, usual: PictureMeasures) -> np.ndarray:
        """(M,): 0 where one of the two is not above the usual by a standard deviation."""
        rough = above(measures.noise, usual.noise, least=0.3)
        sharp = above(measures.sharpness, usual.sharpness, least=0.05)
        both = (rough >= 1) & (sharp >= 1)
        return np.where(both, np.minimum(rough, 8) + np.minimum(sharp, 8), 0.0)  # 8: neither decides alone


checks.register("noisy_pictures")(NoisyPictures())
