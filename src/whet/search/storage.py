"""Where studies live: an SQLite file, or whatever database SQLAlchemy reaches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from whet.errors import RunError
from whet.ledger.database import database_faults, patience, unusable, without_password
from whet.search.optuna_words import quiet

__all__ = ["open_storage", "sqlite_url", "storage_faults", "without_password"]

TRIES, PAUSE_S = 10, 0.2  # at laying out the tables, where several begin at once


def sqlite_url(path: Path) -> str:
    """The URL of an SQLite file."""
    return f"sqlite:///{path.resolve().as_posix()}"


def open_storage(url: str) -> Any:
    """Optuna's storage behind ``url``; its tables are made on first use.

    Raises:
        ConfigError: no such kind of database. MissingExtraError: its driver is not installed.
        RunError: it cannot be reached, or the file is no such database.
    """
    from optuna.storages import RDBStorage
    from sqlalchemy.pool import NullPool

    # a server may have been started anew since the last trial, and a connection that is kept is one that nobody closes
    kwargs = {"poolclass": NullPool, "connect_args": patience(url)} if not url.startswith("sqlite") else None
    with database_faults(url), quiet():
        return _hurried(_first_or_later(lambda: RDBStorage(url, engine_kwargs=kwargs)))


def _first_or_later(make: Callable[[], Any]) -> Any:
    """Optuna lays its tables out without asking whether another process does so just now; the later one looks again."""
    from sqlalchemy.exc import IntegrityError, SQLAlchemyError

    for left in reversed(range(TRIES)):
        try:
            return make()
        except SQLAlchemyError as fault:
            if not left or not (isinstance(fault, IntegrityError) or "exists" in str(fault)):
                raise
            time.sleep(PAUSE_S)
    raise AssertionError("unreachable")


@contextmanager
def storage_faults(url: str) -> Iterator[None]:
    """Say in words that a study cannot go on because its database stopped answering.

    Raises:
        RunError: it did.
    """
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (StorageInternalError, SQLAlchemyError) as fault:
        cause = fault.__cause__ if isinstance(fault, StorageInternalError) and fault.__cause__ else fault
        raise RunError(
            f"the study cannot go on: {unusable(url, cause)} What was finished is kept; continue with --resume."
        ) from fault


def _hurried(storage: Any) -> Any:
    """Let SQLite write ahead: a commit then waits for the disk once instead of three times.

    What was committed survives the death of the process; only when the machine itself loses power can the very last
    commits be missing, and the file is whole even then.
    """
    from sqlalchemy import event

    engine = storage.engine
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, record: Any) -> None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")

        engine.dispose()
    return storage
