"""What a user works in: a session with its commands, jobs and guard; shell and kernel are thin over it.

Everything here belongs to the thread that runs the VM, except `interrupt`.
"""

from __future__ import annotations

from assay_shell.runtime.errors import AssayError, BuiltinError
from assay_shell.session import line as lines
from assay_shell.session.answers import Answer
from assay_shell.session.approvals import Approvals
from assay_shell.session.commands.table import find
from assay_shell.session.jobs import Jobs
from assay_shell.session.recording import Recorder
from assay_shell.session.session import Completeness, Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from typing import Any

    from assay_shell.runtime.guard import Effect
    from assay_shell.runtime.vm import Runtime
    from assay_shell.session.approvals import Question
    from assay_shell.session.commands.reloading import LoadedModules
    from assay_shell.session.completion.completer import Completer
    from assay_shell.session.jobs import Job
    from assay_shell.session.kubeconfig import Contexts
    from assay_shell.session.line import Line
    from assay_shell.session.session import Outcome


PRODUCTION = ("prod*", "*-prod", "*-prod-*")
"""Names of kube contexts, without case, that start in ask mode unless the settings say otherwise."""


class Front:
    """What a session asks of its front end; this one has nobody to ask and nothing to announce to."""

    terminal = False
    """Whether programs may have the terminal for themselves."""
    mark = "."
    """What stands before the name of a command."""

    async def ask(self, question: Question) -> str:
        """The answer to a question before a write: `yes`, `no` or `always`."""
        return "no"

    def announce(self, job: Job) -> None:
        """A job has ended that nobody waits for."""

    def hand_over(self) -> AbstractAsyncContextManager[None]:
        """What lasts for as long as a program has the terminal for itself."""
        from contextlib import nullcontext

        return nullcontext()


class Workspace:
    """One user's session over *runtime*."""

    def __init__(self, runtime: Runtime, front: Front | None = None, records: Recorder | None = None) -> None:
        self.runtime = runtime
        self.front = front or Front()
        self.records = records or Recorder(runtime.write_out)
        self.session = Session(runtime)
        self.jobs = Jobs(self.session, self.front.announce)
        self.approvals = Approvals(runtime, self.front.ask)
        runtime.ask_approval = self.approvals.gate
        self.format = "auto"
        """How results are shown: one of `commands.results.FORMATS`."""
        self.production_patterns: tuple[str, ...] = PRODUCTION
        self.production = False
        """Whether the kube context is one of production."""
        self.contexts: Contexts | None = None
        self.aliases: dict[str, str] = {}
        """Commands of the user's own: what stands for each name."""
        self.doing: Effect | None = None
        """What the code did last that reaches beyond the VM."""
        self.runtime.guard.notice = self._notice
        self._completer: Completer | None = None
        self._modules: LoadedModules | None = None
        self._own: frozenset[Any] = frozenset(runtime.globals)

    async def submit(self, text: str, *, store: bool = True) -> Answer:
        """Carry out a line: Lua code, a job, a command, a question for documentation or a program.

        With *store* unset, code leaves no trace in the session's memory.

        Raises:
            asyncio.CancelledError: it was cancelled.
        """
        line = lines.read(text)
        self.doing = None
        self._settle_context()
        if line.kind == lines.COMMAND and line.name in self.aliases:
            text = f"{self.aliases[line.name]} {line.argument}".rstrip()
            line = lines.read(text)
        if (bare := lines.bare_command(text)) is not None and not self._defines(bare.name):
            line = bare
        if line.kind == lines.CODE:
            outcome = await self.execute(text, store=store)
            return Answer(values=outcome.values, error=outcome.error, outcome=outcome)
        try:
            return await self._by_kind(line)
        except AssayError as error:
            return Answer(error=error)
        except OSError as error:
            from assay_shell.runtime.errors import os_reason

            return Answer(error=BuiltinError(error.filename, os_reason(error)))

    def prepare(self) -> None:
        """Do what the first line, the first Ctrl-C and the first Tab would otherwise wait for."""
        self._settle_context()
        self.runtime.interrupter.prepare()
        self.completer.prepare()

    def _settle_context(self) -> None:
        """Production has to ask before anything runs."""
        if self.contexts is None:
            self.look_at_context()

    async def start_up(self, path: str) -> Answer:
        """Run a start-up file: no input of the session, and what it defines counts as given."""
        from assay_shell.session.files import read_text

        self._settle_context()
        try:
            outcome = await self.session.execute(read_text(path), name=path, store=False)
        except AssayError as error:
            return Answer(error=error)
        self.keep_globals()
        return Answer(error=outcome.error)

    def _notice(self, effect: Effect) -> None:
        self.doing = effect

    async def execute(self, text: str, *, name: str = "", store: bool = True) -> Outcome:
        """Run code as an input, or as the file *name*; what it prints is recorded.

        Raises:
            asyncio.CancelledError: it was cancelled.
        """
        self.records.begin(self.session.number + 1)
        try:
            return await self.session.execute(text, name=name, store=store)
        finally:
            self.records.end()
            if self._modules is not None or "require" in text:
                self.modules.note()

    async def _by_kind(self, line: Line) -> Answer:
        if line.kind == lines.JOB:
            job = self.jobs.start(line.argument)
            return Answer(f"[job {job.number}] running   .jobs  .fg {job.number}  .kill {job.number}")
        if line.kind == lines.COMMAND:
            return await find(line.name, self.front.mark).load()(self, line.argument)
        if line.kind == lines.PROGRAM:
            from assay_shell.session.commands.programs import run

            return await run(self, line.argument)
        from assay_shell.session.commands import documents

        show: Callable[..., Awaitable[Answer]] = documents.source if line.kind == lines.SOURCE else documents.document
        return await show(self, line.argument)

    @property
    def completer(self) -> Completer:
        """Completion and documentation for this session."""
        if self._completer is None:
            from assay_shell.session.commands.table import words
            from assay_shell.session.completion.completer import Completer
            from assay_shell.session.completion.kubernetes import KubernetesNames

            fetch = KubernetesNames(self.session)
            self._completer = Completer(self.session, commands=words(self.front.mark), fetch=fetch)
        return self._completer

    @property
    def modules(self) -> LoadedModules:
        """The files behind the modules that are loaded."""
        if self._modules is None:
            from assay_shell.session.commands.reloading import LoadedModules

            self._modules = LoadedModules(self)
        return self._modules

    def is_complete(self, text: str) -> Completeness:
        """Whether *text* can be run as it is."""
        line = lines.read(text)
        if line.kind in (lines.CODE, lines.JOB):
            return self.session.is_complete(line.argument)
        if line.kind == lines.COMMAND and line.name == "time" and line.argument:
            return self.session.is_complete(line.argument)
        return Completeness("complete")

    def source_of(self, chunk: str) -> str | None:
        """The text of the input, job or file that errors name *chunk*; None where it cannot be had."""
        found = self.session.source_of(chunk) or self.jobs.source_of(chunk)
        if found is not None or chunk.startswith("<"):
            return found
        try:
            with open(chunk, encoding="utf-8", errors="surrogateescape") as file:
                return file.read()
        except (OSError, ValueError):
            return None

    def names(self, owner: str) -> list[str]:
        """What could have been meant: the members of a group or of a live value, or the globals and locals for ""."""
        known = self.runtime.known_names(owner)
        if not owner:
            return [*known, *self.session.cells.names()]
        return known or self.completer.members(owner)

    def _defines(self, name: str) -> bool:
        """Whether the session has a local or a global of that name."""
        return name in self.session.cells.names() or name in self.own_globals()

    def own_globals(self) -> dict[str, Any]:
        """The globals that came since the start, by name, raw."""
        from assay_shell.runtime.builtins import GROUPS

        given = self._own | GROUPS.keys()  # groups appear when a script first looks into them
        found = {str(name): raw for name, raw in self.runtime.globals.items() if name not in given}
        return dict(sorted(found.items()))

    def remove_own_globals(self) -> None:
        """Remove these."""
        for name in self.own_globals():
            self.runtime.globals[name] = None

    def keep_globals(self) -> None:
        """Count what is there now as given: a start-up file has run."""
        self._own = frozenset(self.runtime.globals)

    def environment(self) -> dict[str, str]:
        """The environment as scripts see it."""
        import os

        return {**os.environ, **self.runtime.check_env}

    def use_context(self, name: str) -> None:
        """Use another kube context from now on; ask before writes where it is one of production."""
        from assay_shell.session.kubeconfig import CONTEXT

        self.runtime.check_env[CONTEXT] = name
        seen = self.runtime.lua.globals()["env"]["_check_env"]  # made from that when a script first looked into `env`
        if seen is not None:
            seen[CONTEXT] = self.runtime.border.to_lua(name)
        self.look_at_context()

    def look_at_context(self) -> Contexts:
        """The kube contexts; one of production starts ask mode, unless all writes are refused anyway."""
        from fnmatch import fnmatchcase

        from assay_shell.session.kubeconfig import read

        self.contexts = found = read(self.environment())
        name = found.current.lower()
        self.production = any(fnmatchcase(name, pattern.lower()) for pattern in self.production_patterns if name)
        if self.production and not self.runtime.guard.readonly and not self.approvals.active:
            self.approvals.start()
        return found

    def interrupt(self) -> bool:
        """Stop the Lua code that runs; for any thread. False when none does."""
        return self.session.interrupt()

    async def end(self) -> None:
        """Cancel what is left, on the loop that ran it."""
        if self._completer is not None:
            await self._completer.cluster.close()
        await self.runtime.scheduler.end_async()

    def close(self) -> None:
        """Release what the runtime holds, once its loop has stopped."""
        self.runtime.close()
