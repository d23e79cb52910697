"""A run is explained from its folder: findings, what was tried for each, and what that was worth."""

import json

import pytest

from whet.errors import RunError
from whet.finding import Finding
from whet.improving.explaining_run import diagnose_run, row_words
from whet.improving.folder import RunFolder
from whet.improving.options import Options
from whet.improving.planner import GENERAL
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.ledger.records import Ledger

FINDINGS = [
    {"symptom": "overconfidence", "severity": 0.3, "statement": "Too sure.", "advice": "Temper."},
    {
        "symptom": "overfitting",
        "severity": 0.6,
        "statement": "A wide gap.",
        "advice": "More data.",
        "rows": [],
        "examples": [{"where": "row 3", "row": 3}],
        "plot": {"title": "loss", "x": "epoch", "y": "loss", "lines": [{"name": "a", "x": [1, 2], "y": [0.5, 0.4]}]},
        "written_by_a_later_whet": 1,
    },
]


@pytest.fixture
def run(tmp_path):
    folder = RunFolder.create(
        tmp_path / "run", source="a.csv", resumable=True, options=Options(), command="whet improve"
    )
    report = {"title": "a.csv", "metric": "accuracy", "metric_title": "accuracy", "after": {"score": 0.9}}
    folder.report_data.write_text(json.dumps({**report, "findings": FINDINGS}))
    with Ledger(folder.ledger) as ledger:
        for remedy, because in (("dropout", "The gap was 0.2."), ("wider", GENERAL), ("ridge", "")):
            stage = Stage.BASELINE if remedy == "ridge" else Stage.CONFIRM
            row = ledger.register(Plan(stage=stage, remedy=remedy, change=f"more {remedy}", because=because))
            if remedy != "wider":
                done = Decision(verdict=Verdict.ADOPTED, gain=0.02, low=0.01, high=0.03)
                ledger.decide(row, done)
    folder.update(status="done")
    return folder.path


def test_each_finding_has_the_rows_that_answered_it_and_the_strongest_comes_first(run):
    told = diagnose_run(run)
    assert [f.symptom for f in told.findings] == ["overfitting", "overconfidence"]
    assert [[row["remedy"] for row in each.tried] for each in told.answered] == [["dropout"], ["dropout"]]
    assert told.answered[0].was_cured
    assert [row["remedy"] for row in told.unasked] == ["wider"]
    assert told.is_finished
    assert told.headline == "a.csv: accuracy 0.9; 2 findings; 1 changes judged, 1 adopted."


def test_findings_are_whole_again_and_unknown_fields_of_later_versions_do_not_matter(run):
    first = diagnose_run(run).findings[0]
    assert isinstance(first, Finding)
    assert first.examples[0].row == 3
    assert first.plot.lines[0].y == (0.5, 0.4)


def test_the_explanation_is_ready_for_json_and_for_a_terminal(run):
    told = diagnose_run(run)
    again = json.loads(json.dumps(told.to_dict(), allow_nan=False))
    assert again["findings"][0]["tried"][0]["verdict"] == "adopted"
    assert row_words(told.answered[0].tried[0], told.metric).startswith("more dropout: adopted, 2.00 points")
    assert "not decided" in row_words(told.unasked[0], told.metric)


def test_a_run_that_was_cut_short_says_how_to_go_on(run):
    (run / "report.json").unlink()
    with pytest.raises(RunError, match="--resume"):
        diagnose_run(run)


@pytest.mark.parametrize("content", ["{", "[]", '{"metric": "accuracy", "findings": [{"symptom": 1}]}'])
def test_a_damaged_report_is_named(run, content):
    (run / "report.json").write_text(content)
    with pytest.raises(RunError, match=r"report\.json"):
        diagnose_run(run)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"run\.json"):
        diagnose_run(tmp_path)


def test_a_real_run_is_explained(table_run):
    told = diagnose_run(table_run[1] / "run")
    assert told.is_finished
    assert all(f.statement and 0 < f.severity <= 1 for f in told.findings)
    json.dumps(told.to_dict(), allow_nan=False)
    assert {row["stage"] for row in told.unasked} <= {"screen", "confirm"}
