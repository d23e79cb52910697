"""Databases that several machines share: what may go wrong with a URL, in words that never hold its password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.errors import ConfigError, MissingExtraError, RunError

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

__all__ = [
    "connecting",
    "database_faults",
    "database_file",
    "password_again",
    "patience",
    "unusable",
    "without_password",
]

DRIVERS = {  # module -> what pip calls it
    "psycopg": '"whet[postgres]"',
    "psycopg2": "psycopg2-binary",
    "MySQLdb": "mysqlclient",
    "pymysql": "pymysql",
    "asyncpg": "asyncpg",
    "oracledb": "oracledb",
    "pyodbc": "pyodbc",
}
CONNECT_S = 5  # a server that does not answer within this is taken for unreachable
PATIENT = ("psycopg", "psycopg2", "pymysql", "mysqldb")  # drivers that know connect_timeout


def without_password(url: str) -> str:
    """For messages, run.json and reports: a URL, or a line with one, with *** in the place of its password.

    >>> without_password("postgresql://me:secret@host/db"), without_password("sqlite:///a.sqlite")
    ('postgresql://me:***@host/db', 'sqlite:///a.sqlite')
    >>> without_password("postgresql://me:p@ss/word@host:5432/db?sslpassword=x&a=1"), without_password("pg://me:secret")
    ('postgresql://me:***@host:5432/db?sslpassword=***&a=1', 'pg://me:***')
    """
    shown = re.sub(r"(://[^:/@\s]*):\S*@", r"\1:***@", url)
    # the @ was forgotten: what stands where a port belongs, and is none, may be the password
    shown = re.sub(r"(://[^:/@\s]+):(?!\d*(?:[/?\s]|$)|\*)[^/@\s]*(?=[/?\s]|$)", r"\1:***", shown)
    return re.sub(r"((?:password|passwd|pwd)=)[^&\s]*", r"\1***", shown)


def password_again(kept: str | None, given: str | None) -> str | None:
    """The storage of a run that goes on: what is ``given``, or what its folder ``kept`` where that is enough.

    Raises:
        RunError: it had a password, and nothing is given.
    """
    if given is None and kept is not None and "***" in kept:
        raise RunError(f"the storage {kept} needs its password, which is not kept. Pass --storage again.")
    return kept if given is None else given


def connecting(url: str) -> Engine:
    """SQLAlchemy's engine for ``url``; every connection is made when it is needed and let go after it.

    Raises:
        ConfigError: no such kind of database. MissingExtraError: its driver is not installed.
    """
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    with database_faults(url):
        engine = create_engine(url, poolclass=NullPool, connect_args=patience(url))
    if engine.dialect.name == "sqlite":
        if database_file(url) is None:
            raise ConfigError(f"--storage {url!r} is a database in memory, which nobody shares. Name a file.")

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, record: Any) -> None:
            connection.execute("PRAGMA busy_timeout = 30000")

    return engine


@contextmanager
def database_faults(url: str) -> Iterator[None]:
    """Turn what SQLAlchemy and its drivers raise into errors that say what to do, and never hold the password.

    Raises:
        ConfigError: no such kind of database. MissingExtraError: its driver is not installed.
        RunError: it cannot be reached, or the file is no such database.
    """
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

    shown = without_password(url)
    try:
        yield
    except (ArgumentError, NoSuchModuleError) as fault:
        raise ConfigError(_no_url(shown, _line(fault, url))) from None
    except ImportError as fault:
        raise MissingExtraError(_missing(shown, fault)) from fault
    except SQLAlchemyError as fault:
        raise RunError(unusable(url, fault)) from fault


def unusable(url: str, fault: BaseException) -> str:
    """What to say of a database that does not do what it is asked."""
    return (
        f"the storage {without_password(url)!r} cannot be used: {_line(fault, url)} "
        "Check its address, user and password, and that it runs."
    )


def patience(url: str) -> dict[str, Any]:
    """What makes the driver of ``url`` give up connecting after a few seconds; most would wait for minutes.

    Raises:
        ConfigError: no such kind of database.
    """
    from sqlalchemy.engine import make_url

    with database_faults(url):
        try:
            driver = make_url(url).get_dialect().driver
        except ValueError:  # SQLAlchemy reads the port as a number before anything else
            raise ConfigError(_no_url(without_password(url), "Its port is no number.")) from None
    return {"connect_timeout": CONNECT_S} if driver in PATIENT else {}


def database_file(url: str) -> Path | None:
    """The file of an SQLite URL; None for one in memory and for every other database.

    >>> database_file("sqlite:////data/shared.sqlite").as_posix(), database_file("sqlite://")
    ('/data/shared.sqlite', None)
    """
    from sqlalchemy.engine import make_url

    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database))


def _no_url(shown: str, why: str) -> str:
    return (
        f"--storage {shown!r} is no database URL: {why} "
        "Write sqlite:///file.sqlite or postgresql://user:password@host/database."
    )


def _missing(shown: str, fault: BaseException) -> str:
    names = []
    link: BaseException | None = fault
    while link is not None:  # Optuna wraps the import error, whose name is what pip needs
        names += [link.name] if isinstance(link, ImportError) and link.name else []
        link = link.__cause__ or link.__context__
    module = next((n for n in names if n.split(".")[0] in DRIVERS), names[0] if names else "the driver")
    package = DRIVERS.get(module.split(".")[0], module)
    return f"the storage {shown!r} needs the driver {module}, which is not installed: pip install {package}"


def _line(fault: BaseException, url: str) -> str:
    """The first words of a fault, in one line."""
    text = " ".join(str(getattr(fault, "orig", None) or fault).split()).replace(url, without_password(url))
    return without_password(text[:300]).rstrip(".?") + "."
