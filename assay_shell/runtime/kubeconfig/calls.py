"""What the shared Lua files call: the account of a context, and the list of contexts."""

from __future__ import annotations

import os

from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.kubeconfig.account import account_of
from assay_shell.runtime.kubeconfig.files import WHERE, Config, load, paths_of, stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from assay_shell.runtime.kubeconfig.files import Choice
    from assay_shell.runtime.kubeconfig.plugin import Credentials, Program
    from assay_shell.runtime.vm import Runtime


class Known:
    """What a runtime knows of kubeconfigs: the files as they were read last, and credentials of programs."""

    def __init__(self) -> None:
        self._configs: dict[tuple[str, ...], tuple[tuple[object, ...], Config | None]] = {}
        self.credentials: Credentials | None = None

    def config(self, paths: tuple[str, ...]) -> Config | None:
        """The kubeconfig of *paths* as it is now; None where there is none.

        Raises:
            BuiltinError: a file cannot be read or is no kubeconfig.
        """
        now = stamp(paths)
        kept = self._configs.get(paths)
        if kept is None or kept[0] != now:
            kept = self._configs[paths] = (now, load(paths))
        return kept[1]


def known(runtime: Runtime) -> Known:
    """What *runtime* knows."""
    found: Known | None = runtime.resources.get("kubeconfig")
    if found is None:
        found = runtime.resources["kubeconfig"] = Known()
    return found


def account(runtime: Runtime, context: str | None, listed: str | None, home: str | None) -> object:
    """The account of *context*, or a coroutine that gives it where a program has to be asked.

    Raises:
        BuiltinError: the kubeconfig lacks the context, or the context is unusable.
    """
    paths = paths_of(listed, home)
    config = known(runtime).config(paths)
    if config is None:
        if context is not None:
            raise BuiltinError(WHERE, f'there is no kubeconfig for the context "{context}"')
        return None
    choice = config.choose(context)
    if "exec" not in choice.user.fields:
        return account_of(choice, None, runtime.redactor.add)
    return _account_by_program(runtime, choice, usual=paths == _usual_paths())


def renew(runtime: Runtime, context: str, listed: str | None, home: str | None, refused: float) -> bool:
    """Whether the account of *context* is another one now, or may be: its server has refused a request that was sent at
    the Unix time *refused*. So it is where a program signs in, which is asked again then.

    Raises:
        BuiltinError: the kubeconfig lacks the context by now, or it is unusable.
    """
    from assay_shell.runtime.kubeconfig.plugin import Program

    state = known(runtime)
    config = state.config(paths_of(listed, home))
    if config is None or state.credentials is None:
        return False
    choice = config.choose(context)
    return "exec" in choice.user.fields and state.credentials.renew(Program(choice), refused)


def contexts(runtime: Runtime, listed: str | None, home: str | None) -> list[dict[str, object]]:
    """All contexts as `{name, cluster, user, namespace, current}`; [] where there is no kubeconfig.

    Raises:
        BuiltinError: a file cannot be read or is no kubeconfig.
    """
    config = known(runtime).config(paths_of(listed, home))
    return [] if config is None else config.contexts()


def _account_by_program(runtime: Runtime, choice: Choice, *, usual: bool) -> object:
    from assay_shell.runtime.kubeconfig.plugin import Credentials, Program

    program = Program(choice)
    state = known(runtime)
    if state.credentials is None:
        state.credentials = Credentials()
    kept = state.credentials.kept(program)
    if kept is not None:
        return account_of(choice, kept, runtime.redactor.add)
    return _ask(runtime, choice, program, state.credentials, usual=usual)


def _ask(
    runtime: Runtime, choice: Choice, program: Program, credentials: Credentials, *, usual: bool
) -> Coroutine[Any, Any, dict[str, object]]:
    """Run the program, by the guard's leave.

    Signing in only reads where the user's own kubeconfig names the program. Where a script has said which kubeconfig
    to take, it is the script that runs a program.
    """
    from assay_shell.runtime.guard import Effect

    effect = Effect("kubeconfig exec", "read" if usual else "write", " ".join(program.arguments))
    decision = runtime.guard.check(effect)

    async def run() -> dict[str, object]:
        if decision is not None:
            await decision
        return account_of(choice, await credentials.fresh(runtime, program), runtime.redactor.add)

    return run()


def _usual_paths() -> tuple[str, ...]:
    """The user's own kubeconfig."""
    return paths_of(os.environ.get("KUBECONFIG"), os.environ.get("HOME"))
