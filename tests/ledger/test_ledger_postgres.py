"""The same on a real PostgreSQL server, where this machine has one: ``initdb`` and ``pg_ctl`` on the path."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

from whet.errors import RunError
from whet.ledger.copying import LedgerCopy
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.ledger.records import Ledger
from whet.ledger.shared import SharedLedger
from whet.search.dimension import Real
from whet.search.space import Space
from whet.search.study import Study
from whet.search.tried import Proposal

FACTS = {"kind": "improve", "fingerprint": "f", "metric": "accuracy"}


def unprivileged(*command):
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return list(map(str, command))
    return ["runuser", "-u", "nobody", "--", *map(str, command)]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server of its own on a free port, in a folder that an unprivileged user may enter."""

    def __init__(self, folder):
        self.data, self.log, self.port = folder / "data", folder / "log", free_port()
        (folder / "password").write_text("secret-word\n")
        (folder / "password").chmod(0o644)
        self._run("initdb", "-D", self.data, "-U", "whet", f"--pwfile={folder / 'password'}", "-A", "scram-sha-256",
                  "-E", "UTF8", "--no-sync")  # fmt: skip
        self.options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {folder} -F"
        self.url = f"postgresql+psycopg://whet:secret-word@127.0.0.1:{self.port}/postgres"

    def start(self):
        self._run("pg_ctl", "-D", self.data, "-o", self.options, "-l", self.log, "-w", "start")

    def stop(self):
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def _run(self, *command):
        subprocess.run(unprivileged(*command), check=True, stdout=subprocess.DEVNULL, cwd=self.data.parent)


@pytest.fixture(scope="module")
def server():
    pytest.importorskip("psycopg", reason="needs the driver: pip install 'whet[postgres]'")
    needed = ["initdb", "pg_ctl", *(["runuser"] if os.getuid() == 0 else [])]
    if missing := [name for name in needed if shutil.which(name) is None]:
        pytest.skip(f"needs a PostgreSQL server on this machine; not found: {', '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="whet-pg-") as name:  # not tmp_path: only root may enter that
        folder = Path(name)
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        server = Server(folder)
        server.start()
        yield server
        server.stop()


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as opened:
        for index in range(3):
            row = opened.register(Plan(stage=Stage.CONFIRM, remedy="mixup", change=f"change {index}", alpha=0.1 + 0.2))
            cause = "odd: \x00 ü 漢"
            opened.decide(row, Decision(verdict=Verdict.FAILED, gain=1 / 3, cause=cause, details={"a": [1, 2]}))
        yield opened


def rows_of(url, name):
    rows = SharedLedger(url, read_only=True).rows(name)
    return [{key: value for key, value in row.items() if key not in ("run", "name")} for row in rows]


def test_the_copy_on_a_server_says_what_the_file_says_also_after_the_server_was_away(server, ledger):
    copy = LedgerCopy(server.url, ledger.path, "a" * 32, {"name": "copied", **FACTS})
    assert copy.send() == 6
    expected = [{**row, "cause": row["cause"].replace("\x00", "\ufffd")} for row in ledger.rows()]
    assert rows_of(server.url, "copied") == expected
    ledger.register(Plan(stage=Stage.TEST, remedy="m", change="during the outage"))
    server.stop()
    with pytest.raises(RunError, match=r"cannot be used: connection failed.*refused"):
        copy.send()
    server.start()
    assert copy.send() == 1
    assert len(rows_of(server.url, "copied")) == 4
    assert copy.send() == 0


def test_runs_that_begin_at_once_share_a_new_database(server):
    barrier, found = threading.Barrier(4), []

    def begin(number):
        barrier.wait()
        SharedLedger(server.url).enrol(str(number), name="at once", **FACTS)
        found.append(number)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [0, 1, 2, 3]


def test_a_wrong_password_is_said_in_words(server):
    with pytest.raises(RunError, match=r'\*\*\*@127.*password authentication failed for user "whet"') as caught:
        SharedLedger(server.url.replace("secret-word", "other-word"))
    assert "other-word" not in str(caught.value)


def test_a_study_survives_a_server_that_was_started_anew(server):
    space = Space({"optimiser.lr": Real(low=1e-4, high=1e-1)})
    study = Study(space, server.url, name="restart", higher_is_better=True, owner="me")
    study.begin(Proposal(values={"optimiser.lr": 0.01}), "a").complete(0.5, seconds=1, trial="")
    server.stop()
    server.start()
    study.begin(Proposal(values={"optimiser.lr": 0.02}), "b").complete(0.6, seconds=1, trial="")
    other = Study(space, server.url, name="restart", higher_is_better=True, owner="you")
    assert [(tried.values, tried.score) for tried in other.history()] == [
        ({"optimiser.lr": 0.01}, 0.5),
        ({"optimiser.lr": 0.02}, 0.6),
    ]
