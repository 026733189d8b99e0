"""The keys of a file of checks, as tables: readers, near names and the JSON Schema come from here."""

from __future__ import annotations

from dataclasses import dataclass

from assay_shell.checks.errors import ConfigError
from assay_shell.checks.kinds import (
    COUNT,
    DURATION,
    FLAG,
    NUMBER,
    PARALLEL,
    PORT,
    SCALARS,
    STATUSES,
    TEXT,
    TEXT_MAP,
    TEXTS,
    Kind,
    count,
    wrong,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from assay_shell.checks.document import Node

    Unknown = Callable[[Node, str, str], None]
    """Told about a key that nobody knows: its node, its path, a hint."""


@dataclass(frozen=True)
class Field:
    """A key: its kind, what it is for, the check types that use it (none: all), and the version it came with."""

    name: str
    kind: Kind
    about: str
    types: tuple[str, ...] = ()
    since: int = 1
    required: bool = False


TYPES = ("http", "prometheus", "script", "tcp", "dns", "tls", "sql", "k8s", "command")

DOCUMENT = (
    Field("version", COUNT, "2 for variables, includes, captures, tags, dependencies, matrices, setup and teardown"),
    Field("timeout", DURATION, "for the whole run, retries and waits included; 120s unless given"),
    Field("retries", COUNT, "further attempts of a check that fails; 3 unless given"),
    Field("backoff", DURATION, "wait before the second attempt, twice as long before the third; 5s unless given"),
    Field("parallel", PARALLEL, "checks that run at once: false is 1, true is 16"),
    Field("include", TEXTS, "other files whose checks come first, relative to this file", since=2),
    Field("setup", TEXT, "script that runs before the checks, relative to the working directory", since=2),
    Field("teardown", TEXT, "script that runs after the checks, however they end", since=2),
)

CHECK = (
    Field("name", TEXT, "what the report calls the check", required=True),
    Field("type", TEXT, "what is checked", required=True),
    Field("url", TEXT, "address to ask; sql: address of the database", ("http", "prometheus", "sql")),
    Field("query", TEXT, "PromQL or SQL", ("prometheus", "sql")),
    Field("file", TEXT, "Lua script, relative to the working directory", ("script",)),
    Field("follow_redirects", FLAG, "whether redirects are followed; true unless given", ("http",)),
    Field("headers", TEXT_MAP, "headers of the request", ("http", "prometheus")),
    Field("env", TEXT_MAP, "variables that the script or command sees", ("script", "command")),
    Field("host", TEXT, "name or address", ("tcp", "dns", "tls")),
    Field("port", PORT, "port; tls: 443 unless given", ("tcp", "tls")),
    Field("send", TEXT, "what is sent once the connection stands", ("tcp",)),
    Field("record", TEXT, "A or AAAA; both unless given", ("dns",)),
    Field("server_name", TEXT, "name that the certificate must hold; host unless given", ("tls",)),
    Field("ca_cert_file", TEXT, "certificates trusted besides the system's, PEM", ("tls",)),
    Field("params", SCALARS, "values for the placeholders of the query", ("sql",)),
    Field("kind", TEXT, "kind of the object: deployment, pod, node, ...", ("k8s",)),
    Field("object", TEXT, "name of the object; all of the kind unless given", ("k8s",)),
    Field("namespace", TEXT, "namespace; for a single object: default unless given", ("k8s",)),
    Field("context", TEXT, "context of the kubeconfig; the current one unless given", ("k8s",)),
    Field("command", TEXTS, "a line for /bin/sh, or a program with its arguments as a list", ("command",)),
    Field("cwd", TEXT, "folder to run in", ("command",)),
    Field("timeout", DURATION, "for each attempt of this check", since=2),
    Field("retries", COUNT, "instead of the retries of the file", since=2),
    Field("backoff", DURATION, "instead of the backoff of the file", since=2),
    Field("tags", TEXTS, "words that --tag chooses by", since=2),
    Field("depends_on", TEXTS, "names of checks that must have passed before", since=2),
    Field("capture", TEXT_MAP, "names for values of the answer, found by JMESPath: ${captures.NAME}", since=2),
)

_BODY = ("http", "tcp", "command")
_TIMED = ("http", "prometheus", "tcp", "dns", "tls", "sql", "k8s")

EXPECT = (
    Field("status", STATUSES, "accepted HTTP statuses: 200, 2xx, 200-299, or a list", ("http",)),
    Field("body", TEXTS, "text that the answer contains", _BODY),
    Field("json", TEXTS, "simple condition on the JSON body: .path == value", ("http",)),
    Field("min", NUMBER, "lowest value", ("prometheus", "sql")),
    Field("max", NUMBER, "highest value", ("prometheus", "sql")),
    Field("not_body", TEXTS, "text that the answer does not contain", _BODY),
    Field("matches", TEXTS, "regular expression that the answer matches", _BODY),
    Field("headers", TEXT_MAP, "exact values of headers of the answer", ("http",)),
    Field("jmespath", TEXTS, "JMESPath expression that gives something true", ("http", "sql", "k8s", "command")),
    Field("latency", DURATION, "longest time an answer may take", _TIMED),
    Field("days", NUMBER, "days that the certificate must still be valid", ("tls",)),
    Field("addresses", TEXTS, "addresses that must be among the answers", ("dns",)),
    Field("exit", count(0, 255), "exit code; 0 unless given", ("command",)),
    Field("rows", COUNT, "number of rows", ("sql",)),
    Field("value", TEXT, "the one column of the first row, as text", ("sql",)),
)

# Keys that are read by code of their own.
STRUCTURE = {"checks", "expect", "matrix"}


def read_fields(node: Node, path: str, fields: tuple[Field, ...], version: int, unknown: Unknown) -> dict[str, Any]:
    """The values of the map *node*; what is absent or null is left out. `null` is no value for a required key.

    Raises:
        ConfigError: it is no map, a value has the wrong type, or a required key is missing.
    """
    if node.kind != "map":
        raise wrong(node, path, "a map")
    known = {field.name: field for field in fields}
    found: dict[str, Any] = {}
    prefix = f"{path}." if path else ""
    for name, (key, value) in node.fields.items():
        field = known.get(name)
        if field is None:
            if name not in STRUCTURE or (name == "matrix" and version < 2):
                unknown(key, prefix + name, _hint(name, known))
        elif field.since > version:
            unknown(key, prefix + name, "; it needs version: 2")
        elif field.required or not value.is_null:
            found[name] = field.kind.read(value, prefix + name)
    for field in fields:
        if field.required and field.name not in found:
            raise ConfigError(f"missing field `{field.name}`", node.place(path))
    return found


def _hint(name: str, known: dict[str, Field]) -> str:
    from assay_shell.runtime.nearest import did_you_mean

    return did_you_mean(name, [*known, *STRUCTURE])
