"""Lua for checks: each script in a fresh VM on a thread of its own, so that nothing in it can hold up the others."""

from __future__ import annotations

import asyncio
from _thread import allocate_lock, start_new_thread
from contextlib import suppress

from assay_shell.checks.errors import CheckFailed
from assay_shell.runtime.errors import ScriptError, ScriptExit, os_reason, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from assay_shell.checks.tools import Tools
    from assay_shell.runtime.vm import Runtime

_GRACE = 1.0
"""Seconds that a script gets for its clean-up when it is stopped; one that takes longer is left behind."""


def read_source(path: str) -> bytes:
    """The Lua text of a script file, without its shebang.

    Raises:
        CheckFailed: it cannot be read, or is not UTF-8.
    """
    from assay_shell.runtime.vm import without_shebang

    try:
        with open(path, "rb") as file:
            source = file.read()
        source.decode()
    except UnicodeDecodeError as exc:
        reason = "stream did not contain valid UTF-8"
        raise CheckFailed(f"failed to read Lua script {quoted(path)}: {reason}") from exc
    except (OSError, ValueError) as exc:
        raise CheckFailed(f"failed to read Lua script {quoted(path)}: {os_reason(exc)}") from exc
    return without_shebang(source)


async def evaluate(
    tools: Tools,
    source: Callable[[], bytes],
    name: str,
    *,
    args: Sequence[object] = (),
    env: Mapping[str, str] | None = None,
) -> list[Any]:
    """Run a chunk and give its results as plain Python data; *env* is what its `env.get` sees first.

    *source* gives the text of the chunk; it is called on the script's thread, since files can block as well.

    When this is cancelled the script is interrupted, wherever it is.

    Raises:
        CheckFailed: it failed; the message has a traceback.
    """
    work = _Work(tools, asyncio.get_running_loop(), source, name, args, dict(env or {}))
    start_new_thread(work.run, ())
    try:
        return await asyncio.shield(work.outcome)
    except asyncio.CancelledError:
        work.stop()
        await asyncio.wait([work.outcome], timeout=_GRACE)
        raise


class _Work:
    """One run of a chunk, on its own thread."""

    def __init__(
        self, tools: Tools, loop: asyncio.AbstractEventLoop, source: Callable[[], bytes], name: str,
        args: Sequence[object], env: dict[str, str],
    ) -> None:  # fmt: skip
        self.outcome: asyncio.Future[list[Any]] = loop.create_future()
        self._tools = tools
        self._loop = loop
        self._source, self._name, self._args, self._env = source, name, args, env
        self._runtime: Runtime | None = None
        self._ended = allocate_lock()
        self._ended.acquire()

    def run(self) -> None:
        """The body of the thread."""
        try:
            results, failure = self._evaluate(), None
        except BaseException as exc:
            results, failure = [], exc
        self._ended.release()
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._deliver, results, failure)

    def _evaluate(self) -> list[Any]:
        from assay_shell.runtime.vm import Runtime

        tools, source = self._tools, self._source()
        with Runtime(
            readonly=tools.readonly, strict=tools.strict, debug=tools.debug, stdout=tools.write, log=tools.log
        ) as runtime:
            runtime.check_env = self._env
            self._runtime = runtime
            try:
                return runtime.evaluate(source, self._name, self._args)
            except ScriptError as exc:
                raise CheckFailed(runtime.redactor.text(exc.text)) from exc
            except ScriptExit as exc:
                if exc.exit_code:
                    raise CheckFailed(f"the script exited with code {exc.exit_code}") from exc
                return []
            finally:
                self._runtime = None

    def _deliver(self, results: list[Any], failure: BaseException | None) -> None:
        if self.outcome.done():
            return
        if failure is None:
            self.outcome.set_result(results)
        elif isinstance(failure, Exception):
            self.outcome.set_exception(failure)
            self.outcome.exception()  # after a cancellation nobody else looks
        else:
            self.outcome.set_exception(CheckFailed(f"the script was stopped: {failure}"))
            self.outcome.exception()

    def stop(self) -> None:
        """Interrupt the script until it has ended."""
        start_new_thread(self._stop, ())

    def _stop(self) -> None:
        while not self._ended.acquire(timeout=0.005):
            runtime = self._runtime
            if runtime is not None:
                runtime.interrupt()
