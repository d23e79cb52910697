"""One signed weight as a bar to the right or to the left of an axis."""

from __future__ import annotations

import math

from markupsafe import Markup

__all__ = ["draw"]

HALF = 80  # pixels from the axis to either end


def draw(weight: float, largest: float, *, positive: str = "for") -> Markup:
    """An inline SVG of numbers and a class of the style sheet, "against" or ``positive``.

    >>> str(draw(-1.0, 2.0)).count('class="against" x="40.0" width="40.0"')
    1
    """
    length = HALF * min(1.0, abs(weight) / largest) if largest > 0 and math.isfinite(weight) else 0.0
    return Markup(
        '<svg viewBox="0 0 {} 14" aria-hidden="true"><rect class="{}" x="{:.1f}" width="{:.1f}" y="1" height="12"/>'
        '<line class="axis" x1="{}" x2="{}" y1="0" y2="14"/></svg>'
    ).format(2 * HALF, positive if weight > 0 else "against", HALF - length * (weight < 0), length, HALF, HALF)
