"""Calls of scripts on their way through a connection: arguments checked, failures named, slow ones logged."""

from __future__ import annotations

from time import perf_counter

from assay_shell.runtime.builtins.db.connection import Database, Transaction, owner_of
from assay_shell.runtime.builtins.db.eager import eagerly
from assay_shell.runtime.builtins.db.failure import DatabaseFailure
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.values import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any, TypeAlias, TypeVar

    from assay_shell.runtime.builtins.db.connection import Owner
    from assay_shell.runtime.builtins.db.params import Parameters
    from assay_shell.runtime.builtins.db.rows import Outcome
    from assay_shell.runtime.builtins.db.session import Session
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

    Connection: TypeAlias = Database | Transaction
    Result = TypeVar("Result")

_SLOW = 1.0
"""Seconds from which on a statement is logged."""
_TURN = 0.002
"""Seconds that statements may take in a row before the event loop gets a turn."""
_SHOWN = 500
"""Characters of a statement in the log."""


def connection_of(where: str, value: Value) -> Connection:
    """The connection or transaction behind a script's value.

    Raises:
        BuiltinError: it is none.
    """
    found = value.object if isinstance(value, Table) else None
    if not isinstance(found, Database | Transaction):
        raise BuiltinError(where, "first argument must be a db connection")
    return found


def sql_of(where: str, value: Value) -> str:
    """The text of a statement.

    Raises:
        BuiltinError: it is no string, or nothing a database could read.
    """
    if not isinstance(value, str):
        raise BuiltinError(where, "second argument must be a SQL string")
    if "\0" in value:
        raise BuiltinError(where, "the SQL string contains a NUL byte")
    try:
        value.encode()
    except UnicodeEncodeError as exc:
        raise BuiltinError(where, "the SQL string is not valid UTF-8") from exc
    return value


def call(
    runtime: Runtime,
    where: str,
    conn: Value,
    sql: Value,
    params: Value,
    finish: Callable[[Runtime, Any], Result],
) -> Result | Coroutine[Any, Any, Result]:
    """Run a statement and make its result with *finish*; at once where that is possible.

    Raises:
        BuiltinError: the arguments are wrong, or the database refused.
    """
    connection = connection_of(where, conn)
    text = sql_of(where, sql)
    values = connection.binder.parameters(params, text)
    if not connection.kind.server:
        outcome = _at_once(where, connection, owner_of(runtime), text, values)
        if outcome is not None:
            result = finish(runtime, outcome)
            return result if _may_go_on(runtime, connection.database) else _later(result)

    async def work(session: Session) -> Result:
        started = perf_counter()
        outcome = await session.run(text, values)
        if perf_counter() - started > _SLOW:
            log_slow(runtime, text, perf_counter() - started)
        return finish(runtime, outcome)

    return through(runtime, where, connection, work)


def through(
    runtime: Runtime, where: str, connection: Connection, work: Callable[[Session], Awaitable[Result]]
) -> Result | Coroutine[Any, Any, Result]:
    """Do *work* with a session of *connection*, at once where that is possible.

    Raises:
        BuiltinError: the database refused.
    """
    return started(connection, _borrowed(runtime, where, connection, work))


def started(connection: Connection, steps: Coroutine[Any, Any, Result]) -> Result | Coroutine[Any, Any, Result]:
    """The result of *steps* where they need no wait, else they themselves. Servers always take one."""
    return steps if connection.kind.server else eagerly(steps)


def log_slow(runtime: Runtime, sql: str, seconds: float) -> None:
    """Write the warning about a statement that took long."""
    shown = " ".join(sql[:_SHOWN].split())
    runtime.log("warn", "slow statement: took longer than 1 s", "db", elapsed=f"{seconds:.3f}s", statement=shown)


async def _borrowed(
    runtime: Runtime, where: str, connection: Connection, work: Callable[[Session], Awaitable[Result]]
) -> Result:
    owner = owner_of(runtime)
    try:
        session = await connection.borrow(owner)
        try:
            result = await work(session)
        finally:
            connection.give_back(owner, session)
    except DatabaseFailure as exc:
        raise exc.at(where) from exc
    return result


def _at_once(where: str, connection: Connection, owner: Owner, text: str, values: Parameters) -> Outcome | None:
    """The outcome of a statement that needs no wait, None for all others."""
    try:
        session = connection.ready(owner)
        return None if session is None else session.at_once(text, values)
    except DatabaseFailure as exc:
        raise exc.at(where) from exc


def _may_go_on(runtime: Runtime, database: Database) -> bool:
    """Whether nobody else has to get a turn now: other tasks after each statement, the event loop now and then."""
    scheduler = runtime.scheduler
    if not scheduler.events.exists:
        return scheduler.alone
    now = perf_counter()
    if scheduler.alone and now - database.turn_at < _TURN:
        return True
    database.turn_at = now
    return False


async def _later(result: Result) -> Result:
    """Give others a turn first."""
    return result
