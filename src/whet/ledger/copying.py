"""The copy of one run's ledger in a shared database.

The file in the run folder is the record: it is written first and synced. What the database lacks is sent when it
can be; a row is never sent twice, because the copy goes on behind the last row that the database has.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from whet.errors import RunError
from whet.ledger.records import Ledger
from whet.ledger.shared import SharedLedger
from whet.ledger.tables import COLUMNS

__all__ = ["LedgerCopy"]


class LedgerCopy:
    """The copy of the ledger at ``path`` in the database at ``url``.

    Args:
        run: identity of the run.
        facts: name, kind, fingerprint and metric of the run; see ``SharedLedger.enrol``.
    """

    def __init__(self, url: str, path: Path, run: str, facts: Mapping[str, str]) -> None:
        self.url, self.path, self.run, self.facts = url, path, run, dict(facts)
        self._shared: SharedLedger | None = None
        self._last: dict[str, int] = {}  # table -> id of the last row that the database has

    def send(self) -> int:
        """Send every row that the database lacks; returns how many those were.

        Raises:
            WhetError: the database cannot be used now; whatever was sent stays.
        """
        try:
            shared = self._shared or self._begin()
            with Ledger(self.path, read_only=True) as ledger:
                return sum(self._send(shared, ledger, table) for table in COLUMNS)
        except Exception:
            self._shared = None  # an insert may have arrived although its answer did not: look again what is there
            raise

    def num_missing(self) -> int:
        """Rows that are not known to be in the database."""
        with Ledger(self.path, read_only=True) as ledger:
            return sum(len(ledger.stored(table, after=self._last.get(table, 0))) for table in COLUMNS)

    def _begin(self) -> SharedLedger:
        shared = SharedLedger(self.url)
        shared.enrol(self.run, **self.facts)
        with Ledger(self.path, read_only=True) as ledger:
            for table in COLUMNS:
                self._last[table] = self._known(shared, ledger, table)
        self._shared = shared
        return shared

    def _known(self, shared: SharedLedger, ledger: Ledger, table: str) -> int:
        """The last row that is there, which must be ours: two copies of one run folder would overtake each other."""
        last, stamp = shared.last(self.run, table), COLUMNS[table][0 if table != "decisions" else 1]
        if last is None:
            return 0
        own = ledger.stored(table, after=last["id"] - 1)
        if not own or own[0]["id"] != last["id"] or own[0][stamp] != last[stamp]:
            raise RunError(
                f"the storage {shared.shown!r} has rows of the run {self.run} that this folder does not have. Was the "
                "folder copied, and went both on? Only one of them can share its ledger."
            )
        return int(last["id"])

    def _send(self, shared: SharedLedger, ledger: Ledger, table: str) -> int:
        rows = ledger.stored(table, after=self._last[table])
        shared.add(self.run, table, rows)
        if rows:
            self._last[table] = int(rows[-1]["id"])
        return len(rows)
