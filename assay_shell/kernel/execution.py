"""One cell after the other: run, show the result or the error, remember."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from threading import Event

from assay_shell.kernel.cells import parts
from assay_shell.runtime.errors import AssayError, Interrupted, ScriptError, ScriptExit
from assay_shell.runtime.interrupt import SignalWatch
from assay_shell.session import line as lines
from assay_shell.session.answers import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from assay_shell.kernel.kernel import AssayKernel
    from assay_shell.runtime.views.model import View
    from assay_shell.session.answers import Answer

_SIGTERM_CODE = 128 + 15
_MOST_IN_THE_WAY = 0.03
"""Seconds that Lua of others may take before the end of a stream."""


class Execution:
    """Runs the cells of one kernel."""

    def __init__(self, kernel: AssayKernel) -> None:
        self._kernel = kernel
        self._workspace = kernel.workspace
        self._runtime = kernel.workspace.runtime
        self._following: asyncio.Task[Any] | None = None
        self._followed = Event()

    async def run(self, cell: str, *, silent: bool, store: bool, expressions: dict[str, str]) -> dict[str, Any]:
        """Run one cell; its reply."""
        for printer in self._kernel.printed.values():
            printer.begin()
        self._kernel.screen.begin()
        try:
            return await self._parts(cell, silent=silent, store=store, expressions=expressions)
        finally:
            self._kernel.screen.end()

    async def _parts(self, cell: str, *, silent: bool, store: bool, expressions: dict[str, str]) -> dict[str, Any]:
        count = self._kernel.execution_count
        payload: list[dict[str, Any]] = []
        for part in parts(cell):
            answer = _saved(await self._watched(part, store=store and not silent))
            self._kernel.flush_printed()
            if answer.error is not None:
                content = self.error(answer.error)
                if not silent:
                    self._send("error", content)
                return {"status": "error", "execution_count": count, **content}
            if not silent:
                await self._show(part, answer, payload)
        return {
            "status": "ok",
            "execution_count": count,
            "payload": payload,
            "user_expressions": {name: await self._expression(text) for name, text in expressions.items()},
        }

    async def _watched(self, part: str, *, store: bool) -> Answer:
        """Carry out *part* where SIGINT stops it, whatever it is at."""

        with self._signals(self._stop):
            return await self._workspace.submit(part, store=store)

    def _signals(self, stop: Callable[[int], None]) -> SignalWatch:
        return SignalWatch(self._runtime, stop, stop)

    def _stop(self, code: int) -> None:
        self._runtime.interrupt(Interrupted(code))
        self._leave_at_sigterm(code)

    def _stop_following(self, code: int) -> None:
        self.interrupt()
        self._leave_at_sigterm(code)

    def _leave_at_sigterm(self, code: int) -> None:
        """SIGTERM is meant for the kernel, not only for its cell."""
        if code == _SIGTERM_CODE:
            loop = self._kernel.io_loop
            loop.add_callback(loop.stop)

    async def _show(self, part: str, answer: Answer, payload: list[dict[str, Any]]) -> None:
        """Send what came of *part*, and note in *payload* what the front end itself has to do."""
        shown = answer.view is not None or bool(answer.values)
        if shown:
            await self._show_view(answer.view if answer.view is not None else self._view_of(answer.values[0]))
        if answer.text and not shown and lines.read(part).kind in (lines.HELP, lines.SOURCE):
            payload.append({"source": "page", "data": {"text/plain": answer.text}, "start": 0})
        elif answer.text:
            self._send("display_data", {"data": {"text/plain": answer.text}})
        if answer.next_input is not None:
            payload.append({"source": "set_next_input", "text": answer.next_input, "replace": False})
        if answer.leave:
            payload.append({"source": "ask_exit", "keepkernel": False})

    async def _show_view(self, view: View) -> None:
        """Send a result; one that is a stream is shown while it runs, until it ends or is interrupted."""
        from assay_shell.runtime.views.model import Live

        if isinstance(view, Live):
            from assay_shell.runtime.views.live import follow

            self._followed.clear()
            self._following = asyncio.ensure_future(follow(self._runtime, view, self._kernel.screen.open(view)))
            try:
                with suppress(asyncio.CancelledError), self._signals(self._stop_following):
                    await self._following
            finally:
                self._following = None
                self._followed.set()
            return
        data, metadata = self.bundle(view)
        count = self._kernel.execution_count
        self._send("execute_result", {"execution_count": count, "data": data, "metadata": metadata})

    def interrupt(self) -> None:
        """Stop what the running cell is at; for any thread but the main one.

        While a stream is followed, Lua that runs is that of a server or a job, which only has to go where it is in the
        way.
        """
        following = self._following
        if following is None:
            self._workspace.interrupt()
            return
        following.get_loop().call_soon_threadsafe(following.cancel)
        if not self._followed.wait(_MOST_IN_THE_WAY):
            self._workspace.interrupt()

    async def _expression(self, text: str) -> dict[str, Any]:
        answer = await self._watched(text, store=False)
        if answer.error is not None:
            return {"status": "error", **self.error(answer.error)}
        data, metadata = self.bundle(self._view_of(answer.values[0] if answer.values else None))
        return {"status": "ok", "data": data, "metadata": metadata}

    def _view_of(self, raw: Any) -> View:
        from assay_shell.runtime.views.choose import choose

        return choose(self._runtime, raw)

    def bundle(self, view: View) -> tuple[dict[str, Any], dict[str, Any]]:
        """A view as Jupyter sends it."""
        from assay_shell.kernel.mime import bundle

        return bundle(view)

    def error(self, error: AssayError) -> dict[str, Any]:
        """The content of an error message: what a front end shows under the cell."""
        if isinstance(error, ScriptError):
            from assay_shell.runtime.report import panel

            source = self._workspace.source_of(error.chunk or "")
            shown = panel(error, source, colour=True, names=self._workspace.names)
        elif isinstance(error, ScriptExit):
            shown = f"os.exit({error.exit_code}) ended this cell; the kernel goes on"
        else:
            shown = str(error)
        mask = self._runtime.redactor.text
        return {"ename": type(error).__name__, "evalue": mask(str(error)), "traceback": mask(shown).split("\n")}

    def _send(self, kind: str, content: dict[str, Any]) -> None:
        self._kernel.send_response(self._kernel.iopub_socket, kind, {"metadata": {}, **content})

    def history(
        self, access: str, *, output: bool, n: int = 0, pattern: str = "*", unique: bool = False,
        start: int = 0, stop: int | None = None, **_: Any,
    ) -> list[tuple[int, int, Any]]:  # fmt: skip
        """The inputs asked for, secrets masked: (0, number, source); (source, None) where *output* is wanted."""
        from fnmatch import fnmatchcase

        mask = self._runtime.redactor.text
        found = [(outcome.number, mask(outcome.source)) for outcome in self._workspace.session.inputs]
        if access == "search":
            found = [(number, source) for number, source in found if fnmatchcase(source, pattern)]
            if unique:
                found = list({source: (number, source) for number, source in found}.values())
        elif access == "range":
            found = [entry for entry in found if start <= entry[0] and (stop is None or entry[0] < stop)]
        if access in ("tail", "search") and n:
            found = found[-n:]
        return [(0, number, (source, None) if output else source) for number, source in found]

    async def close(self) -> None:
        """Cancel what the cells left running."""
        await self._workspace.end()


def _saved(answer: Answer) -> Answer:
    """*answer*, unless it is one that a notebook cannot give: what it shows is saved, and it has no clipboard."""
    if answer.revealed:
        return replace(
            answer, values=[], view=None, error=CommandError("a notebook keeps what it shows: secrets stay masked")
        )
    if answer.clipboard is not None:
        return replace(
            answer, error=CommandError("a notebook has no clipboard: select the text, or write a file with %to")
        )
    return answer
