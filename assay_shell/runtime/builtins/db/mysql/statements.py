"""Statements of one MySQL connection: prepared by the server, run with values, their results read."""

from __future__ import annotations

import re
from collections import OrderedDict

from assay_shell.runtime.builtins.db.failure import DatabaseFailure, answered
from assay_shell.runtime.builtins.db.mysql import wire as protocol
from assay_shell.runtime.builtins.db.mysql.values import Column, binary_row, encode, text_row
from assay_shell.runtime.builtins.db.mysql.wire import Reader, Wire
from assay_shell.runtime.builtins.db.rows import Outcome, Rows, TooMuch, strings_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    RowReader = Callable[[bytes], list[Any]]

_KEPT = 64
"""Statements that stay prepared."""
_PIPELINED = 64
"""Statements of a batch sent before the answers are read."""
_SLICE = 500
"""Rows whose size is counted at a time."""
_NOT_PREPARABLE = 1295
_STALE = (1243, 1615)  # an unknown statement, one that has to be prepared again
_READ_ONLY_CURSOR = 1
_CHECKS = """
    SELECT check_clause AS clause FROM information_schema.check_constraints
    WHERE constraint_schema = ? AND table_name = ? AND check_clause LIKE 'json_valid(%'"""
_JSON_CHECK = re.compile(r"json_valid\(`(.+)`\)")
_TOO_FEW = "1210 (HY000): Incorrect arguments to mysqld_stmt_execute"


class Prepared:
    """A statement that the server has parsed; *takes* so many values."""

    __slots__ = ("number", "takes")

    def __init__(self, number: int, takes: int) -> None:
        self.number = number
        self.takes = takes

    def execution(self, values: Sequence[Any], flags: int = 0) -> bytes:
        """The command that runs it; surplus values are dropped.

        Raises:
            DatabaseFailure: there are too few, or one that MySQL does not have.
        """
        if len(values) < self.takes:
            raise answered(_TOO_FEW, code=1210, sqlstate="HY000")
        bound = encode(values[: self.takes]) if self.takes else b""
        return self.number.to_bytes(4, "little") + bytes((flags, 1, 0, 0, 0)) + bound


class Statements:
    """Runs statements one after the other. *ceiling* is the most bytes a result may have."""

    def __init__(self, wire: Wire, ceiling: float, *, rich: bool) -> None:
        self._wire = wire
        self._ceiling = ceiling
        self._rich = rich
        self._json: dict[tuple[str, str], set[str]] = {}
        """The JSON columns of MariaDB's tables, as far as they have been looked up."""
        self._prepared: OrderedDict[str, Prepared] = OrderedDict()

    async def run(self, sql: str, values: Sequence[Any]) -> Outcome:
        """Run one statement.

        Raises:
            DatabaseFailure: the server refused, or was lost.
            TooMuch: the result is too large; the connection is closed then.
        """
        try:
            prepared = await self._known(sql)
        except DatabaseFailure as exc:
            if exc.fields.get("code") != _NOT_PREPARABLE or values:
                raise
            return await self.run_text(sql)
        try:
            outcome = await self._execute(prepared, values)
        except DatabaseFailure as exc:
            if exc.fields.get("code") not in _STALE:
                raise
            self._prepared.pop(sql, None)
            outcome = await self._execute(await self._known(sql), values)
        if self._rich and self._wire.is_mariadb:
            await self._find_json(outcome)
        return outcome

    async def run_text(self, sql: str) -> Outcome:
        """Run a statement without values by the text protocol. Errors as those of `run`."""
        self._wire.send(protocol.QUERY, sql.encode())
        return await self._outcome(binary=False)

    async def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        """Run one statement for each row; the rows affected by all.

        Errors as those of `run`; rows after the one that failed may have run.
        """
        prepared = await self._known(sql)
        affected = 0
        for start in range(0, len(rows), _PIPELINED):
            commands = [prepared.execution(values) for values in rows[start : start + _PIPELINED]]
            for command in commands:
                self._wire.send(protocol.EXECUTE, command)
            await self._wire.flush()
            refusal = None
            for _ in commands:
                try:
                    affected += (await self._outcome(binary=True)).affected
                except DatabaseFailure as exc:
                    if self._wire.broken:
                        raise
                    refusal = refusal or exc
            if refusal is not None:
                raise refusal
        return affected

    async def open(self, sql: str, values: Sequence[Any]) -> OpenResult | Outcome:
        """Run a statement so that its rows stay at the server; all of its rows where it cannot have that.

        Raises: as `run`.
        """
        try:
            prepared = await self._prepare(sql)
        except DatabaseFailure as exc:
            if exc.fields.get("code") != _NOT_PREPARABLE or values:
                raise
            return await self.run_text(sql)
        result = None
        try:
            result = await self._open(prepared, values)
        finally:
            if not isinstance(result, OpenResult):
                self.forget(prepared)
        return result

    async def _open(self, prepared: Prepared, values: Sequence[Any]) -> OpenResult | Outcome:
        self._wire.send(protocol.EXECUTE, prepared.execution(values, _READ_ONLY_CURSOR))
        packet = await self._wire.packet()
        affected = self._wire.acknowledged(packet)
        if affected is not None:
            return Outcome([], affected)
        columns = await self._columns(packet)
        if self._wire.status & protocol.CURSOR_EXISTS:
            if self._rich and self._wire.is_mariadb:
                await self._mark_json(columns)
            return OpenResult(prepared, columns)
        return Outcome([await self._rows(columns, binary=True)], 0)

    async def fetch(self, result: OpenResult, count: int) -> Rows | None:
        """The next rows of an open result, None at the end. Errors as those of `run`."""
        if result.ended:
            return None
        self._wire.send(protocol.FETCH, result.prepared.number.to_bytes(4, "little") + count.to_bytes(4, "little"))
        rows = await self._rows(result.columns, binary=True)
        result.ended = bool(self._wire.status & protocol.LAST_ROW_SENT)
        return rows if rows.flat else None

    def forget(self, prepared: Prepared) -> None:
        """Have the server drop a statement and its result; it does not answer."""
        if not self._wire.broken:
            self._wire.send(protocol.CLOSE, prepared.number.to_bytes(4, "little"))

    def forget_all(self) -> None:
        """Drop all statements: they belong to a database that is no longer the current one."""
        while self._prepared:
            self.forget(self._prepared.popitem()[1])

    async def refresh(self) -> None:
        """Ask the server for its status: what failed may have ended the transaction."""
        self._wire.send(protocol.PING, b"")
        self._wire.acknowledged(await self._wire.packet())

    # JSON in MariaDB ---------------------------------------------------------------------------------------
    # It has no such type: a JSON column is a LONGTEXT with a check, which results do not tell.

    async def _find_json(self, outcome: Outcome) -> None:
        """Have the JSON columns of *outcome* become tables."""
        for rows in outcome.parts:
            if isinstance(rows, _Typed):
                await self._mark_json(rows.columns)
                rows.find_types(rich=True)

    async def _mark_json(self, columns: list[Column]) -> None:
        for column in columns:
            if column.may_be_json:
                schema, table, name = column.origin
                column.is_json = name in await self._json_columns(schema, table)

    async def _json_columns(self, schema: str, table: str) -> set[str]:
        found = self._json.get((schema, table))
        if found is None:
            outcome = await self._execute(await self._known(_CHECKS), [schema, table])
            checks = [_JSON_CHECK.fullmatch(record["clause"]) for record in outcome.parts[0].records()]
            found = self._json[schema, table] = {check[1].replace("``", "`") for check in checks if check}
        return found

    # Packets ---------------------------------------------------------------------------------------------

    async def _known(self, sql: str) -> Prepared:
        """The statement, prepared now or earlier; those not used for long are dropped."""
        found = self._prepared.get(sql)
        if found is not None:
            self._prepared.move_to_end(sql)
            return found
        found = self._prepared[sql] = await self._prepare(sql)
        if len(self._prepared) > _KEPT:
            self.forget(self._prepared.popitem(last=False)[1])
        return found

    async def _prepare(self, sql: str) -> Prepared:
        self._wire.send(protocol.PREPARE, sql.encode())
        reader = Reader(await self._wire.packet(), 1)
        number, columns, takes = reader.fixed(4), reader.fixed(2), reader.fixed(2)
        for count in (takes, columns):
            while count and not self._wire.ended(await self._wire.packet()):
                continue
        return Prepared(number, takes)

    async def _execute(self, prepared: Prepared, values: Sequence[Any]) -> Outcome:
        self._wire.send(protocol.EXECUTE, prepared.execution(values))
        return await self._outcome(binary=True)

    async def _outcome(self, *, binary: bool) -> Outcome:
        """All results of a command: a procedure may give several."""
        parts: list[Rows] = []
        affected = 0
        while True:
            packet = await self._wire.packet()
            count = self._wire.acknowledged(packet)
            if count is None:
                parts.append(await self._rows(await self._columns(packet), binary=binary))
            else:
                affected += count
            if not self._wire.status & protocol.MORE_RESULTS:
                return Outcome(parts, affected)

    async def _columns(self, packet: bytes) -> list[Column]:
        columns = [Column(await self._wire.packet()) for _ in range(Reader(packet).number() or 0)]
        self._wire.ended(await self._wire.packet())
        return columns

    async def _rows(self, columns: list[Column], *, binary: bool) -> Rows:
        found, read = _Typed(columns), _row_reader(columns, binary=binary)
        found.find_types(rich=self._rich)
        flat, counted, width = found.flat, 0, len(columns)
        packet = self._wire.packet
        while not self._wire.ended(data := await packet()):
            flat += read(data)
            if len(flat) - counted >= _SLICE * width:
                self._count(found, counted)
                counted = len(flat)
        self._count(found, counted)
        return found

    def _count(self, rows: Rows, start: int) -> None:
        rows.size += strings_size(rows.flat[start:])
        if rows.size + 16 * len(rows.flat) > self._ceiling:
            self._wire.close()  # the rest of the result is still on its way
            raise TooMuch


class _Typed(Rows):
    """Rows that know their columns."""

    __slots__ = ("columns",)

    def __init__(self, columns: list[Column]) -> None:
        super().__init__([column.name for column in columns], [], size=0)
        self.columns = columns

    def find_types(self, *, rich: bool) -> None:
        """Choose what makes Lua values of the columns' values."""
        nested = set()
        for index, column in enumerate(self.columns):
            convert, makes_tables = column.converter(rich=rich)
            if convert is not None:
                self.converters[index] = convert
            if makes_tables:
                nested.add(index)
        self.nested = frozenset(nested)


class OpenResult:
    """A result whose rows are at the server."""

    __slots__ = ("columns", "ended", "prepared")

    def __init__(self, prepared: Prepared, columns: list[Column]) -> None:
        self.prepared = prepared
        self.columns = columns
        self.ended = False


def _row_reader(columns: list[Column], *, binary: bool) -> RowReader:
    if binary:
        decoders = [column.decoder() for column in columns]
        return lambda packet: binary_row(packet, decoders)
    converters = [column.from_text() for column in columns]
    return lambda packet: text_row(packet, converters)
