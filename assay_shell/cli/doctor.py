"""`assay doctor`: what is installed, configured and reachable, for a bug report or a first look."""

from __future__ import annotations

import os
import platform
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assay_shell.cli.arguments import Invocation

_LIBRARIES = (
    "lupa", "pyreqwest", "httpx", "orjson", "google-re2", "cryptography", "jinja2", "psutil", "uvloop", "websockets",
    "temporalio", "apsw", "psycopg", "aiomysql", "prompt-toolkit", "pygments", "rich", "ipykernel",
)  # fmt: skip
_EXTRAS = {"mcp": "mcp"}
_VARIABLES = (
    "ASSAY_READONLY", "ASSAY_MEMORY_LIMIT", "ASSAY_MODULES_PATH", "ASSAY_MODE", "KUBECONFIG", "RUST_LOG", "NO_COLOR",
    "PAGER", "EDITOR", "TERM", "LANG",
)  # fmt: skip
_PATIENCE = 2.0
"""Seconds that a cluster gets to answer."""


def show(invocation: Invocation) -> int:
    """Print the findings; 0 unless the runtime itself does not work."""
    works = _lua()
    for title, rows in (
        ("assay", [("assay", _own_version()), ("lua", works or "does not start")]),
        ("python", [("python", platform.python_version()), ("platform", platform.platform()), ("at", sys.prefix)]),
        ("libraries", list(_libraries())),
        ("folders", list(_folders())),
        ("environment", list(_environment(os.environ))),
        ("kube contexts", list(_contexts(os.environ))),
    ):
        sys.stdout.write(f"{title}\n")
        width = max((len(name) for name, _ in rows), default=0)
        sys.stdout.writelines(f"  {name:<{width}}  {text}\n" for name, text in rows or [("none", "")])
    return 0 if works else 1


def _own_version() -> str:
    from assay_shell import __version__

    return __version__


def _lua() -> str:
    """Version of the Lua that runs, "" where none does."""
    from assay_shell.runtime.vm import Runtime

    with Runtime() as runtime:
        found = runtime.evaluate("return _VERSION")
    return str(found[0]) if found else ""


def _libraries() -> Iterator[tuple[str, str]]:
    from importlib.metadata import PackageNotFoundError, version

    for name in (*_LIBRARIES, *(library for library in _EXTRAS.values())):
        try:
            yield name, version(name)
        except PackageNotFoundError:
            extra = next((extra for extra, library in _EXTRAS.items() if library == name), "")
            yield name, f"not installed (extra [{extra}])" if extra else "not installed"


def _folders() -> Iterator[tuple[str, str]]:
    from assay_shell.repl.places import config_folder, data_folder
    from assay_shell.runtime.modules import global_folder
    from assay_shell.runtime.state import state_folder

    folder = config_folder()
    yield "settings", _with_state(os.path.join(folder, "config.toml"))
    yield "start-up file", _with_state(os.path.join(folder, "init.lua"))
    yield "history", _with_state(os.path.join(data_folder(), "history.jsonl"))
    yield "modules", _with_state(global_folder(os.environ) or "") or "switched off"
    yield "state", _with_state(str(state_folder(os.environ)))


def _with_state(path: str) -> str:
    return path and (path if os.path.exists(path) else f"{path} (not there)")


def _environment(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    from assay_shell.runtime.redact import Redactor

    hide = Redactor().text
    return ((name, hide(environment[name])) for name in _VARIABLES if name in environment)


def _contexts(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each context with whether its server takes a connection; they are all tried at once."""
    from concurrent.futures import ThreadPoolExecutor

    from assay_shell.session.kubeconfig import read

    found = read(environment)
    if not found.contexts:
        return
    with ThreadPoolExecutor(max_workers=16) as pool:
        states = pool.map(lambda context: _reached(context.server), found.contexts.values())
        for (name, context), state in zip(found.contexts.items(), states, strict=True):
            mark = "* " if name == found.current else ""
            yield name, f"{mark}{context.server or context.cluster}: {state}"


def _reached(server: str) -> str:
    """Whether a TCP connection to the server of that address comes about."""
    import socket
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(server)
        port = parts.port or (80 if parts.scheme == "http" else 443)
        with socket.create_connection((parts.hostname or "", port), timeout=_PATIENCE):
            return "reachable"
    except (OSError, ValueError) as error:
        return f"not reachable ({error})"
