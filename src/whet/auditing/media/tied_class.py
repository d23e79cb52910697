"""Whether marked examples belong to one class: then what they share gives the label away."""

from __future__ import annotations

import numpy as np

from whet.auditing.media.sides import Side

__all__ = ["tied_class"]

_FEWEST = 10  # marked examples, before their classes are compared


def tied_class(side: Side, marked: np.ndarray) -> tuple[str, float] | None:
    """The class that has more than half of the ``marked`` lines and far more than its due, with its share of them."""
    if side.classes is None or len(marked) < _FEWEST:
        return None
    labels, counts = np.unique(side.classes[marked], return_counts=True)
    label, share = labels[counts.argmax()], float(counts.max() / len(marked))
    due = float((side.classes == label).mean())
    return (str(label), share) if share > max(0.5, min(3 * due, (1 + due) / 2)) else None
