import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from whet.errors import RunError
from whet.ledger import tables
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.ledger.records import Ledger

PLAN = Plan(stage=Stage.CONFIRM, remedy="mixup", change="mixup 0.2", because="overfitting", alpha=0.01, seeds=3)
DECISION = Decision(
    verdict=Verdict.ADOPTED,
    reason="every gate held",
    before=0.8,
    after=np.float64(0.82),
    gain=0.02,
    num_examples=np.int64(500),
    details={"p_better": 0.9, "worse_slices": [], "broken": float("nan"), "array": np.arange(2)},
)


def test_what_is_written_comes_back(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        first, second = ledger.register(PLAN), ledger.register(PLAN)
        ledger.decide(first, DECISION)
        rows = ledger.rows()
        assert [r["id"] for r in rows] == [first, second]
        for f in fields(Plan):
            assert rows[0][f.name] == getattr(PLAN, f.name), f.name
        for f in fields(Decision):
            if f.name != "details":
                assert rows[0][f.name] == getattr(DECISION, f.name), f.name
        assert rows[0]["details"] == {"p_better": 0.9, "worse_slices": [], "broken": None, "array": [0, 1]}
        assert rows[0]["registered_at"] <= rows[0]["decided_at"]
        assert [r["id"] for r in ledger.open_rows()] == [second]
        assert rows[1]["verdict"] is None


def test_a_row_is_decided_once_and_only_after_it_was_registered(tmp_path):
    with Ledger(tmp_path / "l.sqlite") as ledger:
        row = ledger.register(PLAN)
        ledger.decide(row, DECISION)
        with pytest.raises(RunError, match=r"was already decided: 'adopted'.*Register a new row"):
            ledger.decide(row, DECISION)
        with pytest.raises(RunError, match=r"row 77 was never registered.*register"):
            ledger.decide(77, DECISION)


@pytest.mark.parametrize("table", ["plans", "decisions", "openings", "events", "meta"])
@pytest.mark.parametrize(
    "attack", ["UPDATE {t} SET {c} = 1", "DELETE FROM {t}", "INSERT OR REPLACE INTO {t} SELECT * FROM {t}"]
)
def test_nobody_changes_what_is_written(tmp_path, table, attack):
    path = tmp_path / "l.sqlite"
    with Ledger(path) as ledger:
        ledger.decide(ledger.register(PLAN), DECISION)
        ledger.record_opening(purpose="final", fingerprint="f", alpha=0.05)
        ledger.event("note", "hello")
    other = sqlite3.connect(path)
    before = other.execute(f"SELECT * FROM {table}").fetchall()
    column = {"meta": "value", "decisions": "gain", "plans": "seeds", "openings": "alpha", "events": "kind"}[table]
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        other.execute(attack.format(t=table, c=column))
    assert other.execute(f"SELECT * FROM {table}").fetchall() == before
    other.close()


def test_a_second_process_reads_while_the_first_writes(tmp_path):
    path = tmp_path / "l.sqlite"
    with Ledger(path) as writer, Ledger(path, read_only=True) as reader:
        for count in range(1, 4):
            writer.register(PLAN)
            assert len(reader.rows()) == count
        with pytest.raises(RunError, match="readonly"):
            reader.register(PLAN)


def test_a_writer_killed_at_any_moment_leaves_a_readable_ledger(tmp_path):
    path = tmp_path / "l.sqlite"
    code = (
        "import sys\nfrom whet.ledger.records import Ledger\nfrom whet.ledger.entry import *\n"
        "ledger = Ledger(sys.argv[1])\n"
        "while True:\n"
        "    row = ledger.register(Plan(stage=Stage.CONFIRM, remedy='r', change='c'))\n"
        "    ledger.decide(row, Decision(verdict=Verdict.NO_EVIDENCE))\n"
        "    print(row, flush=True)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    told = [int(child.stdout.readline()) for _ in range(20)]
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    with Ledger(path) as ledger:
        rows = ledger.rows()
        assert [r["id"] for r in rows] == list(range(1, len(rows) + 1))
        assert len(rows) >= told[-1]
        assert len(ledger.open_rows()) <= 1
        ledger.register(PLAN)


def test_threads_share_a_ledger_without_losing_a_row(tmp_path):
    with Ledger(tmp_path / "l.sqlite") as ledger:
        threads = [threading.Thread(target=lambda: [ledger.register(PLAN) for _ in range(5)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(r["id"] for r in ledger.rows()) == list(range(1, 21))


def test_an_archived_ledger_opens_in_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    path = tmp_path / "l.sqlite"
    with Ledger(path) as ledger:
        ledger.register(PLAN)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with Ledger(path, read_only=True) as archived:
        assert len(archived.rows()) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["l.sqlite"]


def test_the_frame_has_every_column_also_when_it_is_empty(tmp_path):
    with Ledger(tmp_path / "l.sqlite") as ledger:
        empty = ledger.frame()
        ledger.register(PLAN)
        assert list(empty.columns) == list(ledger.frame().columns) == list(ledger.rows()[0])


def test_files_that_are_no_ledger_are_named(tmp_path):
    (tmp_path / "text").write_text("not a database at all, but long enough to be looked at" * 30)
    with pytest.raises(RunError, match="file is not a database"):
        Ledger(tmp_path / "text")
    with pytest.raises(RunError, match=r"there is no ledger at .*nowhere"):
        Ledger(tmp_path / "nowhere", read_only=True)
    sqlite3.connect(tmp_path / "later").executescript(
        "CREATE TABLE meta (key TEXT, value TEXT); INSERT INTO meta VALUES ('version', '9');"
    ).connection.close()
    with pytest.raises(RunError, match="version '9'; this Whet reads version '2'"):
        Ledger(tmp_path / "later")


def test_every_column_is_described_in_the_docstring_and_in_the_docs():
    docs = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
    described = set(re.findall(r"\w+", tables.__doc__))
    for name in (*tables.PLAN_FIELDS, *tables.DECISION_FIELDS, "registered_at", "decided_at", "fingerprint"):
        assert name in described, name
        assert f"`{name}`" in docs, name
