"""A ledger that is shared: the copy says what the file says, an outage costs no row, and no password is shown."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from whet.errors import ConfigError, MissingExtraError, RunError
from whet.ledger import following
from whet.ledger.copying import LedgerCopy
from whet.ledger.database import database_faults, password_again, without_password
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.ledger.following import Follower
from whet.ledger.records import Ledger
from whet.ledger.shared import SharedLedger

PLAN = Plan(stage=Stage.CONFIRM, remedy="mixup", change="mixup 0.2", because="overfitting", alpha=0.01, seeds=3)
DECISION = Decision(verdict=Verdict.ADOPTED, before=0.1 + 0.2, gain=1 / 3, details={"p_better": 0.9}, num_examples=7)
FACTS = {"name": "mine", "kind": "improve", "fingerprint": "f" * 64, "metric": "accuracy"}


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'shared.sqlite'}"


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as opened:
        yield opened


def copy_of(ledger, url, run="a" * 32, **facts):
    return LedgerCopy(url, ledger.path, run, {**FACTS, **facts})


def copied_rows(url, name=None):
    rows = SharedLedger(url, read_only=True).rows(name)
    return [{key: value for key, value in row.items() if key not in ("run", "name")} for row in rows]


def fill(ledger, num=3):
    for index in range(num):
        row = ledger.register(replace(PLAN, change=f"change {index}"))
        if index != num - 1:
            ledger.decide(row, DECISION)


def wait_until(claim):
    pause = threading.Event()
    for _ in range(500):
        if claim():
            return
        pause.wait(0.01)
    raise AssertionError("it did not happen within 5 s")


def test_the_copy_says_what_the_file_says(ledger, url):
    fill(ledger)
    ledger.record_opening(purpose="final", fingerprint="f", alpha=0.05)
    assert copy_of(ledger, url).send() == 3 + 2 + 1
    assert copied_rows(url) == ledger.rows()
    (run,) = SharedLedger(url, read_only=True).runs()
    assert (run["rows"], run["decided"], run["adopted"], run["openings"]) == (3, 2, 2, 1)
    assert {name: run[name] for name in FACTS} == FACTS
    frame = SharedLedger(url, read_only=True).frame()
    assert list(frame.columns) == ["run", "name", *ledger.frame().columns]


def test_sending_again_sends_nothing_and_goes_on_behind_the_last_row(ledger, url):
    fill(ledger)
    copy_of(ledger, url).send()
    resumed = copy_of(ledger, url)
    assert resumed.send() == 0
    ledger.decide(3, DECISION)
    ledger.register(PLAN)
    assert resumed.num_missing() == 2
    assert resumed.send() == 2
    assert copied_rows(url) == ledger.rows()


def test_an_insert_whose_answer_was_lost_is_not_sent_twice(ledger, url, monkeypatch):
    fill(ledger)
    copy, add = copy_of(ledger, url), SharedLedger.add

    def lose_the_answer(self, *content):
        add(self, *content)
        raise RunError("the connection broke")

    monkeypatch.setattr(SharedLedger, "add", lose_the_answer)
    with pytest.raises(RunError, match="broke"):
        copy.send()
    monkeypatch.setattr(SharedLedger, "add", add)
    assert copy.send() == 2  # the decisions; the plans had arrived
    assert copied_rows(url) == ledger.rows()


def test_two_runs_live_in_one_database_and_are_told_apart(tmp_path, ledger, url):
    fill(ledger)
    with Ledger(tmp_path / "other.sqlite") as other:
        other.register(PLAN)
        copy_of(ledger, url).send()
        copy_of(other, url, "b" * 32, name="other", kind="tuning").send()
        shared = SharedLedger(url, read_only=True)
        assert [run["name"] for run in shared.runs()] == ["mine", "other"]
        assert copied_rows(url, "other") == copied_rows(url, "bbbb") == other.rows()
        assert len(shared.rows()) == 4
    with pytest.raises(RunError, match=r"has no run 'othr'. Did you mean 'other'\?"):
        shared.rows("othr")


def test_processes_that_begin_at_once_lay_the_tables_out_once(url):
    barrier, found = threading.Barrier(4), []

    def begin(number):
        barrier.wait()
        SharedLedger(url).enrol(str(number), **FACTS)
        found.append(number)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [0, 1, 2, 3]
    assert len(SharedLedger(url, read_only=True).runs()) == 4


def test_a_copied_folder_does_not_overtake_the_original(tmp_path, ledger, url):
    fill(ledger)
    copy_of(ledger, url).send()
    with Ledger(tmp_path / "twin.sqlite") as twin:
        twin.register(PLAN)
        with pytest.raises(RunError, match=r"rows of the run a{32} that this folder does not have. Was the folder cop"):
            copy_of(twin, url).send()
    assert copied_rows(url) == ledger.rows()


def test_a_run_goes_on_through_an_outage_says_so_once_and_sends_the_rest(ledger, url, monkeypatch):
    monkeypatch.setattr(following, "RETRY_S", 0.01)
    said, is_down, tried, add = [], [True], [], SharedLedger.add

    def unreliable(self, run, table, rows):
        tried.append(table)
        if is_down[0]:
            raise RunError("nobody answers")
        add(self, run, table, rows)

    monkeypatch.setattr(SharedLedger, "add", unreliable)
    follower = Follower(copy_of(ledger, url), say=said.append)
    ledger.after_insert = follower.wake
    fill(ledger, 6)
    wait_until(lambda: len(tried) > 5)
    assert copied_rows(url) == []
    is_down[0] = False
    follower.close(again="Send again.")
    assert copied_rows(url) == ledger.rows()
    assert len(said) == 2
    assert "nobody answers" in said[0]
    assert said[1].startswith("the shared database answers again")


def test_what_could_not_be_sent_is_said_at_the_end_and_sent_later(ledger, url, monkeypatch):
    said, make = [], SharedLedger.__init__

    def refuse(self, url, **_):
        raise RunError("nobody answers")

    monkeypatch.setattr(SharedLedger, "__init__", refuse)
    fill(ledger)
    follower = Follower(copy_of(ledger, url), say=said.append)
    follower.close(again="Send again.")
    assert said[-1] == "5 rows of the ledger are not in the shared database yet; they are in RUN. Send again."
    monkeypatch.setattr(SharedLedger, "__init__", make)
    assert copy_of(ledger, url).send() == 5
    assert copied_rows(url) == ledger.rows()


def test_a_defect_of_the_copy_is_said_and_harms_nothing_else(ledger, url, monkeypatch):
    said = []
    monkeypatch.setattr(SharedLedger, "enrol", lambda self, run, **facts: {}["a defect"])
    follower = Follower(copy_of(ledger, url), say=said.append)
    ledger.after_insert = follower.wake
    fill(ledger)
    follower.close(again="Send again.")
    assert len(ledger.rows()) == 3
    assert "a defect" in said[0]
    assert said[1].startswith("5 rows of the ledger are not in the shared database yet")


def test_the_follower_says_nothing_where_all_goes_well(ledger, url):
    said = []
    follower = Follower(copy_of(ledger, url), say=said.append)
    ledger.after_insert = follower.wake
    fill(ledger)
    follower.close(again="")
    assert said == []
    assert copied_rows(url) == ledger.rows()


def test_looking_makes_nothing(tmp_path, url):
    with pytest.raises(RunError, match=r"there is no file .*holds no ledger"):
        SharedLedger(url, read_only=True)
    assert not list(tmp_path.iterdir())
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE something (a INTEGER)"))
    engine.dispose()
    with pytest.raises(RunError, match="holds no ledger: no run has shared one there yet"):
        SharedLedger(url, read_only=True)


def test_another_version_is_refused(url):
    SharedLedger(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE whet_meta SET value = '9'"))
    engine.dispose()
    with pytest.raises(RunError, match="ledgers of version '9'; this Whet reads version '1'"):
        SharedLedger(url)


@pytest.mark.parametrize(
    ("url", "kind", "message"),
    [
        ("nonsense", ConfigError, r"'nonsense' is no database URL"),
        ("postgres://me:secret@host/db", ConfigError, r"'postgres://me:\*\*\*@host/db' is no database URL"),
        ("sqlite://", ConfigError, r"in memory, which nobody shares"),
        ("postgresql://me:secret/db", ConfigError, r"me:\*\*\*/db' is no database URL: Its port is no number"),
        ("postgresql+psycopg2://me:secret@host/db", MissingExtraError, r"\*\*\*@host.*pip install psycopg2-binary"),
        ("sqlite:////no/such/folder/s.sqlite", RunError, r"cannot be used: unable to open database file. Check its"),
    ],
)
def test_a_database_that_cannot_be_used_gives_one_clear_message(url, kind, message):
    with pytest.raises(kind, match=message) as caught:
        SharedLedger(url)
    assert "secret" not in str(caught.value)


def test_a_missing_driver_of_postgresql_names_the_extra(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r'needs the driver psycopg.*pip install "whet\[postgres\]"'):
        SharedLedger("postgresql+psycopg://me:secret@host/db")


def test_what_a_server_answers_is_passed_on_without_the_password():
    url = "postgresql://me:secret@host/db"
    message = r"cannot be used: no access to postgresql.*\*\*\*.* for me\."
    with pytest.raises(RunError, match=message) as caught, database_faults(url):
        raise OperationalError("SELECT", {}, Exception(f"no access to {url}\nfor me"))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:s3cret@host/db", "postgresql://me:***@host/db"),
        ("postgresql://me:s3@cr/et@host:5432/db", "postgresql://me:***@host:5432/db"),
        ("postgresql://host:5432/db", "postgresql://host:5432/db"),
        ("postgresql://me@host:5432/db", "postgresql://me@host:5432/db"),
        ("postgresql://me:s3cret/db", "postgresql://me:***/db"),
        ("postgresql://host/db?user=me&password=s3cret&a=1", "postgresql://host/db?user=me&password=***&a=1"),
        ("--storage=postgresql://me:s3cret@host/db", "--storage=postgresql://me:***@host/db"),
        ("sqlite:////data/a@b:c.sqlite", "sqlite:////data/a@b:c.sqlite"),
    ],
)
def test_passwords_are_hidden_wherever_they_stand(url, shown):
    assert without_password(url) == shown
    assert without_password(shown) == shown


def test_a_run_that_goes_on_asks_for_a_password_that_was_not_kept():
    kept, given = "postgresql://me:***@host/db", "postgresql://me:secret@host/db"
    assert password_again(kept, given) == given
    assert password_again("sqlite:///a", None) == "sqlite:///a"
    assert password_again(None, None) is None
    with pytest.raises(RunError, match=r"needs its password, which is not kept. Pass --storage again"):
        password_again(kept, None)
