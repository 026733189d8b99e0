"""From a URL and options to a database."""

from __future__ import annotations

from assay_shell.runtime.builtins.db.address import kind_of
from assay_shell.runtime.builtins.db.connection import MYSQL, POSTGRES, SQLITE, Database
from assay_shell.runtime.builtins.db.failure import misconfigured
from assay_shell.runtime.errors import BuiltinError, quoted
from assay_shell.runtime.options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.builtins.db.session import Session
    from assay_shell.runtime.values import Table
    from assay_shell.runtime.vm import Runtime

_NAME = "db.connect"
_OPTIONS = Options(_NAME, pool_size="int", timeout="float", types="str")
_SIZE = 5
_TIMEOUT = 30.0  # seconds
_LARGEST_POOL = 1000


class Wishes:
    """The options of `db.connect`: *size* of the pool, *timeout* in seconds, *rich* types or plain ones."""

    __slots__ = ("rich", "size", "timeout")

    def __init__(self, runtime: Runtime, opts: Table | None) -> None:
        given: dict[str, Any] = _OPTIONS.read(runtime, opts)
        self.size = given.get("pool_size", _SIZE)
        self.timeout = given.get("timeout", _TIMEOUT)
        types = given.get("types", "plain")
        if not 1 <= self.size <= _LARGEST_POOL:
            raise BuiltinError(_NAME, f"pool_size must be from 1 to {_LARGEST_POOL}")
        if not 0 < self.timeout < float("inf"):
            raise BuiltinError(_NAME, "timeout must be a positive number of seconds")
        if types not in ("plain", "rich"):
            raise BuiltinError(_NAME, f'types must be "plain" or "rich", not {quoted(types)}')
        self.rich = types == "rich"


async def open_database(runtime: Runtime, url: str, wishes: Wishes) -> Database:
    """A database with one connection open.

    Raises:
        DatabaseFailure: the URL makes no sense, or no connection can be made.
    """
    kind = kind_of(url)
    if kind == "sqlite":
        return _open_sqlite(runtime, url, wishes)
    database = _postgres(runtime, url, wishes) if kind == "postgres" else _mysql(runtime, url, wishes)
    try:
        database.pool.release(await database.pool.acquire())
    except BaseException:
        database.pool.drop()
        raise
    return database


def creates_file(url: str) -> str | None:
    """The file that connecting to *url* would make, None when it makes none."""
    if kind_of(url) != "sqlite":
        return None
    from assay_shell.runtime.builtins.db.sqlite.settings import Settings

    settings = Settings(url)
    return settings.file if settings.creates else None


def _open_sqlite(runtime: Runtime, url: str, wishes: Wishes) -> Database:
    from assay_shell.runtime.builtins.db.sqlite.results import Limits
    from assay_shell.runtime.builtins.db.sqlite.session import SqliteSession
    from assay_shell.runtime.builtins.db.sqlite.settings import Settings

    settings = Settings(url)
    limits = Limits(runtime.border.ceiling, rich=wishes.rich)
    session = SqliteSession(settings, limits)

    async def connect() -> Session:
        raise misconfigured("a SQLite database has one connection")

    database = Database(runtime, SQLITE, settings.label, connect, size=1, timeout=wishes.timeout, rich=wishes.rich)
    database.pool.adopt(session)
    return database


def _postgres(runtime: Runtime, url: str, wishes: Wishes) -> Database:
    from assay_shell.runtime.builtins.db.postgres.session import PostgresSession, Shared
    from assay_shell.runtime.builtins.db.postgres.settings import Settings

    settings = Settings(runtime, url)
    shared = Shared(runtime.border.ceiling, rich=wishes.rich)

    async def connect() -> Session:
        return await PostgresSession.connect(runtime, settings, wishes.timeout, shared)

    return Database(
        runtime, POSTGRES, settings.label, connect, size=wishes.size, timeout=wishes.timeout, rich=wishes.rich
    )


def _mysql(runtime: Runtime, url: str, wishes: Wishes) -> Database:
    from assay_shell.runtime.builtins.db.mysql.session import MysqlSession
    from assay_shell.runtime.builtins.db.mysql.settings import Settings

    settings = Settings(runtime, url)
    ceiling = runtime.border.ceiling

    async def connect() -> Session:
        return await MysqlSession.connect(settings, wishes.timeout, ceiling, rich=wishes.rich)

    return Database(runtime, MYSQL, settings.label, connect, size=wishes.size, timeout=wishes.timeout, rich=wishes.rich)
