"""The records on disk, in `STATE_DIR/resume`.

A record is a file of its own, `TOKEN.json`, mode 0600. It is written under another name, synchronised and renamed,
so that a crash leaves it whole or absent. Resuming begins by renaming it into `decided/`: of two resumptions that
race, one finds the file gone. There it stays, with who decided what and how the run ended, for thirty days.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from dataclasses import dataclass, replace

from assay_shell.runtime.approvals.clock import Clock, age
from assay_shell.runtime.approvals.record import Record, RecordError, parse
from assay_shell.runtime.errors import os_reason
from assay_shell.runtime.files import whole
from assay_shell.runtime.state import StateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay_shell.runtime.approvals.record import Answer

_TOKEN = re.compile(r"[0-9a-f]{32}")
_TOKEN_BYTES = 16
_KEPT = 30 * 86400.0
"""Seconds that decided records are kept."""
_ABANDONED = 3600.0
"""Seconds after which a file that was never renamed belongs to a run that is gone."""
_LARGEST = 4 << 20
"""Bytes; a file with more is no record of ours."""


@dataclass(frozen=True)
class Entry:
    """A record under its token; *fault* says why it cannot be read, *claimed* that a resumption has begun."""

    token: str
    record: Record | None
    expired: bool = False
    fault: str = ""
    claimed: bool = False


class Store:
    """The records in one state folder."""

    def __init__(self, folder: str, clock: Clock | None = None) -> None:
        self._pending = os.path.join(folder, "resume")
        self._decided = os.path.join(self._pending, "decided")
        self.clock = clock or Clock()

    def save(self, record: Record) -> str:
        """Write a new record and return its token, 32 random hex digits.

        Raises:
            StateError: `creating resume state directory: `, `serializing resume state: ` or `writing resume state: `.
        """
        try:
            os.makedirs(self._pending, mode=0o700, exist_ok=True)
        except OSError as exc:
            raise StateError(f"creating resume state directory: {os_reason(exc)}") from exc
        token = secrets.token_hex(_TOKEN_BYTES)
        self._write(_path(self._pending, token), record)
        return token

    def load(self, token: str) -> Record:
        """Return the record that waits under *token*.

        Raises:
            StateError: `invalid resume token` when there is none or it is not 32 hex digits, `reading resume state: `,
                `parsing resume state: `.
        """
        if not _TOKEN.fullmatch(token):
            raise StateError("invalid resume token")
        return self._read(_path(self._pending, token))

    def expired(self, record: Record, ttl: int | None = None) -> bool:
        """Say whether a record is older than *ttl* seconds, or than its own limit."""
        return age(record.created, self.clock.now()) > (record.ttl if ttl is None else ttl)

    def claim(self, token: str, record: Record, decision: Answer) -> Record:
        """Take a record for the one resumption that will run, and note its decision.

        Raises:
            StateError: `invalid resume token` when another was faster, `writing resume state: `.
        """
        try:
            os.makedirs(self._decided, mode=0o700, exist_ok=True)
            os.rename(_path(self._pending, token), _path(self._decided, token))
        except FileNotFoundError as exc:
            raise StateError("invalid resume token") from exc
        except OSError as exc:
            raise StateError(f"writing resume state: {os_reason(exc)}") from exc
        claimed = replace(record, decision=decision)
        try:
            self._write(_path(self._decided, token), claimed)
        except StateError:
            self.release(token)
            raise
        self._prune()
        return claimed

    def finish(self, token: str, record: Record, outcome: str) -> None:
        """Note how a claimed run ended; nothing depends on it, so that a full disk is no failure of the run."""
        with contextlib.suppress(StateError):
            self._write(_path(self._decided, token), replace(record, outcome=outcome))

    def release(self, token: str) -> None:
        """Put a claimed record back, as records of older releases are when their run asks again."""
        with contextlib.suppress(OSError):
            os.rename(_path(self._decided, token), _path(self._pending, token))

    def decided(self, token: str) -> Record:
        """Return a record whose decision has been made; errors as `load`."""
        if not _TOKEN.fullmatch(token):
            raise StateError("invalid resume token")
        return self._read(_path(self._decided, token))

    def entries(self) -> list[Entry]:
        """Return all that wait, the oldest first; unreadable ones come last."""
        found = [self._entry(token) for token in _tokens(self._pending)]
        return sorted(found, key=lambda entry: (entry.record.created.unix if entry.record else 2**63, entry.token))

    def expire(self, token: str | None = None, *, every: bool = False) -> int:
        """Remove the record of *token*, or *every* one, or those that have expired; how many there were.

        Raises:
            StateError: `invalid resume token`, or one cannot be removed.
        """
        if token is not None:
            if not _TOKEN.fullmatch(token):
                raise StateError("invalid resume token")
            if not self._remove(token):
                raise StateError("invalid resume token")
            return 1
        self._remove_abandoned()
        due = [entry.token for entry in self.entries() if every or entry.expired]
        return sum(self._remove(each) for each in due)

    def _entry(self, token: str) -> Entry:
        try:
            record = self._read(_path(self._pending, token))
        except StateError as exc:
            return Entry(token, None, fault=str(exc))
        return Entry(token, record, expired=self.expired(record))

    def _read(self, path: str) -> Record:
        try:
            with open(path, "rb") as file:
                data = file.read(_LARGEST + 1)
        except FileNotFoundError as exc:
            raise StateError("invalid resume token") from exc
        except OSError as exc:
            raise StateError(f"reading resume state: {os_reason(exc)}") from exc
        if len(data) > _LARGEST:
            raise StateError("reading resume state: the file is too large")
        try:
            return parse(data.decode())
        except UnicodeDecodeError as exc:
            raise StateError("reading resume state: stream did not contain valid UTF-8") from exc
        except RecordError as exc:
            raise StateError(f"parsing resume state: {exc}") from exc

    def _write(self, path: str, record: Record) -> None:
        try:
            data = record.to_json().encode()
        except (TypeError, ValueError) as exc:
            raise StateError(f"serializing resume state: {exc}") from exc
        try:
            whole.write(path, data, private=True)
        except OSError as exc:
            raise StateError(f"writing resume state: {os_reason(exc)}") from exc

    def _remove(self, token: str) -> bool:
        try:
            os.unlink(_path(self._pending, token))
        except FileNotFoundError:
            return False
        except OSError as exc:
            raise StateError(f"removing resume state: {os_reason(exc)}") from exc
        return True

    def _remove_abandoned(self) -> None:
        for folder in (self._pending, self._decided):
            _remove_older(folder, whole.UNFINISHED, self.clock.unix() - _ABANDONED)

    def _prune(self) -> None:
        _remove_older(self._decided, ".json", self.clock.unix() - _KEPT)


def _path(folder: str, token: str) -> str:
    return os.path.join(folder, f"{token}.json")


def _tokens(folder: str) -> Iterator[str]:
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return
    except OSError as exc:
        raise StateError(f"reading resume state: {os_reason(exc)}") from exc
    for name in names:
        stem, dot, extension = name.partition(".")
        if dot and extension == "json" and _TOKEN.fullmatch(stem):
            yield stem


def _remove_older(folder: str, ending: str, before: float) -> None:
    """Remove the files of that ending that were last written before that Unix second; what resists stays."""
    with contextlib.suppress(OSError):
        for item in os.scandir(folder):
            if item.name.endswith(ending) and item.stat(follow_symlinks=False).st_mtime < before:
                os.unlink(item.path)
