"""Ports for servers that have to be told which one to take."""

from __future__ import annotations

import random
import socket

_PORTS = (11_000, 22_000)  # the end is not included


def free_port(companion: int = 0) -> int:
    """Return a port of 127.0.0.1 that nobody listens on; with *companion* the one so much higher is free, too.

    It is none of those that the system gives to connections: such a port may be taken before the server is up.
    """
    while True:
        port = random.randrange(*_PORTS)
        try:
            for number in {port, port + companion}:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", number))
        except OSError:
            continue
        return port
