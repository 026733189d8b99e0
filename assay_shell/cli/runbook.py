"""`assay runbook`: run a notebook headless, begin a new one, export one as a script."""

from __future__ import annotations

import os
import sys

from assay_shell.cli import complain
from assay_shell.runtime.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.cli.arguments import Invocation
    from assay_shell.runbook.approval import Approvals
    from assay_shell.runbook.run import Outcome, Run

_WAITING = 10
_INTERRUPTED = 130
_ACTIONS = "'runbook' needs one of: run FILE, new FILE, export FILE [SCRIPT]"


def manage(invocation: Invocation) -> int:
    """Carry out `assay runbook run|new|export`.

    Raises:
        UsageError: it is none of these.
        BookError: a file cannot be read or written, or is no runbook.
    """
    action, *files = invocation.operands or [""]
    if action == "run" and len(files) == 1:
        return _run(invocation, files[0])
    if action == "new" and len(files) == 1:
        return _new(files[0])
    if action == "export" and files:
        return _export(*files)
    raise UsageError(_ACTIONS)


def _new(path: str) -> int:
    from assay_shell.runbook import book as books
    from assay_shell.runbook.export import template

    if os.path.exists(path):
        raise UsageError(f"{path} exists already")
    title = os.path.splitext(os.path.basename(path))[0].replace("-", " ").replace("_", " ").capitalize()
    books.save(template(title), path)
    return 0


def _export(path: str, target: str = "-") -> int:
    from assay_shell.runbook import book as books
    from assay_shell.runbook.export import script

    text = script(books.load(path))
    if target == "-":
        sys.stdout.write(text)
        return 0
    books.write(text, target)
    return 0


def _run(invocation: Invocation, path: str) -> int:
    """Run the notebook at *path*.

    Raises:
        UsageError: parameters or options make no sense.
    """
    import asyncio
    from tempfile import TemporaryDirectory

    from assay_shell.kernel.policy import SECRETS
    from assay_shell.runbook import book as books
    from assay_shell.runbook import parameters
    from assay_shell.runbook.approval import Approvals

    given = parameters.read(invocation.texts("param"), invocation.texts("params"))
    book = books.load(path)
    books.inject(book, given)
    cells = books.wanted(book, invocation.text("from-cell"), invocation.text("until"))
    approvals = Approvals(path, book, tuple(f"{name}={parameters.lua(value)}" for name, value in sorted(given.items())))
    token, approve = invocation.text("resume"), invocation.text("approve")
    if token is not None:
        if approve not in ("yes", "no"):
            raise UsageError("'--resume' needs '--approve yes' or '--approve no'")
        approvals.resume(token, approve, invocation.text("approver"))
        approve = None
    with TemporaryDirectory(prefix="assay-runbook-") as folder:
        journal = os.path.join(folder, "journal.jsonl")
        environment = {**approvals.environment(journal), SECRETS: ",".join(parameters.variables(given))}
        run = _prepared(invocation, path, book, cells, approve or "ask", {**environment, **_modes(invocation)})
        outcome = asyncio.run(run.carry_out())
        _report(invocation, path, book, outcome)
        return _end(outcome, approvals, _again(invocation, path), journal)


def _prepared(
    invocation: Invocation, path: str, book: Any, cells: set[int], approve: str, environment: dict[str, str]
) -> Run:
    from assay_shell.runbook import book as books
    from assay_shell.runbook.report import Progress
    from assay_shell.runbook.run import Run

    output, terminal = invocation.text("output"), sys.stderr.isatty()
    return Run(
        book,
        os.path.dirname(os.path.abspath(path)),
        cells=cells,
        timeout=invocation.count("timeout"),
        approve=approve,
        environment=environment,
        told=Progress(colour=terminal and not os.environ.get("NO_COLOR"), terminal=terminal),
        saved=(lambda: books.save(book, output)) if output is not None else lambda: None,
    )


def _modes(invocation: Invocation) -> dict[str, str]:
    return {"ASSAY_READONLY": "1"} if invocation.flag("readonly") else {}


def _report(invocation: Invocation, path: str, book: Any, outcome: Outcome) -> None:
    from assay_shell.runbook import book as books
    from assay_shell.runbook.report import as_html, as_junit

    if (page := invocation.text("html")) is not None:
        books.write(as_html(book), page)
    if (report := invocation.text("junit")) is not None:
        books.write(as_junit(path, outcome), report)


def _again(invocation: Invocation, path: str) -> str:
    """The command that runs the same again: what was given decides which run waits."""
    import shlex

    words = ["assay", "runbook", "run", path]
    for mark, name in (("-p", "param"), ("-P", "params")):
        words += [word for text in invocation.texts(name) for word in (mark, text)]
    for mark, name in (("--from-cell", "from-cell"), ("--until", "until"), ("-o", "output")):
        text = invocation.text(name)
        words += [] if text is None else [mark, text]
    return shlex.join(words)


def _end(outcome: Outcome, approvals: Approvals, again: str, journal: str) -> int:
    """Say how it ended; the exit code. *again* is the command of the run."""
    if outcome.request is not None:
        token = approvals.ask(outcome.request, journal)
        approvals.finish("needs_approval")
        sys.stderr.write(f"{outcome.request.prompt}\n  {again} --resume {token} --approve yes|no\n")
        return _WAITING
    approvals.finish(outcome.state)
    if outcome.interrupted:
        complain("interrupted")
        return _INTERRUPTED
    return 0 if outcome.state == "passed" else 1
