"""What scripts pass as parameters, ready to be bound.

- nil and `json.null` are NULL.
- Booleans, numbers and strings are themselves; a string that is not UTF-8 is binary.
- `db.blob`, `db.json` and `db.array` are what they say.
- A date of rich types is its text; other tables are JSON documents where the connection has rich types, else refused.
"""

from __future__ import annotations

from assay_shell.runtime.builtins.db.lua import lua_side
from assay_shell.runtime.builtins.db.typed import Array, Blob, Json
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.values import Function, Table, as_bytes, from_raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TypeAlias

    from assay_shell.runtime.builtins.db.typed import Bound
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

    Parameters: TypeAlias = list[Bound] | dict[str, Bound]
    """Values in order, or by the names of placeholders."""

_NAMED = -1
"""What Lua answers for the length of parameters by name."""


class Binder:
    """Makes parameters of Lua values for one connection.

    *rich* says that tables are JSON documents. *typed* says that the database has arrays and a JSON type: elsewhere
    both are JSON text.
    """

    def __init__(self, runtime: Runtime, *, rich: bool, typed: bool) -> None:
        self._runtime = runtime
        self._rich = rich
        self._typed = typed

    def parameters(self, params: Value, sql: str) -> Parameters:
        """The values in *params* for *sql*: 1 to `n`, or to `#params`, or by name where it has keys that are text.

        Raises:
            BuiltinError: it is no table, or holds what no database takes.
        """
        if params is None:
            return []
        if not isinstance(params, Table) or params.object is not None:
            raise BuiltinError(None, "db: params must be a table (array) or nil")
        raw, lua = params.raw, lua_side(self._runtime)
        answer = lua["parameters"](raw, ":n" in sql)
        count, values = (answer[0], answer[1:]) if isinstance(answer, tuple) else (answer, ())
        if count == _NAMED:
            return {from_raw(key): self._bind(value) for key, value in raw.items() if type(key) is str}
        if count != len(values):
            raise BuiltinError(None, f"db: {count} parameters are too many")
        try:
            return self.all(values)
        except BuiltinError as exc:
            if lua["holds_thread"](raw):  # Python sees the function of a coroutine that has not begun
                raise _unsupported("thread") from exc
            raise

    def all(self, values: Sequence[Any]) -> list[Bound]:
        """Raw values as Lua handed them over, ready to be bound.

        Raises:
            BuiltinError: one of them is what no database takes.
        """
        bind = self._bind
        return [
            value
            if (kind := type(value)) is int or kind is float or value is None or (kind is str and value.isascii())
            else bind(value)
            for value in values
        ]

    def _bind(self, raw: Any) -> Bound:
        kind = type(raw)
        if raw is None or kind is int or kind is float or kind is bool:
            bound: Bound = raw
            return bound
        if kind is str:
            return _text_or_bytes(from_raw(raw))
        value = self._runtime.border.to_python(raw)
        if isinstance(value, Table):
            return self._bind_table(value)
        raise _unsupported("function" if isinstance(value, Function) else getattr(value, "kind", "userdata"))

    def _bind_table(self, table: Table) -> Bound:
        made = table.object
        if isinstance(made, Blob):
            return made.data
        if isinstance(made, Json):
            return made if self._typed else made.text
        if isinstance(made, Array):
            return made if self._typed else made.json()
        if made is not None:
            raise _unsupported("userdata")
        return self._bind_plain_table(table)

    def _bind_plain_table(self, table: Table) -> Bound:
        from assay_shell.runtime.builtins.json import mark_of

        if mark_of(self._runtime, table.raw) == "null":
            return None
        date: str | None = lua_side(self._runtime)["moment_text"](table.raw)
        if date is not None:
            return date
        if not self._rich:
            raise _unsupported("table")
        text = self._runtime.encode_json(table).decode()
        return Json(text) if self._typed else text


def _text_or_bytes(text: str) -> str | bytes:
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return as_bytes(text)
    return text


def _unsupported(kind: str) -> BuiltinError:
    return BuiltinError(None, f"db: unsupported parameter type: {kind}")
