"""The session's completion and signatures as prompt-toolkit wants them. Nothing here waits for the VM."""

from __future__ import annotations

import asyncio

from prompt_toolkit.completion import Completer, Completion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

    from assay_shell.repl.engine import Engine
    from assay_shell.session.completion.answers import Candidate, Completions, SignatureHelp
    from assay_shell.session.workspace import Workspace

_WIDEST = 60
"""Characters of signature and summary in the menu."""


class MenuCompleter(Completer):
    """Fills the menu."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """The entries, for callers that can wait a moment."""
        yield from self.at_once(document) or ()

    def at_once(self, document: Document) -> list[Completion] | None:
        """The entries; None where the VM is busy with other things."""
        text, cursor = document.text, document.cursor_position
        found = self._engine.ask_quickly(lambda workspace: workspace.completer.complete(text, cursor), None)
        return None if found is None else [entry(candidate, found.start - cursor) for candidate in found.items]

    async def when_known(self, document: Document) -> list[Completion]:
        """The entries, when the VM gets to them; where there are none yet, after what was asked of a cluster."""
        text, cursor = document.text, document.cursor_position

        async def complete(workspace: Workspace) -> Completions:
            found = workspace.completer.complete(text, cursor)
            if not found.items:
                await workspace.completer.cluster.settled()
                found = workspace.completer.complete(text, cursor)
            return found

        found = await asyncio.wrap_future(self._engine.background(complete))
        return [entry(candidate, found.start - cursor) for candidate in found.items]

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """The entries, when the VM gets to them."""
        text, cursor = document.text, document.cursor_position
        found = await asyncio.wrap_future(
            self._engine.ask(lambda workspace: workspace.completer.complete(text, cursor))
        )
        if complete_event.text_inserted and _is_anything(found):
            return
        for candidate in found.items:
            yield entry(candidate, found.start - cursor)


def _is_anything(found: Completions) -> bool:
    """Whether any name could come here, which is worth no menu until somebody asks for it: behind a blank, say."""
    return found.start == found.end and any(candidate.kind in ("keyword", "group") for candidate in found.items)


def entry(candidate: Candidate, start: int) -> Completion:
    """One line of the menu: name, signature, first sentence."""
    about = "  ".join(part for part in (candidate.signature, candidate.summary) if part)
    if len(about) > _WIDEST:
        about = f"{about[: _WIDEST - 1]}…"
    return Completion(candidate.text, start, display=candidate.shown, display_meta=about)


class Signature:
    """The call around the cursor, looked up behind the user's back. *changed* is called when another one is known."""

    def __init__(self, engine: Engine, changed: Callable[[], None]) -> None:
        self._engine = engine
        self._changed = changed
        self._asked = ("", 0)
        self._busy = False
        self._task: asyncio.Task[None] | None = None
        self.help: SignatureHelp | None = None

    def look(self, text: str, cursor: int) -> None:
        """Look up the call around *cursor* unless that is what is known."""
        if (text, cursor) == self._asked:
            return
        self._asked = (text, cursor)
        if "(" not in text and "{" not in text:
            self.help = None
        elif not self._busy:
            self._busy = True
            self._task = asyncio.get_running_loop().create_task(self._update())

    async def _update(self) -> None:
        try:
            asked = None
            while asked != self._asked:
                asked = text, cursor = self._asked
                found = await asyncio.wrap_future(self._engine.ask(_signature_at(text, cursor)))
            if found != self.help:
                self.help = found
                self._changed()
        finally:
            self._busy = False

    def fragments(self, width: int) -> list[tuple[str, str]]:
        """The signature with its current argument marked, and what that means; empty where there is none."""
        known = self.help
        if known is None:
            return []
        head, mark, rest = _around_active(known)
        pieces = [("class:signature", head), ("class:signature.current", mark), ("class:signature", rest)]
        if known.summary:
            pieces.append(("class:signature.summary", f"  {known.summary}"))
        return _cut([piece for piece in pieces if piece[1]], width)


def _signature_at(text: str, cursor: int) -> Callable[[Workspace], SignatureHelp | None]:
    return lambda workspace: workspace.completer.signature(text, cursor)


def _around_active(known: SignatureHelp) -> tuple[str, str, str]:
    """The label before, at and behind the current argument."""
    label = known.label
    at = label.find("(") + 1
    for index, parameter in enumerate(known.parameters):
        at = label.find(parameter, at)
        if at < 0:
            break
        if index == known.active:
            return label[:at], parameter, label[at + len(parameter) :]
        at += len(parameter)
    return label, "", ""


def _cut(pieces: list[tuple[str, str]], width: int) -> list[tuple[str, str]]:
    """*pieces* as far as they fit on one line."""
    found, room = [], width - 1
    for style, text in pieces:
        if room <= 0:
            break
        shown = text if len(text) <= room else f"{text[: room - 1]}…"
        found.append((style, shown))
        room -= len(shown)
    return found
