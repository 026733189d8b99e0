"""Every effect of a script passes here: read-only mode now, asking, policies and audit by the same door."""

from __future__ import annotations

from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Any

    from assay_shell.runtime.journal import Journal


class Effect:
    """What a call is about to do: the builtin's *name*, the *kind* (`read` or `write`) and the *target* it touches.

    *values* are the arguments, converted, for whoever has to show more of it.
    """

    __slots__ = ("kind", "name", "target", "values")

    def __init__(self, name: str, kind: str, target: str, values: Sequence[Any] = ()) -> None:
        self.name = name
        self.kind = kind
        self.target = target
        self.values = values


class ReadOnlyError(BuiltinError):
    """A write was refused because the session is read-only."""


class Guard:
    """Decides on effects.

    *approve*, where a front end sets it, is asked about each write and returns something to await; it refuses by
    raising a BuiltinError.
    """

    def __init__(self, *, readonly: bool, redact: Callable[[str], str]) -> None:
        self._readonly = readonly
        self._approve: Callable[[Effect], Awaitable[None] | None] | None = None
        self._redact = redact
        self._notice: Callable[[Effect], object] | None = None
        self._journal: Journal | None = None
        self.active = readonly
        """Whether calls need to be described at all; a session that allows everything skips that."""

    @property
    def readonly(self) -> bool:
        """Whether writes are refused."""
        return self._readonly

    @readonly.setter
    def readonly(self, refuse: bool) -> None:
        self._readonly = refuse
        self._update()

    @property
    def approve(self) -> Callable[[Effect], Awaitable[None] | None] | None:
        """Who is asked about each write; None allows all."""
        return self._approve

    @approve.setter
    def approve(self, ask: Callable[[Effect], Awaitable[None] | None] | None) -> None:
        self._approve = ask
        self._update()

    @property
    def notice(self) -> Callable[[Effect], object] | None:
        """Who is told of each effect before it is decided on; None for nobody."""
        return self._notice

    @notice.setter
    def notice(self, tell: Callable[[Effect], object] | None) -> None:
        self._notice = tell
        self._update()

    @property
    def journal(self) -> Journal | None:
        """What notes calls and answers them in a repeated run; None where nothing is noted."""
        return self._journal

    @journal.setter
    def journal(self, journal: Journal | None) -> None:
        self._journal = journal
        self._update()

    def _update(self) -> None:
        self.active = self._readonly or any(
            wants is not None for wants in (self._approve, self._notice, self._journal)
        )

    def check(self, effect: Effect) -> Awaitable[None] | None:
        """None when the call may go on; otherwise what has to be awaited first.

        Raises:
            ReadOnlyError: it is a write and the session is read-only.
        """
        if self._notice is not None:
            self._notice(effect)
        if effect.kind != "write":
            return None
        if self._readonly:
            target = self._redact(effect.target)
            raise ReadOnlyError("readonly", f"{effect.name} blocked ({target})" if target else f"{effect.name} blocked")
        return self._approve(effect) if self._approve else None
