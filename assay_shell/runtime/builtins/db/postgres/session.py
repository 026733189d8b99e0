"""A PostgreSQL connection."""

from __future__ import annotations

import asyncio

import psycopg

from assay_shell.runtime.builtins.db.failure import DatabaseFailure, unreachable
from assay_shell.runtime.builtins.db.placeholders import Placeholders
from assay_shell.runtime.builtins.db.postgres import binding
from assay_shell.runtime.builtins.db.postgres.failures import connect_failure
from assay_shell.runtime.builtins.db.postgres.results import Collected, Types
from assay_shell.runtime.builtins.db.postgres.wire import Wire
from assay_shell.runtime.builtins.db.rows import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from psycopg import pq

    from assay_shell.runtime.builtins.db.params import Parameters
    from assay_shell.runtime.builtins.db.postgres.binding import Typing
    from assay_shell.runtime.builtins.db.postgres.settings import Settings
    from assay_shell.runtime.builtins.db.rows import Rows
    from assay_shell.runtime.builtins.db.session import Cursor
    from assay_shell.runtime.vm import Runtime

_GREETING = (
    b"SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres';"
    b" SET extra_float_digits = 1; SET bytea_output = 'hex'"
)
_LEVELS = {"WARNING": "warn", "NOTICE": "info", "INFO": "info", "LOG": "info"}
_QUERIES = ("select", "with", "values", "table", "(")
_NOT_FOR_A_CURSOR = {"0A000", "42601"}  # data-modifying WITH, SELECT INTO
_KEPT = 1000


class Shared:
    """What all connections of one pool have learned: the database's types, and how statements' texts are declared."""

    def __init__(self, ceiling: float, *, rich: bool) -> None:
        self.ceiling = ceiling
        self.types = Types(rich=rich)
        self.typings: dict[object, Typing] = {}


class PostgresSession:
    """One connection of a pool."""

    def __init__(self, wire: Wire, shared: Shared) -> None:
        self._wire = wire
        self._shared = shared
        self._cursors = 0
        self.readonly = False

    @classmethod
    async def connect(cls, runtime: Runtime, settings: Settings, timeout: float, shared: Shared) -> PostgresSession:
        """A new connection, within *timeout* seconds.

        Raises:
            DatabaseFailure: there is no server, or it refuses.
        """
        try:
            async with asyncio.timeout(timeout):
                connection = await psycopg.AsyncConnection.connect(
                    **settings.parameters,  # type: ignore[arg-type]  # libpq's names, all text
                    client_encoding="UTF8",
                    fallback_application_name="assay",
                    autocommit=True,
                )
                wire = Wire(connection, lambda notice: _log(runtime, notice))
                await wire.script(_GREETING)
        except TimeoutError as exc:
            raise unreachable(f"no connection within {timeout:g} s") from exc
        except psycopg.Error as exc:
            raise connect_failure(str(exc)) from exc
        return cls(wire, shared)

    @property
    def broken(self) -> bool:
        """Whether the connection is gone."""
        return self._wire.broken

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._wire.in_transaction

    @property
    def failed(self) -> bool:
        """Whether a statement has failed in it."""
        return self._wire.failed

    def usable(self) -> bool:
        """Whether the server is still there, as far as the socket tells."""
        return self._wire.usable()

    def at_once(self, sql: str, values: Parameters) -> Outcome | None:
        """None: a server always takes a wait."""
        return None

    async def run(self, sql: str, values: Parameters) -> Outcome:
        """Run one statement."""
        text, ordered = in_order(sql, values)
        result, collected = await self._execute(text.encode(), ordered)
        parts = [await self._rows(collected)] if collected.oids else []
        return Outcome(parts, result.command_tuples or collected.counted)

    async def run_many(self, sql: str, rows: list[tuple[Any, ...]]) -> int:
        """Run one statement for each row, all or nothing."""
        command, columns = sql.encode(), list(zip(*rows, strict=True))

        async def prepare(typing: Typing) -> list[int]:
            types = [binding.column_type(values, typing) for values in columns]
            await self._wire.prepare(command, types)
            return types

        own = not self.in_transaction
        types: list[int] = await self._with_types(None, prepare, careful=not own)
        encoded = [[binding.encode(value) for value in row] for row in rows]
        if own:
            await self._wire.execute(b"BEGIN")
        try:
            affected = await self._wire.pipeline(command, types, encoded)
        except BaseException:
            if own and not self.broken:
                await self._wire.execute(b"ROLLBACK")
            raise
        if own:
            await self._wire.execute(b"COMMIT")
        return affected

    async def open_cursor(self, sql: str, values: Parameters) -> Cursor:
        """A cursor of the server for what can have one; everything else is read at once."""
        if not sql.lstrip().lower().startswith(_QUERIES):
            return _AllAtOnce(await self.run(sql, values))
        own = not self.in_transaction
        self._cursors += 1
        name = f"assay_cursor_{self._cursors}"
        await self._wire.execute(b"BEGIN" if own else f"SAVEPOINT {name}".encode())
        try:
            await self.run(f"DECLARE {name} NO SCROLL CURSOR FOR {sql}", values)
        except BaseException as exc:
            if not self.broken:
                await self._wire.execute(b"ROLLBACK" if own else f"ROLLBACK TO SAVEPOINT {name}".encode())
            if isinstance(exc, DatabaseFailure) and exc.fields.get("sqlstate") in _NOT_FOR_A_CURSOR:
                return _AllAtOnce(await self.run(sql, values))
            raise
        if not own:
            await self._wire.execute(f"RELEASE SAVEPOINT {name}".encode())
        return PostgresCursor(self, name, own=own)

    async def set_readonly(self, *, on: bool) -> None:
        """Have the server refuse writes, or allow them again."""
        await self._wire.execute(f"SET default_transaction_read_only = {'on' if on else 'off'}".encode())
        self.readonly = on

    async def close(self) -> None:
        """Say goodbye and close; libpq does not wait for an answer."""
        self._wire.close()

    def abort(self) -> None:
        """Close."""
        self._wire.close()

    # Running ---------------------------------------------------------------------------------------------

    async def fetch(self, command: bytes) -> Rows:
        """The rows of a statement without parameters."""
        collected = Collected(self._shared.ceiling)
        await self._wire.execute(command, take=collected.take)
        return await self._rows(collected)

    async def command(self, command: bytes) -> None:
        """Run a statement for what it does."""
        await self._wire.execute(command)

    async def _execute(self, command: bytes, values: list[Any]) -> tuple[pq.abc.PGresult, Collected]:
        """Run one statement: its last result, and all its rows."""
        encoded = [binding.encode(value) for value in values]

        async def attempt(typing: Typing) -> tuple[pq.abc.PGresult, Collected]:
            collected = Collected(self._shared.ceiling)
            types = [binding.type_of(value, typing) for value in values]
            return await self._wire.execute(command, types, encoded, collected.take), collected

        if not binding.depends_on_typing(values):
            return await attempt(binding.AS_TEXT)
        key = (command, tuple(map(type, values)))
        result: tuple[pq.abc.PGresult, Collected] = await self._with_types(key, attempt, careful=self.in_transaction)
        return result

    async def _with_types(self, key: object, attempt: Callable[[Typing], Awaitable[Any]], *, careful: bool) -> Any:
        """Do *attempt* with the typing that the server accepts, which is remembered.

        In a transaction, which the first refusal would end, a new statement is tried behind a savepoint (*careful*).
        """
        known = self._shared.typings.get(key)
        if known is not None:
            return await attempt(known)
        if careful:
            await self._wire.execute(b"SAVEPOINT assay_types")
        tried: list[Typing] = []
        first: DatabaseFailure | None = None
        typing: Typing | None = binding.AS_TEXT
        while typing is not None:
            tried.append(typing)
            try:
                result = await attempt(typing)
            except DatabaseFailure as exc:
                sqlstate = exc.fields.get("sqlstate")
                first = first or exc
                typing = binding.next_typing(sqlstate, tried)
                if typing is None:
                    raise (first if binding.is_about_types(sqlstate) else exc) from exc.__cause__
                if careful:
                    await self._wire.execute(b"ROLLBACK TO SAVEPOINT assay_types")
            else:
                break
        if careful:
            await self._wire.execute(b"RELEASE SAVEPOINT assay_types")
        if typing is not None and key is not None:
            self._remember(key, typing)
        return result

    def _remember(self, key: object, typing: Typing) -> None:
        if len(self._shared.typings) >= _KEPT:
            self._shared.typings.clear()
        self._shared.typings[key] = typing

    async def _rows(self, collected: Collected) -> Rows:
        """The rows as they are handed on; what the database alone knows of their types is asked for first."""
        types = self._shared.types
        for oid in types.unknown(collected.oids):
            if self.failed:
                break
            command = f"SELECT typelem FROM pg_catalog.pg_type WHERE oid = {oid} AND typcategory = 'A'".encode()
            found = await self._wire.execute(command)
            types.learn(oid, int(found.get_value(0, 0) or 0) if found.ntuples else None)
        return collected.rows(types)


class PostgresCursor:
    """A cursor of the server, in a transaction of its *own* or in one that is open anyway."""

    def __init__(self, session: PostgresSession, name: str, *, own: bool) -> None:
        self._session = session
        self._name = name
        self._own = own

    async def fetch(self, count: int) -> Rows | None:
        """The next rows."""
        rows = await self._session.fetch(f"FETCH FORWARD {count} FROM {self._name}".encode())
        return rows if rows.flat else None

    async def close(self) -> None:
        """Close the cursor, and its own transaction."""
        session = self._session
        if session.broken:
            return
        if self._own:
            await session.command(b"ROLLBACK" if session.failed else b"COMMIT")
        elif session.in_transaction and not session.failed:
            await session.command(f"CLOSE {self._name}".encode())


class _AllAtOnce:
    """Rows that were read with their statement."""

    def __init__(self, outcome: Outcome) -> None:
        self._left = outcome.parts

    async def fetch(self, count: int) -> Rows | None:
        """All rows, the first time."""
        return self._left.pop(0) if self._left else None

    async def close(self) -> None:
        """Nothing is held."""


def in_order(sql: str, values: Parameters) -> tuple[str, list[Any]]:
    """The statement and its values as the server numbers them; surplus values are dropped."""
    if not values:
        return sql, []
    found = Placeholders(sql, "postgres")
    if isinstance(values, list):
        return sql, values[: found.count]
    if found.nameless and found.names:
        raise DatabaseFailure("placeholders with and without names cannot be mixed")
    text, names = found.positional()
    return text, [values.get(name) for name in names]


def _log(runtime: Runtime, notice: psycopg.errors.Diagnostic) -> None:
    level = _LEVELS.get(notice.severity_nonlocalized or "", "debug")
    runtime.log(level, notice.message_primary or "", "db")
