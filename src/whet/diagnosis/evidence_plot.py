"""A picture for findings whose rule draws none: what was measured beside the level that it is compared with."""

from __future__ import annotations

import math
from dataclasses import replace

from whet.finding import Finding, Line, Plot

__all__ = ["with_plot"]


def with_plot(finding: Finding) -> Finding:
    """The same finding; one without a plot gets one where its value and its threshold are finite numbers.

    >>> found = Finding(symptom="x", severity=0.5, statement="", evidence={"value": 0.4, "threshold": 0.1})
    >>> with_plot(found).plot.threshold
    0.1
    """
    value, threshold = finding.evidence.get("value"), finding.evidence.get("threshold")
    if finding.plot is not None or not _is_number(value) or not _is_number(threshold) or value == threshold:
        return finding  # a bar as long as the other shows nothing
    assert isinstance(value, int | float)
    assert isinstance(threshold, int | float)
    line = Line(name="evidence", x=("measured", "threshold"), y=(float(value), float(threshold)))
    plot = Plot(title="measured against the threshold", x="", y="value", lines=(line,), threshold=float(threshold))
    return replace(finding, plot=plot)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
