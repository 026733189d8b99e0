"""What a request has beyond the contract's fields."""

from __future__ import annotations

from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from assay_shell.runtime.builtins.http_server.body import Reader
    from assay_shell.runtime.builtins.http_server.head import Head
    from assay_shell.runtime.builtins.http_server.server import Server

_LONGEST_ID = 128


def new_request_id(head: Head, name: str) -> str:
    """The id that the client has sent in the header *name*, if it is a decent one, else one of our own."""
    given = head.field(name.encode())
    if given is not None and given.replace(b"-", b"").replace(b"_", b"").isalnum() and len(given) <= _LONGEST_ID:
        return given.decode()
    from secrets import token_hex

    return token_hex(8)


def reader_of(server: Server, reader: Reader) -> Callable[..., tuple[Any, ...]]:
    """The callable behind `req:read()`: the next piece of the body, at most so many bytes of it; nil at the end."""

    def read(most: object = None) -> tuple[Any, ...]:
        try:
            if most is not None and (type(most) is not int or most < 1):
                raise BuiltinError("req:read", "first argument must be a positive integer or nil")
            if not reader.ready:
                return server.scheduler.wait_for("req:read", wait(most))
            return (True, *server.border.results(taken(most)))
        except BuiltinError as exc:
            return server.runtime.failure("req:read", exc)

    async def wait(most: int | None) -> bytes | None:
        await reader.wait()
        return taken(most)

    def taken(most: int | None) -> bytes | None:
        if reader.failure is not None:
            raise BuiltinError("req:read", reader.failure)
        return reader.take(most)

    return read
