"""HTTP requests that write: their body, and what it changes of what the address gives now."""

from __future__ import annotations

from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.values import Table
from assay_shell.session.effects.lines import changes, cut, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.guard import Effect
    from assay_shell.runtime.vm import Runtime

_COMPARED = frozenset(("PUT", "PATCH", "DELETE"))
_LONGEST = 64 << 10


def details(runtime: Runtime, effect: Effect) -> list[str]:
    """The body."""
    body = _body(effect)
    if body is None or body == "":
        return []
    data = _parsed(body)
    if data is None:
        return cut(str(body)[:_LONGEST].split("\n"))
    return shown(data, runtime.redactor.value)


async def preview(runtime: Runtime, effect: Effect) -> list[str]:
    """What a PUT or PATCH changes; a DELETE takes all away, as its method says.

    Raises:
        BuiltinError: what is there now cannot be read.
    """
    return [] if effect.target.startswith("DELETE ") else await compare(runtime, effect)


async def compare(runtime: Runtime, effect: Effect) -> list[str]:
    """What a PUT or PATCH changes, or what a DELETE takes away.

    Raises:
        BuiltinError: what is there now cannot be read.
    """
    method, _, url = effect.target.partition(" ")
    if method not in _COMPARED:
        return []
    before = _parsed(await _current(runtime, effect, url))
    after = {} if method == "DELETE" else _parsed(_body(effect))
    if before is None or after is None:
        return []
    if isinstance(after, list) and method == "PATCH":  # a JSON patch is a list of operations already
        return shown(after, runtime.redactor.value)
    return changes(before, after, runtime.redactor.value, whole=method != "PATCH")


async def _current(runtime: Runtime, effect: Effect, url: str) -> Any:
    from assay_shell.runtime.builtins.http.client import client_of, http_of, perform
    from assay_shell.runtime.builtins.http.settings import read_options

    values = list(effect.values)
    first = values[0] if values else None
    client = http_of(runtime).shared
    if isinstance(first, Table) and first.object is not None:
        client = client_of(first)
    options = next((value for value in reversed(values) if isinstance(value, Table) and value.object is None), None)
    given = read_options(runtime, "declared", options) if options is not None and _is_options(options) else {}
    kept = {name: value for name, value in given.items() if name not in ("body", "json", "form", "method")}
    answer = runtime.border.to_python(await _raw(perform(runtime, client, "get", "GET", url, None, kept)))
    if answer.get("status") != 200:
        raise BuiltinError("http.get", f"status {answer.get('status')}")
    return answer.get("body")


async def _raw(response: Any) -> Any:
    return (await response).obj


def _is_options(table: Table) -> bool:
    """Tell options from a body that is a table: the body is never the last of a call that has both."""
    return any(table.get(name) is not None for name in ("headers", "auth", "bearer", "timeout", "params", "ca_cert"))


def _body(effect: Effect) -> Any:
    """The body among the arguments of a call, None where there is none."""
    values = [value for value in effect.values if not (isinstance(value, Table) and value.object is not None)]
    name = effect.name.rpartition(".")[2].rpartition(":")[2]
    if name in ("post", "put", "patch"):
        given = values[1] if len(values) > 1 else None
        options = values[2] if len(values) > 2 else None
    else:
        given, options = None, values[-1] if values and isinstance(values[-1], Table) else None
    if given is None and isinstance(options, Table):
        given = next((found for key in ("body", "json", "form") if (found := options.get(key)) is not None), None)
    return given


def _parsed(body: Any) -> Any:
    """Plain data of a body that has any, None for other text."""
    if isinstance(body, Table):
        return body.to_python()
    if not isinstance(body, str) or len(body) > _LONGEST:
        return None
    import json

    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict | list) else None
