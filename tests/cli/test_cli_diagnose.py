"""whet diagnose as a user types it."""

import json
import sys
from types import SimpleNamespace

import pytest

from whet.cli import showing_diagnosis
from whet.cli.commands import diagnose as command
from whet.cli.main import main
from whet.finding import Finding
from whet.improving.explaining_run import Answered, RunDiagnosis

NETS = """
import torch
from torch import nn


def good(num_features, num_outputs):
    return nn.Sequential(nn.Linear(num_features, 16), nn.ReLU(), nn.Linear(16, num_outputs))


def twice(num_features, num_outputs):
    return nn.Sequential(good(num_features, num_outputs), nn.Softmax(dim=1))


def no_module():
    return 3
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "my_nets.py").write_text(NETS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "my_nets", raising=False)
    return tmp_path


@pytest.fixture
def whet(monkeypatch, capsys):
    """The command line in this process: a new one takes seconds to import everything."""

    def typed(*arguments):
        monkeypatch.setattr(sys, "argv", ["whet", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code
        said = capsys.readouterr()
        return SimpleNamespace(returncode=code or 0, stdout=said.out, stderr=said.err)

    return typed


def test_a_faulty_network_is_named_with_exit_code_1_and_its_page_is_written(whet, folder):
    rules = ["--rule", "double_softmax", "--rule", "initial_loss"]
    done = whet("diagnose", "my_nets:twice", "sklearn:iris", "--budget", "20s", "--out", "d", "--no-prove", *rules)
    assert done.returncode == 1, done.stderr
    assert "VERDICT: " in done.stdout
    assert "Softmax" in done.stdout
    assert (folder / "d" / "diagnosis.html").is_file()
    assert json.loads((folder / "d" / "diagnosis.json").read_text())["severe"] is True


def test_a_sound_network_ends_with_0_and_prints_json(whet, folder):
    rules = ["--rule", "double_softmax", "--rule", "non_finite"]
    done = whet("diagnose", "my_nets:good", "sklearn:iris", "--budget", "10s", "--json", "--no-prove", *rules)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["version"], told["healthy"], told["verdicts"]) == (1, True, [])
    assert set(told["clean"]) == {"double_softmax", "non_finite"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing_here"], "neither the folder of a run nor a factory"),
        (["my_nets:good"], "needs data to be trained on"),
        (["my_nets:good", "sklearn:iris", "--rule", "double_sofmax"], "Did you mean 'double_softmax'"),
        (["my_nets:no_module", "sklearn:iris"], "no_module"),
        (["my_nets:missing", "sklearn:iris"], "missing"),
        (["my_nets:good", "sklearn:iris", "--budget", "soon"], "is not a duration"),
        (["my_nets:good", "sklearn:iris", "--set", "double_softmax=1"], "--set takes"),
        (["."], "run"),
    ],
    ids=lambda value: "_".join(value)[:40] if isinstance(value, list) else "",
)
def test_bad_input_is_one_message_and_exit_code_2(whet, folder, arguments, said):
    done = whet("diagnose", *arguments)
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("whet: ")
    assert done.stdout == ""


def test_a_run_is_explained_from_its_folder(whet, table_run):
    run, _ = table_run
    done = whet("diagnose", run.path)
    assert done.returncode == 0, done.stderr
    assert "changes judged" in done.stdout
    told = json.loads(whet("diagnose", run.path, "--json").stdout)
    assert told["version"] == 1
    assert {"headline", "findings", "unasked"} <= set(told)


def row(change):
    return {"change": change, "verdict": "adopted", "gain": 0.02, "low": 0.01, "high": 0.03, "reason": ""}


def test_what_was_tried_stands_under_its_finding(monkeypatch, capsys):
    finding = Finding(
        symptom="overfitting", severity=0.8, statement="A gap.\x1b[2J\nOf 18 points.", advice="More data."
    )
    run = RunDiagnosis(
        headline="pets: accuracy 0.9",
        metric="accuracy",
        answered=(
            Answered(finding=finding, tried=(row("mixup 0.2"),)),
            Answered(finding=finding, tried=()),
        ),
        unasked=tuple(row(f"wider {i}") for i in range(9)),
        is_finished=False,
    )
    showing_diagnosis.print_run(run)
    said = capsys.readouterr().out
    assert "severe    A gap.\\u001b[2J Of 18 points." in said
    assert said.index("tried: mixup 0.2: adopted") < said.index("nothing was tried for it; you can: More data.")
    assert "and 3 more" in said
    assert "has not ended" in said


def test_a_source_beside_a_run_is_refused(tmp_path):
    with pytest.raises(ValueError, match="pass no SOURCE"):
        command.diagnose(str(tmp_path), "sklearn:iris")


def test_the_exit_code_says_whether_anything_is_severe(monkeypatch, capsys):
    import typer

    report = SimpleNamespace(is_severe=True, to_json=lambda: "{}")
    with pytest.raises(typer.Exit) as stopped:
        command._finish(report, None, True)
    assert stopped.value.exit_code == 1
    report.is_severe = False
    command._finish(report, None, True)
    assert capsys.readouterr().out == "{}\n{}\n"
