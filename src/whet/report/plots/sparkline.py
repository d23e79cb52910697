"""A recorded series as a small line."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

__all__ = ["draw"]

WIDTH, HEIGHT, MOST = 230, 70, 230  # CSS pixels, and points: more would not be seen


def draw(series: tuple[float, ...]) -> Markup:
    """An inline SVG that holds numbers only; gaps in the series are passed over.

    >>> draw(())
    Markup('')
    >>> str(draw((0.0, 1.0))).count("230.0,")
    1
    """
    values = np.asarray(series, dtype=np.float64)
    steps = np.flatnonzero(np.isfinite(values))
    if not len(steps):
        return Markup("")
    kept = steps[np.unique(np.linspace(0, len(steps) - 1, min(len(steps), MOST)).round().astype(np.int64))]
    span = float(np.ptp(values[kept])) or 1.0
    x = kept / max(len(values) - 1, 1) * WIDTH
    y = HEIGHT - 3 - (values[kept] - values[kept].min()) / span * (HEIGHT - 6)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return Markup(
        '<svg class="spark" viewBox="0 0 {} {}" role="img" aria-label="the series"><polyline points="{}"/></svg>'
    ).format(WIDTH, HEIGHT, points)
