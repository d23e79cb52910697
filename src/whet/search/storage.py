"""Where studies live: an SQLite file, or whatever database SQLAlchemy reaches."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from whet.errors import ConfigError, MissingExtraError, RunError
from whet.search.optuna_words import quiet

__all__ = ["open_storage", "sqlite_url", "without_password"]

DRIVERS = {  # module -> what pip calls it
    "psycopg2": "psycopg2-binary",
    "psycopg": "'psycopg[binary]'",
    "MySQLdb": "mysqlclient",
    "pymysql": "pymysql",
    "asyncpg": "asyncpg",
    "oracledb": "oracledb",
    "pyodbc": "pyodbc",
}


def sqlite_url(path: Path) -> str:
    """The URL of an SQLite file."""
    return f"sqlite:///{path.resolve().as_posix()}"


def without_password(url: str) -> str:
    """For messages, run.json and reports.

    >>> without_password("postgresql://me:secret@host/db"), without_password("sqlite:///a.sqlite")
    ('postgresql://me:***@host/db', 'sqlite:///a.sqlite')
    """
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)


def open_storage(url: str) -> Any:
    """Optuna's storage behind ``url``; its tables are made on first use.

    Raises:
        ConfigError: no such kind of database. MissingExtraError: its driver is not installed.
        RunError: it cannot be reached, or the file is no such database.
    """
    from optuna.storages import RDBStorage
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

    shown = without_password(url)
    try:
        with quiet():
            return _hurried(RDBStorage(url))
    except (ArgumentError, NoSuchModuleError) as fault:
        raise ConfigError(
            f"--storage {shown!r} is no database URL: {_line(fault)} "
            "Write sqlite:///file.sqlite or postgresql://user:password@host/database."
        ) from fault
    except ImportError as fault:
        raise MissingExtraError(_missing(shown, fault)) from fault
    except SQLAlchemyError as fault:
        raise RunError(f"the storage {shown!r} cannot be used: {_line(fault)} Is it running, and reachable?") from fault


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


def _missing(shown: str, fault: BaseException) -> str:
    names = []
    link: BaseException | None = fault
    while link is not None:  # Optuna wraps the import error, whose name is what pip needs
        names += [link.name] if isinstance(link, ImportError) and link.name else []
        link = link.__cause__ or link.__context__
    module = next((n for n in names if n.split(".")[0] in DRIVERS), names[0] if names else "the driver")
    package = DRIVERS.get(module.split(".")[0], module)
    return f"the storage {shown!r} needs the driver {module}, which is not installed: pip install {package}"


def _line(fault: BaseException) -> str:
    text = " ".join(str(getattr(fault, "orig", None) or fault).split())
    return without_password(text[:300]).rstrip(".") + "."
