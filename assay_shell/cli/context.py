"""`assay context QUERY`: the modules that fit a task, as Markdown that a person or a language model can work from."""

from __future__ import annotations

import sys

from assay_shell.cli.modules import report_faults
from assay_shell.runtime.catalog import module_entry
from assay_shell.runtime.errors import UsageError
from assay_shell.runtime.listing import Listing
from assay_shell.runtime.log import visible
from assay_shell.runtime.search import search

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay_shell.cli.arguments import Invocation
    from assay_shell.runtime.catalog import Function
    from assay_shell.runtime.listing import Listed

DEFAULT_LIMIT = 5

_BUILTINS = """\
http.get(url, opts?) -> {status, body, headers}
json.parse(str) -> table | json.encode(tbl) -> str
yaml.parse(str) -> table | yaml.encode(tbl) -> str
toml.parse(str) -> table | toml.encode(tbl) -> str
base64.encode(str) -> str | base64.decode(str) -> str
crypto.jwt_sign(claims, key, alg) -> token
crypto.hash(str, alg) -> str | crypto.hmac(key, data, alg?) -> str
crypto.random(len) -> str
regex.match(str, pat) -> bool | regex.find(str, pat) -> str
regex.find_all(str, pat) -> [str] | regex.replace(str, pat, repl) -> str
fs.read(path) -> str | fs.write(path, str)
db.connect(url) -> conn | db.query(conn, sql, params?) -> [row]
db.execute(conn, sql, params?) -> count | db.close(conn)
ws.connect(url) -> conn | ws.send(conn, msg)
ws.recv(conn) -> msg | ws.close(conn)
template.render(path, vars) -> str
template.render_string(tmpl, vars) -> str
async.spawn(fn) -> handle | async.spawn_interval(secs, fn) -> handle
handle:await() | handle:cancel()
assert.eq(a, b, msg?) | assert.gt(a, b, msg?) | assert.lt(a, b, msg?)
assert.contains(str, sub, msg?) | assert.not_nil(val, msg?)
assert.matches(str, pat, msg?)
log.info(msg) | log.warn(msg) | log.error(msg)
env.get(key) -> str | sleep(secs) | time() -> float
"""


def show(invocation: Invocation) -> int:
    """Print the matching modules.

    Raises:
        UsageError: there is no query.
    """
    if not invocation.operands:
        raise UsageError("'context' needs a query")
    listing = Listing()
    report_faults(listing)
    limit = invocation.count("limit")
    found = search(listing.entries, invocation.operands[0], DEFAULT_LIMIT if limit is None else limit)
    lines = [*_matches(found), *([] if invocation.flag("no-builtins") else _builtins())]
    sys.stdout.write("".join(f"{visible(line)}\n" for line in lines))
    return 0


def _matches(found: list[Listed]) -> Iterator[str]:
    yield from ("# Assay Module Context", "")
    if not found:
        yield from ("No matching modules found.", "")
        return
    yield from ("## Matching Modules", "")
    for entry in found:
        yield from _module(entry)
        yield ""


def _module(entry: Listed) -> Iterator[str]:
    header = entry.header
    yield f"### {entry.name}"
    yield header.description
    if header.env:
        yield f"Env: {', '.join(header.env)}"
    if header.quickrefs:
        yield "Methods:"
    for function in module_entry(entry.name, entry.source, entry.text).functions if entry.text else ():
        yield f"  {function.signature} -> {function.returns} | {function.description}"
        yield from _details(function)
    for ref in () if entry.text else header.quickrefs:
        yield f"  {ref.signature} -> {ref.returns} | {ref.description}"


def _details(function: Function) -> Iterator[str]:
    """What has to be known to call a function right, further in than its signature."""
    if function.details:
        yield f"      {' '.join(function.details.split())}"
    if function.errors:
        yield f"      Errors: {' '.join(function.errors)}"
    if function.example:
        code = function.example.split("\n")
        yield from (
            [f"      Example: {code[0]}"] if len(code) == 1 else ["      Example:", *(f"        {c}" for c in code)]
        )


def _builtins() -> Iterator[str]:
    yield "## Built-in Functions (always available, no require needed)"
    yield from _BUILTINS.splitlines()
