"""A recorded series over a background that is coloured by how much each step mattered."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from markupsafe import Markup

__all__ = ["draw"]

WIDTH, HEIGHT = 520, 110  # pixels; no more points are drawn than there are columns of pixels


def draw(series: Sequence[float], tones: Sequence[str]) -> Markup:
    """An inline SVG of numbers and classes of the style sheet; nothing without a series.

    >>> str(draw([0.0, 1.0, 0.0], ["for2", "for2", ""])).count("<rect")
    1
    """
    values = np.asarray(series, dtype=np.float64)
    known = np.flatnonzero(np.isfinite(values))
    if not len(known) or not len(tones):
        return Markup("")
    step = WIDTH / len(values)
    kept = known[np.unique(np.linspace(0, len(known) - 1, min(len(known), WIDTH)).round().astype(np.int64))]
    span = float(np.ptp(values[kept])) or 1.0
    heights = HEIGHT - 6 - (values[kept] - values[kept].min()) / span * (HEIGHT - 12)
    points = " ".join(f"{(a + 0.5) * step:.1f},{b:.1f}" for a, b in zip(kept, heights, strict=True))
    return Markup(
        '<svg class="bands" viewBox="0 0 {} {}" role="img" aria-label="{}">{}<polyline points="{}"/></svg>'
    ).format(WIDTH, HEIGHT, "the series, coloured by weight", _rectangles(tones[: len(values)], step), points)


def _rectangles(tones: Sequence[str], step: float) -> Markup:
    """One per run of equal tones; a wash without tone needs none."""
    found, start = Markup(""), 0
    for tone, run in groupby(tones):
        length = len(list(run))
        if tone:
            found += Markup('<rect class="{}" x="{:.1f}" width="{:.1f}" y="0" height="{}"/>').format(
                tone, start * step, length * step, HEIGHT
            )
        start += length
    return found
