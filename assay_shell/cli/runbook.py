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
    from assay_shell.runbook.parameters import Plain
    from assay_shell.runbook.run import Outcome, Run

_WAITING = 10
_ACTIONS = "'runbook' needs one of: run FILE, new FILE, export FILE [SCRIPT]"


def manage(invocation: Invocation) -> int:
    """Carry out `assay runbook run|new|export`.

    Raises:
        UsageError: it is none of these.
        BookError: a file cannot be read or written, or is no runbook.
    """
    action, *files = invocation.operands or [""]
    _spare_a_grammar()
    if action == "run" and len(files) == 1:
        return _run(invocation, files[0])
    if action == "new" and len(files) == 1:
        return _new(files[0])
    if action == "export" and files:
        return _export(*files)
    raise UsageError(_ACTIONS)


def _spare_a_grammar() -> None:
    """Keep `rfc3987_syntax` out of this process, which takes two seconds to import.

    JupyterLab brings it, and jsonschema, by which nbformat checks notebooks, then takes it for the format `iri`: no
    notebook's schema has that.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


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
        StateError: the run that is to be resumed is not this one, or cannot be.
    """
    import asyncio
    from tempfile import TemporaryDirectory

    from assay_shell.kernel.policy import SECRETS
    from assay_shell.runbook import book as books
    from assay_shell.runbook import parameters
    from assay_shell.runtime.redact import Redactor

    token, approve = invocation.text("resume"), invocation.text("approve")
    if token is not None and approve not in ("yes", "no"):
        raise UsageError("'--resume' needs '--approve yes' or '--approve no'")
    given = parameters.read(invocation.texts("param"), invocation.texts("params"))
    given, secrets = parameters.without_secrets(given, Redactor())
    book = books.load(path)
    books.inject(book, given)
    _try_outputs(invocation, book)
    approvals = _approvals(invocation, path, book, given)
    if token is not None and approve is not None:
        approvals.resume(token, approve, invocation.text("approver"))
        approve = None
    with TemporaryDirectory(prefix="assay-runbook-") as folder:
        notes = os.path.join(folder, "journal.jsonl")
        names = ",".join(parameters.variables(given))
        environment = {**secrets, **approvals.environment(notes), SECRETS: names, **_modes(invocation)}
        try:
            run = _prepared(invocation, path, book, approve or "ask", environment)
            outcome = asyncio.run(run.carry_out())
        except BaseException:
            approvals.finish("failed")
            raise
        _report(invocation, path, book, outcome)
        return _end(outcome, approvals, _again(invocation, path), notes)


def _approvals(invocation: Invocation, path: str, book: Any, given: dict[str, Plain]) -> Approvals:
    """The approvals of this run: for these parameters and the cells that are wanted."""
    from assay_shell.runbook.approval import Approvals
    from assay_shell.runbook.parameters import lua

    arguments = [f"{name}={lua(value)}" for name, value in sorted(given.items())]
    for option in ("from-cell", "until"):
        tag = invocation.text(option)
        arguments += [] if tag is None else [f"--{option}={tag}"]
    return Approvals(path, book, tuple(arguments), readonly=invocation.flag("readonly"))


def _try_outputs(invocation: Invocation, book: Any) -> None:
    """See whether what was asked for can be written: nobody wants to learn that after an hour.

    Raises:
        BookError: it cannot.
    """
    from assay_shell.runbook import book as books

    if (output := invocation.text("output")) is not None:
        books.save(book, output)
    for option in ("html", "junit"):
        if (target := invocation.text(option)) is not None:
            books.check(target)


def _prepared(
    invocation: Invocation, path: str, book: Any, approve: str, environment: dict[str, str]
) -> Run:
    from assay_shell.runbook import book as books
    from assay_shell.runbook.report import Progress
    from assay_shell.runbook.run import Run

    output, terminal = invocation.text("output"), sys.stderr.isatty()
    return Run(
        book,
        os.path.dirname(os.path.abspath(path)),
        cells=books.wanted(book, invocation.text("from-cell"), invocation.text("until")),
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
        books.write(as_html(book, os.path.basename(path)), page)
    if (report := invocation.text("junit")) is not None:
        books.write(as_junit(path, outcome), report)


def _again(invocation: Invocation, path: str) -> str:
    """The command that runs the same again, secrets masked: what was given decides which run waits."""
    import shlex

    from assay_shell.runtime.redact import Redactor

    mask = Redactor().text
    words = ["assay", *(["--readonly"] if invocation.flag("readonly") else []), "runbook", "run", path]
    for mark, name in (("-p", "param"), ("-P", "params")):
        words += [word for text in invocation.texts(name) for word in (mark, mask(text))]
    for mark, name in (("--from-cell", "from-cell"), ("--until", "until"), ("-o", "output")):
        text = invocation.text(name)
        words += [] if text is None else [mark, text]
    return shlex.join(words)


def _end(outcome: Outcome, approvals: Approvals, again: str, notes: str) -> int:
    """Say how it ended; the exit code. *again* is the command of the run."""
    if outcome.request is not None:
        token = approvals.ask(outcome.request, notes)
        approvals.finish("needs_approval")
        sys.stderr.write(f"{outcome.request.prompt}\n  {again} --resume {token} --approve yes|no\n")
        return _WAITING
    approvals.finish(outcome.state)
    if outcome.interrupted:
        complain("interrupted")
        return 128 + outcome.interrupted
    return 0 if outcome.state == "passed" else 1
