"""A port of this machine that leads to a port of a pod, over one WebSocket to the API server for each connection.

The protocol is `v4.channel.k8s.io`: the first byte of a message is its channel, 0 for data and 1 for complaints, and
the first message on each channel repeats the port. It cannot say that one side has finished and still listens, so a
connection lasts until either side closes it.
"""

from __future__ import annotations

import asyncio

from assay_shell.runtime.builtins.ws.connection import Connection
from assay_shell.runtime.declare import read
from assay_shell.runtime.errors import BuiltinError, ScriptError, os_reason
from assay_shell.runtime.values import unwrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.values import Function, Raw
    from assay_shell.runtime.vm import Runtime

_WHERE = "k8s.port_forward"
_DATA, _ERROR = 0, 1
_PIECE = 65536
_LINGER = 10.0
"""Seconds that a pod gets to finish when the other side says nothing more."""


class Forward:
    """Listens at a port; *dial* is a Lua function that gives a WebSocket to the pod. What goes wrong is logged."""

    def __init__(self, runtime: Runtime, dial: Function) -> None:
        self.port = 0
        self._runtime = runtime
        self._dial = dial
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def listen(self, address: str, port: int) -> None:
        """Start to take connections; port 0 is any free one.

        Raises:
            BuiltinError: the port cannot be had.
        """
        try:
            self._server = await asyncio.start_server(self._take, address, port)
        except (OSError, OverflowError) as exc:
            reason = os_reason(exc) if isinstance(exc, OSError) else str(exc)
            raise BuiltinError(_WHERE, f"cannot listen on {address}:{port}: {reason}") from exc
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """End all connections and stop listening; harmless when called again."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        ours = asyncio.current_task()
        tasks = [task for task in self._open if task is not ours]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._connect(reader, writer)
        except (ScriptError, BuiltinError, OSError) as exc:
            self._runtime.log("warn", f"{_WHERE}: {os_reason(exc)}" if isinstance(exc, OSError) else exc.message)
        except asyncio.CancelledError:
            writer.transport.abort()  # nobody waits for this task: `close` has ended it
        finally:
            self._open.discard(task)
            writer.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Open a WebSocket and carry bytes both ways until one side ends."""
        conn = unwrap((await self._dial.call())[0], Connection)
        if conn is None:
            raise BuiltinError(_WHERE, "there is no connection")
        ways = [asyncio.create_task(self._upwards(reader, conn)), asyncio.create_task(self._downwards(conn, writer))]
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if ways[1] not in done:  # it may have said all it wants to, and waits for an answer
                await asyncio.wait(ways[1:], timeout=_LINGER)
        except asyncio.CancelledError:
            conn.drop()
            raise
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        await conn.leave()
        for way in reversed(ways):  # what the pod's side complains of explains why nothing could be sent
            if not way.cancelled() and (failure := way.exception()) is not None:
                raise failure

    async def _upwards(self, reader: asyncio.StreamReader, conn: Connection) -> None:
        while data := await reader.read(_PIECE):
            await conn.send(_WHERE, bytes((_DATA,)) + data, text=False)

    async def _downwards(self, conn: Connection, writer: asyncio.StreamWriter) -> None:
        begun = set()
        while True:
            try:
                message = await conn.recv(None)
            except BuiltinError:  # the other end is done
                return
            if not isinstance(message, bytes) or not message:
                continue
            channel, data = message[0], message[1:]
            if channel not in begun:
                begun.add(channel)  # it repeats the port
            elif channel == _ERROR:
                raise BuiltinError(_WHERE, data.decode("utf-8", "replace").strip())
            else:
                writer.write(data)
                await writer.drain()


async def forward(runtime: Runtime, dial: Function, address: str, port: int) -> Raw:
    """Listen at *address* and *port*, and answer with a handle that has the `port` and can be closed."""
    opened = Forward(runtime, dial)
    await opened.listen(address, port)
    runtime.on_close(opened.close)
    fields = {"address": address, "port": opened.port}
    return runtime.handle(opened, "port forward", {"close": read(close)}, close=read(close), fields=fields)


async def close(opened: Forward) -> None:
    """End all connections and stop listening."""
    await opened.close()
