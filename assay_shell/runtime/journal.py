"""A run that is repeated up to where it stopped: its reads and writes are answered from what was noted the first time.

Only calls whose results are plain data are answered so. A connection, a server or a stream cannot be noted: to read
from one is done again, and what is done through it is noted by itself. What holds a secret is not kept: a read is done
again, and of a write the masked result is all that is left. A write that cannot be answered from notes is never
repeated: the run that made it has to begin anew.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import asdict, dataclass, fields
from hashlib import sha256

from lupa.lua55 import lua_type

from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.values import Function, Raw, Table, as_bytes, as_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from assay_shell.runtime.guard import Effect
    from assay_shell.runtime.vm import Runtime

_NOTED = (
    "http.", "http client:", "db.", "db connection:", "db transaction:", "fs.", "shell.", "process.",
    "temporal client:", "time", "crypto.random",
)  # fmt: skip
"""Reads that are noted; of writes all are but for the next."""
_OF_THIS_PROCESS = (
    "http.serve", "http.client", "http.broadcast", "http server:", "http channel:", "db.connect", "db.close", "env.",
    "progress:", "view:",
)  # fmt: skip
"""What leaves no trace once the process has ended, and is there again when it is done again."""
_ONLY_ALLOWED = ("io.open", "io.output", "io.tmpfile", "os.remove", "os.rename", "os.tmpname")
"""Functions of Lua's own that ask for leave and then do their work themselves: there is no result to note."""
_MOST = 8 << 20
"""Bytes of a result that is kept."""
_HTTP = "http response"
_BYTES = "\0bytes"
"""Key of an object that stands for bytes; with a `t` behind it, of such as are text."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One call: what identifies it, and its result as `[kind, value]`, or None where it has to be done again."""

    call: str
    name: str
    kind: str
    result: list[Any] | None = None
    error: str | None = None

    @property
    def answers(self) -> bool:
        """Whether the call can be answered from it."""
        return self.result is not None or self.error is not None


_FIELDS = {field.name for field in fields(Entry)}


class Journal:
    """Notes the calls of *runtime* in the file *path*, and answers the first ones from *earlier*."""

    def __init__(self, runtime: Runtime, path: str, earlier: list[Entry]) -> None:
        self._runtime = runtime
        self._earlier = earlier
        self._is_plain = runtime.include("journal")["is_plain"]
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.whole = True
        """Whether all was noted: a run of which something is missing cannot be resumed."""
        runtime.on_close(self.close)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def concerns(self, effect: Effect) -> bool:
        """Whether a call is noted at all. What a server of the run does for its clients is the clients' to note."""
        task = self._runtime.scheduler.current
        if task is not None and task.context is not None:
            return False
        noted = effect.kind == "write" or effect.name.startswith(_NOTED)
        return noted and not effect.name.startswith(_OF_THIS_PROCESS)

    async def call(self, effect: Effect, allow: Callable[[], Awaitable[None]], do: Callable[[], Awaitable[Any]]) -> Any:
        """The result of a call: the one that was noted, else what *do* gives once *allow* has let it, which is noted.

        Raises:
            BuiltinError: the call failed, then or now; or it is none of those that were made the first time.
        """
        call = self._digest(effect)
        entry = self._taken(call, effect)
        if entry is not None and entry.answers:
            return self._answered(entry)
        if entry is not None and entry.kind == "write":
            raise BuiltinError("resume", f"{effect.name} was done already and must not be repeated; run the book anew")
        await allow()
        try:
            result = await do()
        except BuiltinError as failure:
            self._write(Entry(call, effect.name, effect.kind, error=self._runtime.redactor.text(failure.message)))
            raise
        except BaseException:  # cancelled: half of it may have happened
            self._write(Entry(call, effect.name, effect.kind))
            raise
        self._write(Entry(call, effect.name, effect.kind, self._kept(effect, result)))
        return result

    def _answered(self, entry: Entry) -> Any:
        self._write(entry)
        if entry.error is not None:
            raise BuiltinError(None, entry.error)
        assert entry.result is not None
        return self._restored(*entry.result)

    def _taken(self, call: str, effect: Effect) -> Entry | None:
        """The noted call that this one is. Tasks may have changed places since."""
        if not self._earlier:
            return None
        for index, entry in enumerate(self._earlier):
            if entry.call == call:
                return self._earlier.pop(index)
        raise BuiltinError("resume", f"{effect.name} is not what the run did the first time ({self._shown(effect)})")

    def _shown(self, effect: Effect) -> str:
        return self._runtime.redactor.text(effect.target) or "its arguments differ"

    def _digest(self, effect: Effect) -> str:
        described = json.dumps([effect.name, effect.target, [_described(value) for value in effect.values]])
        for number, port in enumerate(self._runtime.resources.get("ports served", ())):  # others in each run
            described = described.replace(f":{port}", f":<server {number}>")
        return sha256(described.encode("utf-8", "surrogatepass")).hexdigest()

    def _write(self, entry: Entry) -> None:
        line = json.dumps(asdict(entry)).encode("utf-8", "surrogatepass") + b"\n"
        try:
            self.whole = os.write(self._file, line) == len(line) and self.whole
        except OSError:  # a full disk must not make a write look as if it had failed
            self.whole = False

    # Results ---------------------------------------------------------------------------------------------

    def _kept(self, effect: Effect, result: Any) -> list[Any] | None:
        """*result* in a form that can be written; None where it has none, or where a read gave a secret."""
        kept = None if effect.name in _ONLY_ALLOWED else self._encoded(result)
        if kept is None or _size(kept[1]) > _MOST:
            return None
        masked = [kept[0], self._runtime.redactor.value(kept[1])]
        return masked if masked == kept or effect.kind == "write" else None

    def _encoded(self, result: Any) -> list[Any] | None:
        if isinstance(result, Raw):
            from assay_shell.runtime.builtins.http.client import ResponseTable

            if isinstance(result, ResponseTable):
                return [_HTTP, [result.status, [list(pair) for pair in result.headers], as_text(result.body)]]
            if lua_type(result.obj) != "table" or not self._is_plain(result.obj):
                return None
            result = self._runtime.border.deep(result.obj)
        if isinstance(result, tuple):
            return ["several", [packed(part) for part in result]] if all(map(_is_plain, result)) else None
        return ["plain", packed(result)] if _is_plain(result) else None

    def _restored(self, kind: str, value: Any) -> Any:
        if kind == "several":
            return tuple(map(unpacked, value))
        if kind == _HTTP:
            from assay_shell.runtime.builtins.http.client import http_of

            status, headers, body = value
            return http_of(self._runtime).response_of(status, [(name, text) for name, text in headers], as_bytes(body))
        return unpacked(value)


def read(path: str) -> list[Entry]:
    """The calls noted in the file *path*.

    Raises:
        OSError: it cannot be read.
        ValueError: it holds something else.
    """
    found: list[Entry] = []
    with open(path, encoding="utf-8", errors="surrogatepass") as file:
        for line in file:
            entry = json.loads(line)
            if not isinstance(entry, dict) or not {"call", "name", "kind"} <= entry.keys() <= _FIELDS:
                raise ValueError(f"line {len(found) + 1} is no call")
            found.append(Entry(**entry))
    return found


def _size(value: Any) -> int:
    """About how many bytes packed data takes."""
    if isinstance(value, str):
        return len(value)
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 16 + sum(map(_size, parts))


def packed(value: Any) -> Any:
    """Plain data as JSON: bytes stand in an object of their own."""
    if isinstance(value, bytes):
        return {_BYTES: base64.b64encode(value).decode()} if not value.isascii() else {_BYTES + "t": value.decode()}
    if isinstance(value, list):
        return [packed(item) for item in value]
    return {key: packed(item) for key, item in value.items()} if isinstance(value, dict) else value


def unpacked(value: Any) -> Any:
    if isinstance(value, list):
        return [unpacked(item) for item in value]
    if not isinstance(value, dict):
        return value
    if _BYTES in value:
        return base64.b64decode(value[_BYTES])
    if _BYTES + "t" in value:
        return str(value[_BYTES + "t"]).encode("utf-8", "surrogateescape")
    return {key: unpacked(item) for key, item in value.items()}


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    return value is None or type(value) in (bool, int, float, str, bytes)


def _described(value: Any) -> Any:
    """An argument as JSON that is the same whenever the argument is."""
    if isinstance(value, Table):
        if value.object is not None:
            return f"<{type(value.object).__name__}>"
        try:
            return json.dumps(value.to_python(), sort_keys=True)
        except BuiltinError:
            return "<table>"
    if isinstance(value, Function):
        return "<function>"
    if isinstance(value, bytes):
        return sha256(value).hexdigest()
    return value if value is None or type(value) in (bool, int, float, str) else f"<{type(value).__name__}>"
