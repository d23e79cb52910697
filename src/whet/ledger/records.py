"""The ledger file: an append-only SQLite database that survives a kill and can be read while it is written.

Write-ahead logging lets a second process read at any time; every row is synced to the disk before the call returns.
Triggers refuse changes and deletions, whoever asks. The columns are described in ``ledger.tables``.
"""

from __future__ import annotations

import json
import math
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from whet.errors import RunError
from whet.ledger.entry import Decision, Plan
from whet.ledger.tables import COLUMNS, DECISION_FIELDS, PLAN_FIELDS, SCHEMA, VERSION

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Ledger"]

WAIT_S = 30.0  # for another writer to finish


class Ledger:
    """One ledger file, created when missing. Safe to share between threads.

    Args:
        path: the file.
        read_only: open an existing file without any right to write.
    """

    def __init__(self, path: str | Path, *, read_only: bool = False) -> None:
        self.path = Path(path)
        self.read_only = read_only
        self.after_insert: Callable[[], None] | None = None  # told of every row that is safely on the disk
        self._lock = threading.RLock()
        if read_only and not self.path.is_file():
            raise RunError(f"there is no ledger at {self.path}. Pass the folder of a run that has begun.")
        with self._naming_faults():
            self._connection = self._connect()
            self._connection.row_factory = sqlite3.Row
            self._prepare()

    def register(self, plan: Plan) -> int:
        """Write down what is about to be tried; returns the row's id. Call it BEFORE the row runs."""
        values = [str(v) if name == "stage" else _plain(v) for name, v in vars(plan).items()]
        return self._insert("plans", ("registered_at", *vars(plan)), [_now(), *values])

    def decide(self, plan_id: int, decision: Decision) -> None:
        """Write down what came out of a registered row; a row is decided once."""
        row = self._query("SELECT verdict FROM ledger WHERE id = ?", (plan_id,))
        if not row:
            raise RunError(f"ledger row {plan_id} was never registered in {self.path}; call register(plan) first.")
        if row[0]["verdict"] is not None:
            raise RunError(
                f"ledger row {plan_id} was already decided: {row[0]['verdict']!r}. Register a new row to try again."
            )
        content = {
            **vars(decision),
            "verdict": str(decision.verdict),
            "details": json.dumps(_jsonable(decision.details)),
        }
        values = [_plain(v) for v in content.values()]
        self._insert("decisions", ("plan_id", "decided_at", *content), [plan_id, _now(), *values])

    def rows(self) -> list[dict[str, Any]]:
        """Every row in order of registration, as a dict.

        Keys: ``id``, ``registered_at``, the fields of Plan, ``decided_at``, the fields of Decision; ``details`` is a
        dict. A row that is not decided yet has None in the decision's fields.
        """
        found = self._query("SELECT * FROM ledger")
        return [{**row, "details": json.loads(row["details"]) if row["details"] else {}} for row in found]

    def open_rows(self) -> list[dict[str, Any]]:
        """The rows that were registered and not decided: running, or cut short by a kill."""
        return [row for row in self.rows() if row["verdict"] is None]

    def stored(self, table: str, *, after: int = 0) -> list[dict[str, Any]]:
        """Rows of ``plans``, ``decisions`` or ``openings`` as they lie on the disk, from behind the id ``after``."""
        assert table in COLUMNS, table
        return self._query(f"SELECT * FROM {table} WHERE id > ? ORDER BY id", (after,))

    def frame(self) -> pd.DataFrame:
        """``rows`` as a table; ``details`` stays a column of dicts."""
        import pandas as pd

        columns = ["id", "registered_at", *PLAN_FIELDS, "decided_at", *DECISION_FIELDS]
        return pd.DataFrame(self.rows(), columns=columns)

    def event(self, kind: str, message: str) -> None:
        """Note something that is no row: a resumed run, a changed budget."""
        self._insert("events", ("at", "kind", "message"), [_now(), kind, message])

    def events(self) -> list[dict[str, Any]]:
        """Every event: id, at, kind, message."""
        return self._query("SELECT * FROM events ORDER BY id")

    def record_opening(self, *, purpose: str, fingerprint: str, alpha: float) -> int:
        """Write down that the sealed test is about to be opened; ``SealedTest.open`` is the one caller."""
        columns = ("opened_at", "purpose", "fingerprint", "alpha")
        return self._insert("openings", columns, [_now(), purpose, fingerprint, alpha])

    def openings(self) -> list[dict[str, Any]]:
        """Each time a sealed test was opened: id, opened_at, purpose, fingerprint, alpha."""
        return self._query("SELECT * FROM openings ORDER BY id")

    def close(self) -> None:
        """Let go of the file; further calls are errors."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _connect(self) -> sqlite3.Connection:
        if not self.read_only:
            return sqlite3.connect(self.path, timeout=WAIT_S, check_same_thread=False, isolation_level=None)
        uri = f"{self.path.resolve().as_uri()}?mode=ro"
        if not os.access(self.path.parent, os.W_OK) and not Path(f"{self.path}-wal").exists():
            uri += "&immutable=1"  # an archived run: no room for the index file that write-ahead logging wants
        return sqlite3.connect(uri, uri=True, timeout=WAIT_S, check_same_thread=False, isolation_level=None)

    def _prepare(self) -> None:
        if not self.read_only:
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._create()
        version = self._query("SELECT value FROM meta WHERE key = 'version'")
        if not version or version[0]["value"] != VERSION:
            found = version[0]["value"] if version else None
            raise RunError(f"{self.path} is a ledger of version {found!r}; this Whet reads version {VERSION!r}.")

    def _create(self) -> None:
        """Lay out the tables, in one transaction that only the first of several processes gets to do."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            if not self._query("SELECT 1 AS found FROM sqlite_master WHERE name = 'meta'"):
                for statement in _statements(SCHEMA):
                    self._connection.execute(statement)
                self._connection.execute("INSERT INTO meta VALUES ('version', ?)", (VERSION,))
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise

    def _insert(self, table: str, columns: tuple[str, ...], values: list[Any]) -> int:
        names, marks = ", ".join(f'"{c}"' for c in columns), ", ".join("?" * len(columns))
        with self._lock, self._naming_faults():
            cursor = self._connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)
            row_id = int(cursor.lastrowid or 0)
        if self.after_insert is not None:
            self.after_insert()
        return row_id

    def _query(self, statement: str, values: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        with self._lock, self._naming_faults():
            return [dict(row) for row in self._connection.execute(statement, values)]

    @contextmanager
    def _naming_faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as fault:
            raise RunError(f"ledger {self.path}: {fault}.") from fault


def _statements(script: str) -> Iterator[str]:
    """The statements of a script; ``executescript`` would commit in between."""
    statement = ""
    for piece in script.split(";"):
        statement += piece + ";"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    """NumPy scalars as Python's own, which SQLite knows."""
    return value.item() if isinstance(value, np.generic) else value


def _jsonable(value: Any) -> Any:
    """JSON-ready; what is not finite becomes null, because other programs cannot read NaN."""
    if isinstance(value, Mapping):
        return {str(key): _jsonable(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(v) for v in value]
    if isinstance(value, np.ndarray):
        return _jsonable(value.tolist())
    plain = _plain(value)
    if isinstance(plain, float) and not math.isfinite(plain):
        return None
    return plain if isinstance(plain, str | int | float | bool | type(None)) else str(plain)
