"""The tables of the ledger file, and what each column says. The same words as in docs/ledger.md.

plans       what was registered BEFORE a row ran
  id                 row number, in order of registration
  registered_at      UTC time, ISO 8601
  stage              baseline, default, screen, confirm, ensemble, calibrate or test
  remedy             registered name of the remedy, baseline or architecture
  change             what changes, in a few words
  because            the finding it answers
  why_now            its place in the order, and what put it there
  expected_gain      plausible gain in the metric's unit, positive is better
  visible_gain       smallest gain that this confirmation can show (minimum detectable effect)
  alpha              share of the error budget spent on this row
  seeds              trainings planned
  recipe             digest of the recipe
  incumbent          digest of the recipe that it is compared with
  expected_seconds   planned wall clock
decisions   what came out; a plan has at most one, and none while it runs or when it was killed
  plan_id            the plan
  decided_at         UTC time, ISO 8601
  verdict            adopted, no evidence, harmful, failed, not visible here or measured
  reason             which gate held or failed, in plain words
  before, after      incumbent's and candidate's score
  gain, low, high    gain with its 95 % interval, positive is better
  p                  one-sided p-value
  num_examples       examples that the scores rest on
  num_seeds          trainings that finished
  seconds            wall clock
  cause              of a failure
  details            JSON: everything else the judge noted
openings    each time the sealed test was opened, written before the examples are handed out
  id, opened_at      number and UTC time
  purpose            why
  fingerprint        sha256 of the sealed examples
  alpha              1 - confidence of the intervals that this opening allows: 0.05, 0.025, 0.0125, ...
events      id, at, kind, message: what else happened, such as a resumed run
meta        key, value: version of this layout
ledger      view: every plan with its decision
"""

from __future__ import annotations

from dataclasses import fields

from whet.ledger.entry import Decision, Plan

__all__ = ["COLUMNS", "DECISION_FIELDS", "PLAN_FIELDS", "SCHEMA", "VERSION", "type_of"]

VERSION = "2"
PLAN_FIELDS = tuple(f.name for f in fields(Plan))
DECISION_FIELDS = tuple(f.name for f in fields(Decision))
REALS = {"expected_gain", "visible_gain", "alpha", "expected_seconds"}
REALS |= {"before", "after", "gain", "low", "high", "p", "seconds"}
INTEGERS = {"seeds", "num_examples", "num_seeds", "plan_id"}
TABLES = ("meta", "plans", "decisions", "openings", "events")
COLUMNS = {  # of the tables that are the record itself, beside their id
    "plans": ("registered_at", *PLAN_FIELDS),
    "decisions": ("plan_id", "decided_at", *DECISION_FIELDS),
    "openings": ("opened_at", "purpose", "fingerprint", "alpha"),
}


def type_of(column: str) -> str:
    """REAL, INTEGER or TEXT.

    >>> type_of("gain"), type_of("seeds"), type_of("verdict")
    ('REAL', 'INTEGER', 'TEXT')
    """
    return "REAL" if column in REALS else "INTEGER" if column in INTEGERS else "TEXT"


def _columns(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}" {type_of(name)}' for name in names)


def _append_only(table: str) -> str:
    key = {"meta": "key", "decisions": "plan_id"}.get(table, "id")
    refuse = f"SELECT RAISE(ABORT, 'the ledger is append-only: {table} cannot be changed');"
    # INSERT OR REPLACE deletes without firing delete triggers, hence the third one
    return (
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN {refuse} END;"
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {refuse} END;"
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) BEGIN {refuse} END;"
    )


SCHEMA = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);"
    f"CREATE TABLE plans (id INTEGER PRIMARY KEY AUTOINCREMENT, registered_at TEXT NOT NULL, {_columns(PLAN_FIELDS)});"
    "CREATE TABLE decisions (id INTEGER PRIMARY KEY AUTOINCREMENT, plan_id INTEGER NOT NULL UNIQUE REFERENCES plans(id)"
    f", decided_at TEXT NOT NULL, {_columns(DECISION_FIELDS)});"
    "CREATE TABLE openings (id INTEGER PRIMARY KEY AUTOINCREMENT, opened_at TEXT NOT NULL, purpose TEXT NOT NULL, "
    "fingerprint TEXT NOT NULL, alpha REAL NOT NULL);"
    "CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL, "
    "message TEXT NOT NULL);"
    "CREATE VIEW ledger AS SELECT plans.id, plans.registered_at, "
    + ", ".join(f'plans."{name}"' for name in PLAN_FIELDS)
    + ", decisions.decided_at, "
    + ", ".join(f'decisions."{name}"' for name in DECISION_FIELDS)
    + " FROM plans LEFT JOIN decisions ON decisions.plan_id = plans.id ORDER BY plans.id;"
    + "".join(_append_only(table) for table in TABLES)
)
