"""A run whose ledger is shared: when its database is looked for, what that is told of the run, what is sent last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from whet.errors import RunError
from whet.improving.folder import RunFolder

if TYPE_CHECKING:
    from whet.improving.prepare import Prepared
    from whet.ledger.copying import LedgerCopy
    from whet.ledger.following import Follower
    from whet.ledger.records import Ledger

__all__ = ["send_rest", "sharing_ledger"]

FACTS = "shared_as"  # the field of run.json that says what a run is known by


@contextmanager
def sharing_ledger(
    url: str | None, folder: RunFolder, ledger: Ledger, *, kind: str, say: Callable[[str], None]
) -> Iterator[Callable[[Prepared], None]]:
    """Copy the ledger to ``url`` from the moment when the block hands over the data, through what it is given.

    Without ``url`` nothing happens. ``kind``: improve or tuning.
    Raises:
        WhetError: the database cannot be used. A resumed run goes on without it where it may answer later.
    """
    following: list[Follower] = []

    def begin(prepared: Prepared) -> None:
        from whet.ledger.following import Follower

        if url is not None and not following:
            facts = {"name": folder.path.resolve().name, "kind": kind}
            facts |= {"fingerprint": prepared.data.fingerprint, "metric": prepared.metric.name}
            folder.update(**{FACTS: facts})
            copy = _copy(url, folder, facts)
            following.append(Follower(copy, say=say))
            ledger.after_insert = following[0].wake

    if url is not None:
        _reach(url, may_wait=bool(ledger.rows()))
    try:
        yield begin
    finally:
        ledger.after_insert = None
        for each in following:
            each.close(again=f"Send them with: whet {_command(kind)} --resume {folder.path} --storage URL")


def send_rest(folder: RunFolder, url: str) -> None:
    """Send what the database lacks of a run that is over.

    Raises:
        WhetError: the database cannot be used.
    """
    facts = folder.state().get(FACTS)
    if facts is None:
        raise RunError(f"{folder.path} never shared its ledger: it was begun without --storage. Nothing was sent.")
    _copy(url, folder, facts).send()


def _reach(url: str, *, may_wait: bool) -> None:
    from whet.ledger.shared import SharedLedger

    try:
        SharedLedger(url)
    except RunError:
        if not may_wait:
            raise


def _copy(url: str, folder: RunFolder, facts: dict[str, str]) -> LedgerCopy:
    from whet.ledger.copying import LedgerCopy

    return LedgerCopy(url, folder.ledger, folder.owner(), facts)


def _command(kind: str) -> str:
    return "tune" if kind == "tuning" else "improve"
