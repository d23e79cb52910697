"""The audit at the start of a run: a small share of the time, on everything but the sealed test.

Its findings raise the remedies that treat them. A run counted in epochs takes only the checks that read and compare,
since a quick model limited by the clock would make it unrepeatable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from whet.auditing.audit import run_checks
from whet.auditing.inspection import Half, Inspection
from whet.auditing.mends import mends_of
from whet.auditing.stopwatch import Stopwatch
from whet.finding import Cost, Example, Finding
from whet.improving.session import Session

__all__ = ["look_over"]

SHARE = 0.06  # of the budget
LEAST_S = 1.5  # with less no quick model is trained
EXAMPLES_PER_S, LEAST_EXAMPLES = 250, 2_000  # that a check looks at, by the seconds of the audit
COMPARING, QUICK_MODEL = 1, 2  # effort of the checks that are run
MOST_ROWS, MOST_EXAMPLES = 50, 6  # kept for the report; ``whet audit`` lists them all
SAID = 5


def look_over(session: Session) -> None:
    """Audit the data of the run, and let remedies and report know what was found."""
    session.observer.doing("auditing the data")
    stored = session.folder.remember("audit", lambda: [asdict(_compact(f)) for f in _audit(session)])
    session.audited = tuple(_read(plain) for plain in stored)
    found = tuple(dict.fromkeys(f.symptom for f in session.audited))
    facts = replace(session.prepared.facts, found=found, mends=mends_of(session.audited))
    session.prepared = replace(session.prepared, facts=facts)
    for finding in session.audited[:SAID]:
        session.observer.say(f"  audit, {finding.level}: {finding.statement}")
    if len(session.audited) > SAID:
        session.observer.say(f"  audit: {len(session.audited) - SAID} more in the report; whet audit shows examples")


def _audit(session: Session) -> tuple[Finding, ...]:
    prepared, budget_s = session.prepared, session.clock.budget_s
    seconds = None if budget_s is None else SHARE * budget_s
    inspection = Inspection(
        train=Half(raw=prepared.raw, data=prepared.data),
        seed=session.options.seed,
        stopwatch=Stopwatch(budget_s=seconds),
        most_examples=None if seconds is None else max(LEAST_EXAMPLES, int(EXAMPLES_PER_S * seconds)),
    )
    is_quick = seconds is None or seconds < LEAST_S
    return run_checks(inspection, most_effort=COMPARING if is_quick else QUICK_MODEL).findings


def _compact(finding: Finding) -> Finding:
    return replace(finding, rows=finding.rows[:MOST_ROWS], examples=finding.examples[:MOST_EXAMPLES], edits=())


def _read(plain: Mapping[str, Any]) -> Finding:
    cost = plain["cost"]
    return Finding(
        **{
            **plain,
            "rows": tuple(plain["rows"]),
            "edits": (),
            "examples": tuple(Example(**each) for each in plain["examples"]),
            "cost": None if cost is None else Cost(**cost),
        }
    )
