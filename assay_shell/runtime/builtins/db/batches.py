"""One statement for many lists of parameters."""

from __future__ import annotations

from assay_shell.runtime.builtins.db import calls
from assay_shell.runtime.builtins.db.lua import lua_side
from assay_shell.runtime.builtins.db.placeholders import Placeholders
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.values import Raw, Table, as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from assay_shell.runtime.builtins.db.params import Binder
    from assay_shell.runtime.builtins.db.session import Session
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

_NAME = "db.batch"


def run_batch(runtime: Runtime, conn: Value, sql: Value, rows: Value) -> Raw | Coroutine[Any, Any, Raw]:
    """Run *sql* for each list in *rows*; `{rows_affected}` of all together.

    Raises:
        BuiltinError: the arguments are wrong, or the database refused.
    """
    connection = calls.connection_of(_NAME, conn)
    text = calls.sql_of(_NAME, sql)
    if not isinstance(rows, Table) or rows.object is not None:
        raise BuiltinError(_NAME, "third argument must be a list of parameter lists")
    text, keys = _keys(text, connection.kind.dialect)
    lists = _lists(runtime, connection.binder, rows, keys)

    async def work(session: Session) -> Raw:
        affected = await session.run_many(text, lists) if lists else 0
        return Raw(lua_side(runtime)["affected"](affected))

    return calls.through(runtime, _NAME, connection, work)


def _keys(sql: str, dialect: str) -> tuple[str, list[str] | list[int]]:
    """The statement with placeholders in order, and where in each list the values for them are."""
    found = Placeholders(sql, dialect)
    if not found.names:
        return found.text, list(range(1, found.count + 1))
    if found.nameless:
        raise BuiltinError(_NAME, "placeholders with and without names cannot be mixed")
    return (found.text, found.names) if dialect == "sqlite" else found.positional()


def _lists(runtime: Runtime, binder: Binder, rows: Table, keys: list[str] | list[int]) -> list[tuple[Any, ...]]:
    """The values of all lists, ready to be bound."""
    flat: list[Any] = []
    wanted = runtime.lua.table_from([as_bytes(key) if isinstance(key, str) else key for key in keys])
    flatten, count, at = lua_side(runtime)["flatten"], rows.length(), 1
    while at <= count:
        at, odd, *values = flatten(rows.raw, wanted, at)
        if odd is not None:
            raise BuiltinError(_NAME, f"third argument: number {at} must be a list of parameters, not a {odd}")
        flat += values
    width = len(keys)
    if width == 0:
        return [()] * count
    return list(zip(*[iter(binder.all(flat))] * width, strict=True))
