"""The findings on a terminal: ranked, one line each, whatever the data are called."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from whet.auditing.audit import run_checks
from whet.auditing.opening import open_inspection
from whet.cli import showing_audit
from whet.finding import Cost, Finding

COST = Cost(meaning="gain", value=0.012, low=0.004, high=0.02, how="")
FINDINGS = (
    Finding(
        symptom="a", title="labels that look wrong", severity=0.9, statement="Bad.\nVery.", count=3, total=90, cost=COST
    ),
    Finding(symptom="some_check", severity=0.5, statement="x" * 300, column="col[red]\x1b[2J" * 9, count=90, total=90),
    Finding(symptom="c", title="rare things", severity=0.1, statement="Little."),
)


@pytest.fixture
def audit():
    data = pd.DataFrame({"a": np.arange(40) ** 2 % 31, "label": ["x", "y"] * 20})
    return run_checks(open_inspection(data, target="label"), only=[])


def printed(audit, monkeypatch, width=100, folder=None):
    stream = io.StringIO()
    console = Console(file=stream, width=width, highlight=False, markup=False)
    monkeypatch.setattr(showing_audit, "console", lambda: console)
    showing_audit.print_findings(audit, folder)
    return stream.getvalue()


@pytest.mark.parametrize("width", [80, 100, 140, 200])
def test_every_finding_is_one_line_with_level_count_and_worth(audit, monkeypatch, width):
    text = printed(replace(audit, findings=FINDINGS), monkeypatch, width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    starts = [line.split()[0] for line in lines[2:5]]
    assert starts == ["severe", "moderate", "slight"]
    assert "3 of 90" in lines[2]
    assert "gain +1.2 points" in lines[2]
    assert "\x1b" not in text


def test_severe_and_moderate_findings_are_told_in_full(audit, monkeypatch):
    assert "severe: Bad. Very." in printed(replace(audit, findings=FINDINGS), monkeypatch)


def test_clean_data_say_so_and_the_page_is_named(audit, monkeypatch):
    text = printed(audit, monkeypatch, folder=Path("audits") / "pets")
    assert "nothing wrong found" in text
    assert "audit.html" in text


def test_what_could_not_be_judged_is_named(audit, monkeypatch):
    text = printed(replace(audit, not_judged={"label_errors": "too few"}), monkeypatch)
    assert "not judged: label_errors" in text
