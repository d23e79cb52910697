"""whet ledger --storage, and how a run folder shares its ledger: refused, waited for, and sent later."""

import json
import sys

import pytest
from typer.testing import CliRunner

import whet
from whet.cli.asking import typed_command
from whet.cli.main import app
from whet.errors import ConfigError, RunError
from whet.improving.folder import RunFolder
from whet.improving.options import Options
from whet.improving.sharing_ledger import FACTS, sharing_ledger
from whet.ledger.copying import LedgerCopy
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.ledger.records import Ledger
from whet.ledger.shared import SharedLedger

KNOWN = {"name": "mine", "kind": "improve", "fingerprint": "f" * 64, "metric": "accuracy"}


def cli(*arguments):
    return CliRunner().invoke(app, ["ledger", *map(str, arguments)])


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'shared.sqlite'}"


@pytest.fixture
def folder(tmp_path):
    """A run that is over, and has two rows."""
    made = RunFolder.create(
        tmp_path / "mine", source="t.csv", resumable=True, options=Options(storage="pg://me:secret@h/d"), command=""
    )
    with Ledger(made.ledger) as ledger:
        ledger.decide(ledger.register(Plan(stage=Stage.SCREEN, remedy="r", change="a change")),
                      Decision(verdict=Verdict.MEASURED, after=0.5))  # fmt: skip
        ledger.register(Plan(stage=Stage.CONFIRM, remedy="r", change="another"))
    made.update(status="done")
    return made


def test_runs_and_rows_are_listed_from_a_shared_database(folder, url):
    LedgerCopy(url, folder.ledger, folder.owner(), KNOWN).send()
    listed = cli("--storage", url)
    assert listed.exit_code == 0, listed.output
    assert folder.owner()[:8] in listed.stdout
    (run,) = json.loads(cli("--storage", url, "--json").stdout)
    assert (run["run"], run["name"], run["rows"]) == (folder.owner(), "mine", 2)
    shown = cli("--storage", url, "--run", "mine")
    assert "a change" in shown.stdout
    rows = json.loads(cli("--storage", url, "--run", folder.owner()[:8], "--json").stdout)
    own = json.loads(cli(folder.path, "--json").stdout)
    assert [{k: v for k, v in row.items() if k not in ("run", "name")} for row in rows] == own


@pytest.mark.parametrize("given", [(), ("runs/mine", "--storage", "sqlite:///a"), ("runs/mine", "--run", "mine")])
def test_a_folder_or_a_storage_and_not_both(given):
    result = cli(*given)
    assert isinstance(result.exception, ConfigError)
    assert "either the folder of a run, or --storage URL" in str(result.exception)


def test_the_password_is_neither_in_run_json_nor_in_the_command(folder, monkeypatch):
    assert folder.options().storage == "pg://me:***@h/d"
    assert "secret" not in (folder.path / "run.json").read_text()
    monkeypatch.setattr(sys, "argv", ["whet", "improve", "t.csv", "--storage=pg://me:secret@h/d"])
    assert typed_command() == "whet improve t.csv '--storage=pg://me:***@h/d'"


def test_what_a_run_that_is_over_could_not_send_is_sent_with_resume(folder, url):
    with pytest.raises(RunError, match="never shared its ledger"):
        whet.resume(folder.path, storage=url)
    folder.update(**{FACTS: KNOWN})
    for _ in range(2):
        whet.resume(folder.path, storage=url)
        assert len(SharedLedger(url, read_only=True).rows("mine")) == 2


def test_a_new_run_is_refused_without_its_database_and_a_resumed_one_goes_on(tmp_path, folder):
    lost, said = "sqlite:////no/such/folder/s.sqlite", []
    fresh = RunFolder.create(tmp_path / "fresh", source="t", resumable=True, options=Options(), command="")
    with Ledger(fresh.ledger) as empty, pytest.raises(RunError, match="cannot be used"):
        sharing_ledger(lost, fresh, empty, kind="improve", say=said.append).__enter__()
    with Ledger(folder.ledger) as full, sharing_ledger(lost, folder, full, kind="improve", say=said.append):
        full.register(Plan(stage=Stage.SCREEN, remedy="r", change="goes on"))
    with Ledger(folder.ledger) as full, pytest.raises(ConfigError, match="is no database URL"):
        sharing_ledger("nonsense", folder, full, kind="improve", say=said.append).__enter__()


def test_a_tuning_that_keeps_its_study_to_itself_takes_no_storage_later(folder, url):
    folder.update(kind="tuning", status="stopped", tuning={})
    with pytest.raises(ConfigError, match=r"the study of this tuning is in .*mine, not in a database"):
        whet.resume(folder.path, storage=url)
