"""What a `sqlite:` URL says: which file, and how to open it."""

from __future__ import annotations

import os

from assay_shell.runtime.builtins.db.address import choice
from assay_shell.runtime.builtins.db.failure import misconfigured
from assay_shell.runtime.errors import quoted

MEMORY = ":memory:"
_MODES = ("ro", "rw", "rwc", "memory")
_BOOLEANS = ("true", "1", "false", "0")


class Settings:
    """A database *file* (`:memory:` for one that lives as long as its handle) and the *mode* it is opened in.

    *immutable* says that nobody changes the file meanwhile, so that it needs no locks.
    """

    __slots__ = ("file", "immutable", "mode")

    def __init__(self, url: str) -> None:
        from urllib.parse import parse_qsl, unquote

        path, _, query = url.partition(":")[2].removeprefix("//").partition("?")
        self.file = unquote(path) or MEMORY
        self.mode = "rw"
        self.immutable = False
        for name, value in parse_qsl(query, keep_blank_values=True):
            if name == "mode":
                self.mode = choice("mode", value, _MODES)
            elif name == "immutable":
                self.immutable = choice("immutable", value, _BOOLEANS) in ("true", "1")
            elif name == "cache":
                choice("cache", value, ("private", "shared"))  # one connection a handle: there is nobody to share with
            else:
                raise misconfigured(f"unknown query parameter {quoted(name)} in the connection URL")
        if self.mode == "memory":
            self.file = MEMORY

    @property
    def creates(self) -> bool:
        """Whether connecting makes a new file."""
        return self.mode == "rwc" and self.file != MEMORY and not os.path.exists(self.file)

    @property
    def label(self) -> str:
        """The database's name in messages."""
        return f"sqlite:{self.file}"
