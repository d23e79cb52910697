"""Every finding with a number and a threshold has a picture; a rule's own picture stays."""

import math

import pytest

from whet.diagnosis.evidence_plot import with_plot
from whet.finding import Finding, Line, Plot


def finding(value, threshold, plot=None):
    evidence = {"rule": "D1", "value": value, "threshold": threshold}
    return Finding(symptom="x", severity=0.5, statement="", evidence=evidence, plot=plot)


def test_the_picture_shows_what_was_measured_and_the_level():
    plot = with_plot(finding(0.4, 0.1)).plot
    assert plot.lines[0].y == (0.4, 0.1)
    assert plot.threshold == 0.1


@pytest.mark.parametrize("value", [None, "0.4", (32, 1), math.nan, math.inf, True, 0.1])
def test_what_is_no_number_or_no_other_has_no_picture(value):
    assert with_plot(finding(value, 0.1)).plot is None


def test_a_rule_keeps_its_own_picture():
    own = Plot(title="own", x="x", y="y", lines=(Line(name="a", x=(1.0,), y=(2.0,)),))
    assert with_plot(finding(0.4, 0.1, own)).plot is own
