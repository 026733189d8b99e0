"""What `assay modules` lists and `assay context` searches: modules and builtin groups, with what their headers say."""

from __future__ import annotations

import os

from assay_shell.runtime.docstring import Header, lua_function_names, lua_header, python_headers, quickref
from assay_shell.runtime.modules import BUILTIN, group_docstring, module_files, syntax_faults, winners

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assay_shell.runtime.modules import ModuleFile

# The entries of the original: name, description, keywords. Its search ranks by these words, so they stay as they are.
_RANKED_GROUPS = """
http | HTTP client and server: get, post, put, patch, delete, serve | http client server request response headers endpoint api webhook rest
json | JSON serialization: parse and encode | json serialization deserialize stringify parse encode format
yaml | YAML serialization: parse and encode | yaml serialization deserialize parse encode format
toml | TOML serialization: parse and encode | toml serialization deserialize parse encode configuration
fs | Filesystem: read and write files | fs filesystem file read write io path
crypto | Cryptography: jwt_sign, hash, hmac, random | crypto jwt signature hash hmac encryption random security password signing rsa sha256
base64 | Base64 encoding and decoding | base64 encoding decode encode binary
regex | Regular expressions: match, find, find_all, replace | regex pattern match find replace regular-expression regexp
db | Database: connect, query, execute, close (Postgres, MySQL, SQLite) | db database sql postgres mysql sqlite connection query execute
ws | WebSocket: connect, send, recv, close | ws websocket connection message streaming realtime socket
template | Jinja2-compatible templates: render file or string | template jinja2 rendering string-template mustache render
async | Async tasks: spawn, spawn_interval, await, cancel | async asynchronous task coroutine concurrent spawn interval
assert | Assertions: eq, gt, lt, contains, not_nil, matches | assert assertion test validation comparison check verify
log | Logging: info, warn, error | log logging output debug error warning info trace
env | Environment variables: get | env environment variable configuration config
sleep | Sleep for N seconds | sleep delay pause wait time
time | Unix timestamp in seconds | time timestamp unix epoch clock datetime
"""  # noqa: E501  a table

_FURTHER_GROUPS = ("shell", "process", "disk", "os", "temporal")
"""Groups that the original has no entry for. Ranking counts the entries, so these stay out of it."""

_GROUP_CATEGORY = "builtins"


class Listed:
    """A module or builtin group. *ranked*: it takes part in the ranking; *functions* are names, for the search.

    *text* is the source of a module, "" for groups.
    """

    __slots__ = ("functions", "header", "name", "ranked", "source", "text")

    def __init__(
        self, name: str, source: str, header: Header, functions: tuple[str, ...] = (), *,
        ranked: bool = True, text: str = "",
    ) -> None:  # fmt: skip
        self.name = name
        self.source = source
        self.header = header
        self.functions = functions
        self.ranked = ranked
        self.text = text

    def as_data(self) -> dict[str, object]:
        """The entry for JSON."""
        header = self.header
        return {
            "name": self.name, "source": self.source, "category": header.category, "description": header.description,
            "keywords": list(header.keywords), "env": list(header.env),
            "functions": [
                {"signature": ref.signature, "returns": ref.returns, "description": ref.description}
                for ref in header.quickrefs
            ],
        }  # fmt: skip


class Listing:
    """All entries in the contract's order (project, global, embedded, groups), and what is wrong with which file."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        files = list(module_files(os.environ if environment is None else environment))
        sound = winners(files)
        self.faults = [f"{file.path}: {file.fault}" for file in files if file.fault]
        theirs = [file for file in sound if file.source != BUILTIN]  # ours are checked by tests
        if theirs:
            self.faults += [f"{file.path}: {fault}" for file, fault in syntax_faults(theirs)]
            self.faults += [f"{file.path}: {fault}" for file in theirs for fault in _header_faults(file)]
        self.entries = [_module(file) for file in sound] + [*_ranked_groups(), *_further_groups()]


def _header_faults(file: ModuleFile) -> Iterator[str]:
    for number, line in enumerate(file.text.split("\n"), 1):
        trimmed = line.strip()
        if not trimmed.startswith("---"):
            return
        tag, _, value = trimmed.lstrip("- \t").partition(" ")
        if tag == "@quickref" and quickref(value.strip()) is None:
            yield f"line {number}: @quickref must be 'SIGNATURE -> RETURN | DESCRIPTION'"


def _module(file: ModuleFile) -> Listed:
    return Listed(file.name, file.source, lua_header(file.text), lua_function_names(file.text), text=file.text)


def _ranked_groups() -> Iterator[Listed]:
    for line in _RANKED_GROUPS.strip().splitlines():
        name, description, keywords = line.split(" | ")
        header = Header(name, description, tuple(keywords.split()), category=_GROUP_CATEGORY)
        yield Listed(name, BUILTIN, header)


def _further_groups() -> Iterator[Listed]:
    for name in _FURTHER_GROUPS:
        (header,) = python_headers(group_docstring(name))
        described = Header(
            name, header.description, header.keywords, header.env, header.quickrefs, category=_GROUP_CATEGORY
        )
        yield Listed(name, BUILTIN, described, ranked=False)
