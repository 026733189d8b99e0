"""What a runtime is to its builtins: the place where they register, and what they may ask of it."""

from __future__ import annotations

import os
import sys

from assay_shell.runtime.declare import Builtin, adapt, failure_of
from assay_shell.runtime.errors import AssayError
from assay_shell.runtime.values import Border, Raw, Stream, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any

    from lupa.lua55 import LuaRuntime

    from assay_shell.runtime.guard import Guard
    from assay_shell.runtime.redact import Redactor
    from assay_shell.runtime.scheduler import Scheduler

    Log = Callable[..., None]
    Writer = Callable[[bytes], object]
    AskLine = Callable[..., Awaitable[str | None]]

_LUA_FILES = os.path.join(os.path.dirname(__file__), "lua")


class Host:
    """Registration of builtins and the services they use; `Runtime` adds the running of scripts."""

    lua: LuaRuntime
    border: Border
    scheduler: Scheduler
    guard: Guard
    driver: dict[str, Any]

    def __init__(
        self, *, strict: bool, debug: bool, stdout: Writer | None, stderr: Writer | None, log: Log | None
    ) -> None:
        self.strict, self.debug = strict, debug
        self.builtins: dict[str, Builtin] = {}
        self.check_env: dict[str, str] = {}
        """What the script sees as environment before the process's own; front ends fill it."""
        self.resources: dict[str, Any] = {}
        """What groups keep for this runtime, such as pools of connections; keyed by group."""
        self.ask_line: AskLine | None = None
        """Asks the human for a line: called with the prompt and whether the answer is `secret`; None at the end of
        input. Where no front end sets it, standard input answers."""
        self.ask_approval: Callable[[str, str], Awaitable[bool]] | None = None
        """Asks the human whether something may be done: called with what it is and its context as JSON text."""
        self._log = log
        self._warned: set[str] = set()
        self._on_close: list[Callable[[], object]] = []
        self._redactor: Redactor | None = None
        self._write = stdout or _process_writer("stdout")
        self._write_error = stderr or _process_writer("stderr")

    @property
    def globals(self) -> Any:
        """The raw table of global names, as scripts see it (`lua.globals()` is lupa's own, and empty)."""
        return self.driver["globals"]

    # Registration ----------------------------------------------------------------------------------------

    def _load_group(self, name: str) -> tuple[Any, ...]:
        """Import the module of a group and let it register; called by Lua at the first look into it."""
        from importlib import import_module

        from assay_shell.runtime.builtins import GROUPS

        try:
            import_module(f"assay_shell.runtime.builtins.{GROUPS[name]}").register(self)
        except BaseException as exc:
            return self.failure(name, exc)
        return (True,)

    def load_groups(self) -> None:
        """Register every group that no script has looked into yet; help and completion need them all."""
        from assay_shell.runtime.builtins import GROUPS

        for name in GROUPS:
            self.driver["load_group"](name)

    def known_names(self, owner: str = "") -> list[str]:
        """The global names, or the functions of the builtin group *owner*."""
        if not owner:
            return [str(name) for name in self.globals]
        return [name.partition(".")[2] for name in self.builtins if name.startswith(f"{owner}.")]

    def include(self, name: str) -> Any:
        """Run one of the core's own Lua files with the private helpers; what it returns, raw."""
        return self.driver["include"](lua_file(name), name)

    def lend(self, name: str, builtin: Builtin, public: str | None = None) -> None:
        """Give the core's Lua files a Python helper; *public* is the name that guard and messages use."""
        public = public or name
        self.builtins[public] = builtin
        self.driver["lend"](name, adapt(self, public, builtin))

    def define(
        self, group: str, functions: Mapping[str, Builtin], fields: Mapping[str, object] | None = None
    ) -> None:
        """Register a group of builtins as the global table *group*; *fields* are further values in it.

        A group that exists already gets the functions added. With the empty name they become globals.
        """
        driver = self.driver
        table = driver["group"](group) if group else self.globals
        for name, builtin in functions.items():
            public = f"{group}.{name}" if group else name
            self.builtins[public] = builtin
            driver["fill"](table, name, adapt(self, public, builtin))
        for name, value in (fields or {}).items():
            driver["put"](table, name, self.border.to_lua(value))

    def define_lua(self, group: str, table: Any) -> None:
        """Add what one of the core's Lua files made to the group *group*."""
        target = self.driver["group"](group)
        for name, value in table.items():
            self.driver["put"](target, name, value)

    def handle(
        self,
        obj: object,
        kind: str,
        methods: Mapping[str, Builtin],
        *,
        call: Builtin | None = None,
        close: Builtin | None = None,
        fields: Mapping[str, object] | None = None,
    ) -> Raw:
        """What Lua gets for *obj*: a table with *methods*, callable and closable where these are given.

        *kind* names it (`ws connection`); all handles of a kind must be made with the same functions.
        """
        classes = self.resources.setdefault("handle classes", {})
        if kind not in classes:
            classes[kind] = self._handle_class(kind, methods, call, close)
        values = self.lua.table_from({key: self.border.to_lua(value) for key, value in (fields or {}).items()})
        return Raw(self.driver["handle"](classes[kind], obj, values))

    def _handle_class(
        self, kind: str, methods: Mapping[str, Builtin], call: Builtin | None, close: Builtin | None
    ) -> Any:
        adapters = {}
        for name, builtin in methods.items():
            self.builtins[f"{kind}:{name}"] = builtin
            adapters[name] = adapt(self, f"{kind}:{name}", builtin)
        return self.driver["handle_class"](
            kind,
            self.lua.table_from(adapters),
            call and adapt(self, kind, call),
            close and adapt(self, f"{kind}:close", close),
        )

    def _stream(self, stream: Stream) -> tuple[Any, ...]:
        from assay_shell.runtime.streams import handle_of

        handle = handle_of(self, stream).obj
        return (handle, None, None, handle)

    def on_close(self, release: Callable[[], object]) -> None:
        """Have *release* called, and awaited if it is asynchronous, when the runtime closes."""
        self._on_close.append(release)

    def keep_open(self, release: Callable[[], object]) -> None:
        """Take back what `on_close` was given."""
        if release in self._on_close:
            self._on_close.remove(release)

    # Services to builtins --------------------------------------------------------------------------------

    def failure(self, name: str, exc: BaseException) -> tuple[Any, ...]:
        """What Lua is answered when a builtin raised *exc*."""
        if self.debug and not isinstance(exc, AssayError):
            import traceback

            traceback.print_exception(exc)
        done, message, kind, fields = failure_of(exc, name)
        table = None
        if fields:
            table = self.lua.table_from({key: self.border.to_lua(value) for key, value in fields.items()})
        return done, message.encode("utf-8", "surrogateescape"), kind, table

    @property
    def redactor(self) -> Redactor:
        """Knows the secrets of this session and masks them in text."""
        if self._redactor is None:
            from assay_shell.runtime.redact import Redactor

            self._redactor = Redactor()
        return self._redactor

    def log(self, level: str, message: str, target: str = "assay", **fields: object) -> None:
        """Write a log line."""
        if self._log is None:
            from assay_shell.runtime.log import default_log

            self._log = default_log(self)
        self._log(level, message, target, **fields)

    def warn_once(self, message: str) -> None:
        """Log a warning unless this runtime has logged it before."""
        if message not in self._warned:
            self._warned.add(message)
            self.log("warn", message)

    def write_out(self, data: bytes) -> None:
        """Write to the script's standard output."""
        self._write(data)

    def flush(self) -> None:
        """Hand buffered output on, before something else writes to the same place."""
        sys.stdout.flush()

    def write_error(self, data: bytes) -> None:
        """Write to the script's standard error."""
        self._write_error(data)

    def encode_json(self, value: Any) -> bytes:
        """`json.encode` of a Table or Value.

        Raises:
            BuiltinError: it has no JSON form.
        """
        from assay_shell.runtime.builtins.json import encode_value

        raw = value.raw if isinstance(value, Table) else self.border.to_lua(value)
        return encode_value(self, raw)


def lua_file(name: str) -> bytes:
    with open(os.path.join(_LUA_FILES, f"{name}.lua"), "rb") as file:
        return file.read()


def _process_writer(name: str) -> Writer:
    def write(data: bytes) -> None:
        getattr(sys, name).buffer.write(data)

    return write
