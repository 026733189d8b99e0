"""The runtime: one Lua VM with its scheduler, guard, builtins and output.

Several may live in one process, each used from one thread at a time; `interrupt` may come from any thread.
"""

from __future__ import annotations

import os
import sys

from lupa.lua55 import LuaRuntime

from assay_shell.runtime.declare import GROUPS as ADDED_GROUPS
from assay_shell.runtime.declare import register
from assay_shell.runtime.errors import (
    AssayError,
    Interrupted,
    ScriptError,
    ScriptMemoryError,
    ScriptSyntaxError,
    UsageError,
)
from assay_shell.runtime.guard import Guard
from assay_shell.runtime.host import Host, lua_file
from assay_shell.runtime.interrupt import Interrupter
from assay_shell.runtime.scheduler import Scheduler, Task
from assay_shell.runtime.values import RESERVE, Border, brief, from_raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from assay_shell.runtime.catalog import Catalog, Completion
    from assay_shell.runtime.host import Log, Writer

    Answer = TypeVar("Answer")

__all__ = ["Runtime", "register", "run"]

DEFAULT_MEMORY_LIMIT = 512 << 20
_TERMINATED = 143
"""Exit code of a script that SIGTERM ends."""
_PATIENCE, _SHORT_PATIENCE = 1.0, 0.02
"""Seconds that a busy request may go on after SIGTERM, and after any other interrupt."""
_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def memory_limit_from(text: str | None) -> int:
    """Bytes meant by `ASSAY_MEMORY_LIMIT`: a number, also with K, M or G; 0 is no limit, None the default.

    Raises:
        UsageError: it is none of these.
    """
    if text is None or not text.strip():
        return DEFAULT_MEMORY_LIMIT
    number, unit = text.strip().lower().removesuffix("ib").removesuffix("b"), 1
    if number[-1:] in _UNITS:
        number, unit = number[:-1], _UNITS[number[-1]]
    if not number.isdecimal():
        raise UsageError(f"ASSAY_MEMORY_LIMIT: expected bytes, or a number with K, M or G, got {text!r}")
    return int(number) * unit


class Runtime(Host):
    """Runs Lua code with all builtins.

    Args:
        memory_limit: bytes that the VM may hold; 0 for no limit, None for the environment's or the default.
        readonly: refuse every builtin that writes; None for the environment's.
        strict: an unknown option key is an error instead of a warning.
        stdout, stderr: take the bytes that scripts print; None for the process's own.
        log: called with level, message, target and fields for each log line; None writes to standard error.
        debug: add Python tracebacks to internal errors on standard error.
        count_hook: interrupt busy Lua by a count hook, where the Lua C API is not exported.
    """

    def __init__(
        self,
        *,
        memory_limit: int | None = None,
        readonly: bool | None = None,
        strict: bool = False,
        stdout: Writer | None = None,
        stderr: Writer | None = None,
        log: Log | None = None,
        debug: bool = False,
        count_hook: bool = sys.platform not in ("linux", "darwin"),
    ) -> None:
        environment = os.environ
        if memory_limit is None:
            memory_limit = memory_limit_from(environment.get("ASSAY_MEMORY_LIMIT"))
        if readonly is None:
            readonly = environment.get("ASSAY_READONLY", "") not in ("", "0")
        super().__init__(strict=strict, debug=debug, stdout=stdout, stderr=stderr, log=log)
        self._stop: AssayError | None = None
        self.signalled = False
        """Whether somebody has asked for an end from outside, as Ctrl-C and SIGTERM do."""
        self.lua = LuaRuntime(
            encoding="latin-1",
            source_encoding="utf-8",
            unpack_returned_tuples=True,
            register_eval=False,
            register_builtins=False,
            overflow_handler=float,
            attribute_filter=_no_attributes,
            max_memory=memory_limit + RESERVE if memory_limit else 0,
        )
        self.scheduler = Scheduler(self)
        self.interrupter = Interrupter(self, count_hook=count_hook)
        self.border = Border(self.lua, self.scheduler, memory_limit)
        self.guard = Guard(readonly=readonly, redact=lambda text: self.redactor.text(text))
        self.driver = self._boot()

    # Making the VM ---------------------------------------------------------------------------------------

    def _boot(self) -> dict[str, Any]:
        host = {
            "hook_fired": self.interrupter.hook_fired,
            "interrupted": self.interrupter.interrupted,
            "count_hook": self.interrupter.count_hook,
            "relieve": self.border.relieve,
            "ceiling": self.border.ceiling / 1024,
            "abandon": self.scheduler.abandon,
            "load_group": self._load_group,
        }
        prelude = self.lua.compile(lua_file("prelude"), name=b"=[assay]")
        self.driver = driver = {str(key): value for key, value in prelude(self.lua.table_from(host)).items()}
        self.scheduler.use(driver)
        self.border.adopt = driver["identity"]
        self.border.object_of = driver["object"]
        self.border.unbox = driver["unbox"]
        self.border.make_stream = self._stream
        from assay_shell.runtime.builtins import GROUPS
        from assay_shell.runtime.standard import register

        register(self)
        driver["seal"]()
        for name in GROUPS:
            driver["lazy_group"](name)
        for name, functions in ADDED_GROUPS.items():
            self.define(name, functions)
        return driver

    # Running ---------------------------------------------------------------------------------------------

    def compile(self, source: str | bytes, name: str = "<eval>") -> Any:
        """The Lua function of a chunk. *name* is a path, or stands in angle brackets.

        Raises:
            ScriptSyntaxError: it does not compile.
        """
        if isinstance(source, str):
            source = source.encode("utf-8", "surrogateescape")
        label = ("=" if name.startswith("<") else "@") + name
        compiled = self.driver["compile"](source, label.encode("utf-8", "surrogateescape"))
        if not isinstance(compiled, tuple):
            return compiled
        message = from_raw(compiled[1])
        chunk, line = _position(message)
        raise ScriptSyntaxError(message, chunk=chunk, line=line)

    def evaluate(self, source: str | bytes, name: str = "<eval>", args: Sequence[object] = ()) -> list[Any]:
        """Run a chunk to its end; its results as plain Python data. Tasks it started stay.

        Raises:
            ScriptError: it failed; ScriptSyntaxError, ScriptMemoryError for these causes.
            Interrupted: `interrupt` or a signal stopped it.
            ScriptExit: it called `os.exit`.
        """
        function = self.compile(source, name)
        return self._finish(self._run(function, args))

    def evaluate_to_json(self, source: str | bytes, name: str = "<eval>", args: Sequence[object] = ()) -> bytes:
        """Run a chunk as `evaluate` does; its first result as JSON text by the rules of tool mode.

        Raises:
            BuiltinError: the result has no JSON form (`serializing Lua result: ...`). Others as `evaluate`.
        """
        from assay_shell.runtime.builtins.json import encode_result

        task = self._run(self.compile(source, name), args)
        return self._answer(task, lambda results: encode_result(self, results[0] if results else None))

    async def evaluate_async(
        self, source: str | bytes, name: str = "<eval>", args: Sequence[object] = ()
    ) -> list[Any]:
        """`evaluate` on the running event loop."""
        function = self.compile(source, name)
        task = await self.scheduler.run_main_async(function, *map(self.border.to_lua, args))
        return self._finish(task)

    async def results_of(self, function: Any, *args: object) -> list[Any]:
        """Run a function that `compile` gave on the running event loop; its raw results, which may be kept.

        Long strings stay in Lua, and a box, which is a raw table, stands for each: `border.unbox` gives the string.

        Errors as `evaluate`.
        """
        task = await self.scheduler.run_main_async(function, *map(self.border.to_lua, args))
        return self._answer(task, lambda results: list(map(self.border.adopt, results)), "kept_results")

    def _run(self, function: Any, args: Sequence[object]) -> Task:
        return self.scheduler.run_main(function, *map(self.border.to_lua, args))

    def _finish(self, task: Task) -> list[Any]:
        return self._answer(task, lambda results: [self.border.deep(raw) for raw in results])

    def _answer(
        self, task: Task, convert: Callable[[tuple[Any, ...]], Answer], read: str = "results"
    ) -> Answer:
        """What *convert* makes of the raw results of an ended main chunk, which the driver's function *read* gives."""
        try:
            if task.state != "done":
                raise self.task_error(task)
            return convert(self.task_results(task, read))
        finally:
            self._stop = None
            self.scheduler.forget(task)

    def run_file(self, path: str, args: Sequence[str] = ()) -> list[Any]:
        """Run a script file; `arg` holds *args*, as `...` does. Errors as `evaluate`, and OSError, UnicodeError."""
        with open(path, "rb") as file:
            source = file.read()
        source.decode("utf-8")
        if args:
            self.set_arguments(path, args)
        return self.evaluate(without_shebang(source), path, args)

    def set_arguments(self, script: str, args: Sequence[str]) -> None:
        """Set the global `arg`: the script at 0, its arguments from 1 on."""
        table = self.lua.table_from({index: self.border.to_lua(value) for index, value in enumerate((script, *args))})
        self.globals["arg"] = table

    def call(self, name: str, *args: object) -> list[Any]:
        """Call the global function *name* (`http.get`, or one of the script's); results as plain Python data.

        Raises:
            KeyError: there is no such function.
            ScriptError: it failed.
        """
        value: Any = self.globals
        for part in name.split("."):
            value = value[part] if value is not None else None
        if value is None:
            raise KeyError(name)
        return self._finish(self._run(value, args))

    @property
    def catalog(self) -> Catalog:
        """What is written about everything that can be called; the groups are loaded for it."""
        if "catalog" not in self.resources:
            from assay_shell.runtime.catalog import builtin_catalog

            self.resources["catalog"] = builtin_catalog(self)
        found: Catalog = self.resources["catalog"]
        return found

    def complete(self, prefix: str) -> list[Completion]:
        """What can stand where *prefix* was typed: groups and functions, sorted by name. Runs no code of a script."""
        return self.catalog.complete(prefix)

    def explain(self, name: str) -> str | None:
        """The documentation of a function or group as plain text, None when there is no such name."""
        return self.catalog.explain(name)

    def task_results(self, task: Task, read: str = "results") -> tuple[Any, ...]:
        """The raw results of a finished task; with `kept_results` for *read* long strings are boxes."""
        found = self.driver[read](task.id)
        return found[1:] if isinstance(found, tuple) else ()

    def task_error(self, task: Task) -> AssayError:
        """The exception for a task that failed or was stopped."""
        if task.state == "stopped":
            stop, self._stop = self._stop, None
            return stop or Interrupted()
        message, trace, chunk, line, prefix, value = self.driver["failure"](task.id)
        text = from_raw(message)
        if text == "not enough memory" or text.endswith(": not enough memory"):
            return ScriptMemoryError("memory error: not enough memory")
        thrown = self.border.deep(value) if prefix is None else text
        if text.startswith("table: 0x"):  # its address alone would tell the reader nothing
            text = f"{text}: {brief(thrown)}"
        from assay_shell.runtime.blame import blamed

        trace = from_raw(trace)
        chunk, line = blamed(trace, None if chunk is None else from_raw(chunk), line)
        return ScriptError(text, traceback=trace, chunk=chunk, line=line, value=thrown)

    # Stopping --------------------------------------------------------------------------------------------

    def interrupt(self, reason: AssayError | None = None) -> bool:
        """Stop what runs, wherever it is; *reason* is what `evaluate` then raises. For any thread.

        False when nothing was running that could be stopped.
        """
        reason = reason or Interrupted()
        self.note_stop(reason)
        return self.interrupter.fire(_PATIENCE if getattr(reason, "exit_code", 0) == _TERMINATED else _SHORT_PATIENCE)

    def note_stop(self, reason: AssayError) -> None:
        """Remember why the main chunk is being stopped; the first reason counts."""
        self.signalled = self.signalled or type(reason) is Interrupted
        if self._stop is None:
            self._stop = reason

    def stop_with(self, reason: AssayError) -> None:
        """End the main chunk from within a builtin, as `os.exit` does.

        Raises:
            Interrupted: always, to unwind the task that called it.
        """
        self._stop = reason
        self.scheduler.cancel_main()
        raise Interrupted

    def close(self) -> None:
        """Cancel what is left, run its clean-up, and release what the builtins hold; a second call does nothing."""
        if "shut" not in self.driver:
            return
        self.scheduler.end()
        for release in reversed(self._on_close):
            result = release()
            if hasattr(result, "__await__"):
                self.scheduler.events.complete(result)  # type: ignore[arg-type]
        self._on_close.clear()
        self.scheduler.events.close()
        self._shut()

    def _shut(self) -> None:
        """Let Lua's finalizers run while Python can still serve them; afterwards the VM is dead."""
        shut = self.driver.pop("shut", None)
        if shut is not None:
            shut()

    def __del__(self) -> None:
        if hasattr(self, "driver"):
            self._shut()

    def __enter__(self) -> Runtime:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def run(source: str | bytes, name: str = "<eval>", args: Sequence[object] = (), **options: Any) -> list[Any]:
    """Run a chunk in a runtime of its own, made with *options*; its results as plain Python data.

    Raises:
        AssayError: as `Runtime.evaluate`.
    """
    with Runtime(**options) as runtime:
        return runtime.evaluate(source, name, args)


def without_shebang(source: bytes) -> bytes:
    """*source* with a first line that starts with `#!` emptied, so that line numbers stay right."""
    if not source.startswith(b"#!"):
        return source
    end = source.find(b"\n")
    return b"" if end < 0 else source[end:]


def _no_attributes(obj: object, name: object, setting: bool) -> None:  # noqa: FBT001 - lupa's signature
    raise AttributeError("not accessible")


def _position(message: str) -> tuple[str | None, int | None]:
    """Chunk and line of `chunk:line: text`."""
    head, separator, _ = message.partition(": ")
    chunk, colon, line = head.rpartition(":")
    if separator and colon and line.isdecimal():
        return chunk, int(line)
    return None, None
