"""Checks are chosen, configured, run in order of effort, and their findings ranked."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

import whet
from whet.auditing.audit import run_checks
from whet.auditing.opening import open_inspection
from whet.auditing.stopwatch import Stopwatch
from whet.errors import CannotJudgeError, ConfigError, DataError, TrainingFailedError
from whet.finding import Cost, Finding


def frame(num=80):
    rng = np.random.default_rng(0)
    return pd.DataFrame({"a": rng.normal(size=num), "b": rng.normal(size=num), "y": ["p", "q"] * (num // 2)})


@dataclass(frozen=True, kw_only=True)
class Speaks:
    severity: float = 0.5
    gain: float | None = None
    word: str = "it"
    title: str = "things to say"
    effort: int = 0

    def check(self, inspection):
        cost = None
        if self.gain is not None:
            cost = Cost(meaning="gain", value=self.gain, low=self.gain / 2, high=2 * self.gain, how="guessed")
        yield Finding(symptom="speaks", severity=self.severity, statement=f"Found {self.word}.", cost=cost)


@dataclass(frozen=True, kw_only=True)
class Whispers(Speaks):
    word: str = "a whisper"


@dataclass(frozen=True, kw_only=True)
class Declines:
    fault: type[Exception] = CannotJudgeError
    title: str = "nothing at all"
    effort: int = 2

    def check(self, inspection):
        raise self.fault("needs more than there is")


def audited(*checks, **settings):
    return run_checks(open_inspection(frame(), target="y"), only=checks, **settings)


def test_severe_findings_come_first_and_then_what_costs_most():
    found = audited(Speaks(severity=0.6, gain=0.01, word="little"), Whispers(severity=0.31, gain=0.05))
    assert [f.statement for f in found.findings] == ["Found a whisper.", "Found little."]
    found = audited(Speaks(severity=0.9, word="danger"), Whispers(severity=0.31, gain=0.05))
    assert [f.statement for f in found.findings] == ["Found danger.", "Found a whisper."]
    assert found.is_severe
    assert not audited(Speaks(severity=0.6)).is_severe


def test_a_check_that_cannot_judge_is_reported_with_its_reason():
    found = audited(Declines(), Speaks())
    assert found.not_judged == {"Declines": "needs more than there is"}
    assert len(found.findings) == 1


def test_a_training_that_fails_inside_a_check_does_not_end_the_audit():
    @dataclass(frozen=True, kw_only=True)
    class Fails(Declines):
        def check(self, inspection):
            raise TrainingFailedError("diverged", cause="nan")

    assert "diverged" in audited(Fails(), Speaks()).not_judged["Fails"]


def test_checks_that_take_effort_are_left_when_the_time_is_used_up():
    inspection = open_inspection(frame(), target="y", stopwatch=Stopwatch(budget_s=0.0))
    found = run_checks(inspection, only=[Speaks(), Declines()])
    assert "time was used up" in found.not_judged["Declines"]
    assert len(found.findings) == 1


def test_settings_reach_the_check_and_unknown_ones_are_refused():
    imbalance = {"only": ["class_imbalance"]}
    uneven = pd.concat([frame(), frame().query("y == 'p'")], ignore_index=True)
    inspection = open_inspection(uneven, target="y")
    assert not run_checks(inspection, **imbalance).findings
    assert run_checks(inspection, **imbalance, settings={"class_imbalance": {"ratio": 1.5}}).findings
    with pytest.raises(ConfigError, match=r"no setting 'ration'.*'ratio'"):
        run_checks(inspection, **imbalance, settings={"class_imbalance": {"ration": 2}})
    with pytest.raises(ConfigError, match="which does not run"):
        run_checks(inspection, **imbalance, settings={"label_errors": {"precision": 0.9}})
    with pytest.raises(ConfigError, match="unknown check 'class_balance'"):
        run_checks(inspection, only=["class_balance"])


def test_an_audit_is_json_and_a_table():
    found = audited(Speaks(gain=0.02), Whispers())
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["version"] == 1
    assert plain["findings"][0]["level"] == "moderate"
    table = found.frame()
    assert next(iter(table["cost"])) == 0.02
    assert {"symptom", "level", "count", "statement", "remedy"} <= set(table.columns)
    assert found.rows("speaks").empty


def test_clean_checks_are_named():
    assert audited("class_imbalance").clean == ("class_imbalance",)


def test_a_class_with_one_example_and_a_source_without_target_can_be_audited():
    lonely = pd.concat([frame(), pd.DataFrame({"a": [0.0], "b": [0.0], "y": ["r"]})], ignore_index=True)
    assert whet.audit(lonely, target="y", checks=["class_imbalance"]).findings
    assert whet.audit(frame().drop(columns="y"), checks=["class_imbalance"]).target is None


def test_wrong_wishes_are_refused_with_advice(tmp_path):
    with pytest.raises(DataError, match="no column 'sex' for --sensitive"):
        whet.audit(frame(), target="y", sensitive=["sex"])
    with pytest.raises(DataError, match="no column 'b', which the training part has"):
        whet.audit(frame(), target="y", test=frame().drop(columns="b"))
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(whet.WhetError, match="holds other things"):
        whet.audit(frame(), target="y", out=tmp_path, checks=["class_imbalance"])
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_the_folder_gets_the_page_and_the_findings(tmp_path):
    whet.audit(frame(), target="y", out=tmp_path / "out", checks=["class_imbalance"], also=[Speaks()])
    assert json.loads((tmp_path / "out" / "audit.json").read_text())["findings"][0]["statement"] == "Found it."
    assert "Found it." in (tmp_path / "out" / "audit.html").read_text()
