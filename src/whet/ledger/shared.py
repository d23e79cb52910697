"""A database with the ledgers of many runs: rows are added and read, never changed or deleted.

It holds copies. The ledger file in the folder of a run stays the record; ``ledger.copying`` carries its rows here.
The tables are described in ``ledger.shared_tables``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy.orm  # noqa: F401  (whole, before a thread uses SQLAlchemy while another imports the rest of it)
from sqlalchemy import Connection, Select, and_, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from whet.errors import RunError, did_you_mean
from whet.ledger.database import connecting, database_faults, database_file, without_password
from whet.ledger.shared_tables import COPIED, META, RUNS, TABLES, VERSION
from whet.ledger.tables import DECISION_FIELDS, PLAN_FIELDS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SharedLedger"]

TRIES, PAUSE_S = 5, 0.1  # at laying out the tables, where several begin at once


class SharedLedger:
    """The ledgers in the database at ``url``; its tables are made where they are missing.

    Args:
        url: any SQLAlchemy URL, such as sqlite:///FILE or postgresql://user:password@host/database.
        read_only: only look; nothing is made.
    Raises:
        ConfigError: no such kind of database. MissingExtraError: its driver is not installed.
        RunError: it cannot be reached, or holds no ledger that this version reads.
    """

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self.url, self.shown = url, without_password(url)
        self._engine = connecting(url)
        file = database_file(url)
        if read_only and file is not None and not file.is_file():  # looking would make an empty one
            raise RunError(f"there is no file {file}, so --storage {self.shown!r} holds no ledger.")
        with database_faults(url):
            self._prepare(read_only)

    def enrol(self, run: str, *, name: str, kind: str, fingerprint: str, metric: str) -> None:
        """Make a run known, once; a run that is known stays as it is."""
        from whet import __version__

        facts = {"name": name, "kind": kind, "fingerprint": fingerprint, "metric": metric, "whet": __version__}
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        with database_faults(self.url), self._engine.begin() as connection:
            if connection.scalar(select(RUNS.c.run).where(RUNS.c.run == run)) is None:
                connection.execute(RUNS.insert().values(run=run, enrolled_at=now, **facts))

    def add(self, run: str, table: str, rows: Sequence[dict[str, Any]]) -> None:
        """Copies of rows of ``table``, all or none; their ``id`` must be new."""
        copies = [{"run": run, **{name: _storable(value) for name, value in row.items()}} for row in rows]
        if copies:
            with database_faults(self.url), self._engine.begin() as connection:
                connection.execute(COPIED[table].insert(), copies)

    def last(self, run: str, table: str) -> dict[str, Any] | None:
        """The row of ``run`` with the highest id in ``table``."""
        copied = COPIED[table]
        found = self._read(select(copied).where(copied.c.run == run).order_by(copied.c.id.desc()).limit(1))
        return found[0] if found else None

    def runs(self) -> list[dict[str, Any]]:
        """Every run, the oldest first: run, name, kind, fingerprint, metric, whet, enrolled_at and what it came to.

        ``rows`` registered, ``decided`` and ``adopted`` of them, ``openings`` of the sealed test, ``last_at``.
        """
        plans, decisions, openings = (COPIED[name] for name in ("plans", "decisions", "openings"))

        def of_run(what: Any, table: Any) -> Any:
            return select(what).where(table.c.run == RUNS.c.run).scalar_subquery()

        adopted = select(func.count()).where(decisions.c.run == RUNS.c.run, decisions.c.verdict == "adopted")
        counts = (
            of_run(func.count(plans.c.id), plans).label("rows"),
            of_run(func.count(decisions.c.id), decisions).label("decided"),
            adopted.scalar_subquery().label("adopted"),
            of_run(func.count(openings.c.id), openings).label("openings"),
            of_run(func.max(plans.c.registered_at), plans).label("registered_at"),
            of_run(func.max(decisions.c.decided_at), decisions).label("decided_at"),
        )
        found = self._read(select(RUNS, *counts).order_by(RUNS.c.enrolled_at, RUNS.c.run))
        for row in found:
            row["last_at"] = max((at for at in (row.pop("registered_at"), row.pop("decided_at")) if at), default=None)
        return found

    def rows(self, name: str | None = None) -> list[dict[str, Any]]:
        """The rows of every run, or of those called ``name`` (or whose ``run`` begins so), in order of registration.

        Keys: ``run``, ``name``, then those of ``Ledger.rows``.
        Raises:
            RunError: no run is called so.
        """
        plans, decisions = COPIED["plans"], COPIED["decisions"]
        joined = RUNS.join(plans, plans.c.run == RUNS.c.run).outerjoin(
            decisions, and_(decisions.c.run == plans.c.run, decisions.c.plan_id == plans.c.id)
        )
        columns = [RUNS.c.run, RUNS.c.name, plans.c.id, plans.c.registered_at, *(plans.c[n] for n in PLAN_FIELDS)]
        columns += [decisions.c.decided_at, *(decisions.c[n] for n in DECISION_FIELDS)]
        wanted = select(*columns).select_from(joined).order_by(RUNS.c.enrolled_at, RUNS.c.run, plans.c.id)
        if name is not None:
            wanted = wanted.where(RUNS.c.run.in_(self._called(name)))
        return [{**row, "details": json.loads(row["details"] or "{}")} for row in self._read(wanted)]

    def frame(self, name: str | None = None) -> pd.DataFrame:
        """``rows`` as a table."""
        import pandas as pd

        columns = ["run", "name", "id", "registered_at", *PLAN_FIELDS, "decided_at", *DECISION_FIELDS]
        return pd.DataFrame(self.rows(name), columns=columns)

    def _called(self, name: str) -> list[str]:
        known = self._read(select(RUNS.c.run, RUNS.c.name))
        found = [row["run"] for row in known if row["name"] == name]
        found = found or [row["run"] for row in known if name and row["run"].startswith(name)]
        if not found:
            names = sorted({row["name"] for row in known})
            raise RunError(f"the storage {self.shown!r} has no run {name!r}. {did_you_mean(name, names)}")
        return found

    def _read(self, wanted: Select[Any]) -> list[dict[str, Any]]:
        with database_faults(self.url), self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(wanted).mappings()]

    def _prepare(self, read_only: bool) -> None:
        version = self._version()
        if version is None and read_only:
            raise RunError(f"the storage {self.shown!r} holds no ledger: no run has shared one there yet.")
        if version is None:
            self._create()
            version = self._version()
        if version != VERSION:
            raise RunError(f"{self.shown} holds ledgers of version {version!r}; this Whet reads version {VERSION!r}.")

    def _version(self) -> str | None:
        """None where there are no tables, or somebody is still laying them out."""
        if not inspect(self._engine).has_table(META.name):
            return None
        found = self._read(select(META.c.value).where(META.c.key == "version"))
        return str(found[0]["value"]) if found else None

    def _create(self) -> None:
        """Lay out the tables; of several that begin at once one does, and the others find them."""
        for left in reversed(range(TRIES)):
            try:
                with self._engine.begin() as connection:
                    TABLES.create_all(connection)
                    _note_version(connection)
                return
            except SQLAlchemyError:
                if not left:
                    raise
                time.sleep(PAUSE_S)


def _note_version(connection: Connection) -> None:
    if connection.scalar(select(META.c.value).where(META.c.key == "version")) is None:
        connection.execute(META.insert().values(key="version", value=VERSION))


def _storable(value: Any) -> Any:
    """PostgreSQL keeps no zero characters, which a message of a failure may hold."""
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else value
