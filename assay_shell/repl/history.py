"""What was typed: one file for all shells, the project's own lines first. Secrets never get there."""

from __future__ import annotations

import os
from errno import ENOSPC
from time import time

from prompt_toolkit.history import History

from assay_shell.runtime.files import whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MOST_BYTES = 4 << 20
_KEPT_BYTES = 2 << 20


class SharedHistory(History):
    """Appends each line to *path*, with *project*; *hide* masks what must not be in a file.

    Lines of other shells that run at the same time appear with the next prompt. *tell* hears once why lines are lost.
    """

    def __init__(
        self, path: str, project: str, hide: Callable[[str], str], tell: Callable[[str], object] = lambda fault: None
    ) -> None:
        super().__init__()
        self._path = path
        self._project = project
        self._hide = hide
        self._read_to = 0
        self._own: set[bytes] = set()
        self._typed = 0
        self._tell = tell
        self._told = False

    def load_history_strings(self) -> Iterable[str]:
        """Lines, the latest first: those of the project, then those of others."""
        here: list[str] = []
        others: list[str] = []
        for project, text in self._new_entries():
            (here if project == self._project else others).append(text)
        return [*_latest(here), *(text for text in _latest(others) if text not in set(here))]

    def store_string(self, string: str) -> None:
        """Append a line, unless it begins with a blank, which says that it is nobody's business."""
        self._typed += 1
        if string.startswith(" "):
            return
        import json

        entry = {"time": int(time()), "project": self._project, "text": self._hide(string)}
        line = json.dumps(entry, ensure_ascii=True).encode()
        self._own.add(line)
        try:
            self._append(line + b"\n")
        except OSError as error:
            self._lost(error)

    def catch_up(self) -> None:
        """Take in what other shells have written meanwhile: it is older than what was typed here."""
        if not self._loaded:
            return
        for project, text in self._new_entries():
            if project == self._project:
                self._loaded_strings.insert(self._typed, text)
            else:
                self._loaded_strings.append(text)

    def _lost(self, error: OSError) -> None:
        if not self._told:
            from assay_shell.runtime.errors import os_reason

            self._told = True
            self._tell(f"what you type is not kept: {self._path}: {os_reason(error)}")

    def _append(self, line: bytes) -> None:
        folder = os.path.dirname(self._path)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":  # a full disk or a kill cut the last one off
                line = b"\n" + line
            if os.write(descriptor, line) < len(line):  # at once: lines of two shells do not mix
                raise OSError(ENOSPC, os.strerror(ENOSPC))
        finally:
            os.close(descriptor)
        if size > _MOST_BYTES:
            self._shorten()

    def _shorten(self) -> None:
        """Keep the later part of the file."""
        with open(self._path, "rb") as file:
            file.seek(-_KEPT_BYTES, os.SEEK_END)
            file.readline()
            rest = file.read()
        whole.write(self._path, rest)
        self._read_to = len(rest)

    def _new_entries(self) -> list[tuple[str, str]]:
        """Project and text of the lines that were written since the last look, but for our own."""
        try:
            with open(self._path, "rb") as file:
                if os.fstat(file.fileno()).st_size < self._read_to:  # another shell has shortened it
                    self._read_to = os.fstat(file.fileno()).st_size
                file.seek(self._read_to)
                written, _, _ = file.read().rpartition(b"\n")  # behind it: what another shell is writing
        except OSError:
            return []
        if not written:
            return []
        self._read_to += len(written) + 1
        import json  # not before the first prompt

        found = []
        for line in written.split(b"\n"):
            if line in self._own:
                self._own.discard(line)
                continue
            try:
                entry = json.loads(line)
                found.append((str(entry["project"]), str(entry["text"])))
            except (ValueError, KeyError, TypeError):  # a line that somebody edited
                continue
        return found


def _latest(texts: list[str]) -> list[str]:
    """*texts* in reverse, each once."""
    return list(dict.fromkeys(reversed(texts)))
