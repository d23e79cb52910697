"""The tables of a shared database: the ledger's own (``ledger.tables``), each row with the run that wrote it.

whet_runs        one row for every run that shares its ledger
  run              the run's identity: 32 hexadecimal digits, made once and kept in its folder
  name             of the run folder
  kind             improve or tuning
  fingerprint      sha256 of the data
  metric           primary metric by its registered name
  whet             version that began it
  enrolled_at      UTC time when it was first seen here, ISO 8601
whet_plans, whet_decisions, whet_openings
  run, id          the run, and the row's number in the same table of its ledger: together the key
  ...              the columns of plans, decisions and openings
whet_meta        key, value: version of this layout
"""

from __future__ import annotations

from sqlalchemy import Column, Double, ForeignKey, Integer, MetaData, String, Table, Text

from whet.ledger.tables import COLUMNS, type_of

__all__ = ["COPIED", "META", "RUNS", "TABLES", "VERSION"]

VERSION = "1"
TABLES = MetaData()
META = Table("whet_meta", TABLES, Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))
RUNS = Table(
    "whet_runs",
    TABLES,
    Column("run", String(64), primary_key=True),
    *(Column(name, Text, nullable=False) for name in ("name", "kind", "fingerprint", "metric", "whet", "enrolled_at")),
)
KINDS = {"INTEGER": Integer, "REAL": Double, "TEXT": Text}


def _copied(name: str) -> Table:
    return Table(
        f"whet_{name}",
        TABLES,
        Column("run", String(64), ForeignKey(RUNS.c.run), primary_key=True),
        Column("id", Integer, primary_key=True, autoincrement=False),
        *(Column(column, KINDS[type_of(column)]) for column in COLUMNS[name]),
    )


COPIED = {name: _copied(name) for name in COLUMNS}  # table of the local ledger -> its copy
