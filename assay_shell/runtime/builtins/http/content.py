"""What is sent: query strings, forms, multipart and JSON bodies."""

from __future__ import annotations

from assay_shell.runtime.builtins.http.percent import encode, encode_form
from assay_shell.runtime.convert import number_text
from assay_shell.runtime.errors import BuiltinError, os_reason, quoted
from assay_shell.runtime.values import Table, as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

    Content = tuple[bytes | None, str | None]
    """A body and its type; None for none."""

_PART_KEYS = ("data", "path", "filename", "content_type", "name")
_QUOTED = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


def with_params(where: str, url: str, params: Table) -> str:
    """*url* with *params* added to its query, before the fragment.

    Raises:
        BuiltinError: a value is neither string, number, boolean nor a list of these.
    """
    query = "&".join(f"{encode(name)}={encode(value)}" for name, value in _pairs(where, "params", params))
    if not query:
        return url
    address, mark, fragment = url.partition("#")
    joint = "" if address.endswith(("?", "&")) else "&" if "?" in address else "?"
    return f"{address}{joint}{query}{mark}{fragment}"


def content_of(runtime: Runtime, where: str, body: Value, given: dict[str, Any], complaint: str) -> Content:
    """The bytes of a body, with the type that goes with them; *complaint* is for bodies of a wrong type.

    Raises:
        BuiltinError: there is more than one body, or it cannot be encoded.
    """
    form, multipart = given.get("form"), given.get("multipart")
    if (body is not None) + (form is not None) + (multipart is not None) > 1:
        raise BuiltinError(where, "give only one of body, form and multipart")
    if form is not None:
        pairs = _pairs(where, "form", form)
        text = "&".join(f"{encode_form(name)}={encode_form(value)}" for name, value in pairs)
        return text.encode("ascii"), "application/x-www-form-urlencoded"
    if multipart is not None:
        return _multipart(where, multipart)
    if body is None or body == "":
        return None, None
    if isinstance(body, str):
        return as_bytes(body), None
    if isinstance(body, Table):
        return bytes(runtime.encode_json(body)), "application/json"
    raise BuiltinError(where, complaint)


def _pairs(where: str, option: str, table: Table) -> list[tuple[str, str]]:
    """Names and values of a table: sorted by name, or in order where it is a list of `{name, value}`."""
    ordered = table.length() > 0
    found = []
    for name, value in _in_order(where, option, table) if ordered else _by_name(table):
        values = (item for _, item in sorted(value.items(), key=_index)) if isinstance(value, Table) else (value,)
        found += [(name, _text(where, option, name, item)) for item in values]
    return found


def _in_order(where: str, option: str, table: Table) -> list[tuple[str, Any]]:
    found = []
    for index in range(1, table.length() + 1):
        pair = table.get(index)
        if not isinstance(pair, Table) or pair.length() != 2:
            raise BuiltinError(where, f"{option} as a list must hold pairs {{name, value}}")
        found.append((_text(where, option, "name", pair.get(1)), pair.get(2)))
    return found


def _by_name(table: Table) -> list[tuple[str, Any]]:
    return sorted(((_key(key), value) for key, value in table.items()), key=_index)


def _index(pair: tuple[Any, Any]) -> Any:
    return pair[0] if isinstance(pair[0], int | float | str) else str(pair[0])


def _key(key: Value) -> str:
    return number_text(key) if isinstance(key, int | float) and not isinstance(key, bool) else str(key)


def _text(where: str, option: str, name: str, value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    raise BuiltinError(where, f"{option}: {quoted(name)} must be a string, number, boolean or a list of these")


def _multipart(where: str, table: Table) -> Content:
    from os import urandom

    boundary = f"assay-{urandom(16).hex()}"
    parts = [_part(where, name, value) for name, value in _fields(where, table)]
    lines = [f"--{boundary}\r\n".encode() + head + b"\r\n\r\n" + data + b"\r\n" for head, data in parts]
    return b"".join(lines) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _fields(where: str, table: Table) -> list[tuple[str, Any]]:
    """Names and values: sorted by name, or in order where the table is a list of parts with a `name`."""
    if table.length() == 0:
        return _by_name(table)
    found = []
    for index in range(1, table.length() + 1):
        part = table.get(index)
        name = part.get("name") if isinstance(part, Table) else None
        if name is None:
            raise BuiltinError(where, "multipart as a list must hold parts {name, data | path, filename, content_type}")
        found.append((_text(where, "multipart", "name", name), part))
    return found


def _part(where: str, name: str, value: Value) -> tuple[bytes, bytes]:
    """Headers and bytes of one part."""
    head = f'Content-Disposition: form-data; name="{name.translate(_QUOTED)}"'
    if not isinstance(value, Table):
        return as_bytes(head), as_bytes(_text(where, "multipart", name, value))
    given = {key: value.get(key) for key in _PART_KEYS}
    unknown = [key for key, _ in value.items() if key not in given]
    if unknown:
        raise BuiltinError(where, f"multipart: {quoted(name)} has an unknown key {quoted(str(unknown[0]))}")
    data = _part_data(where, name, given)
    filename = given["filename"] or (given["path"] and given["path"].rpartition("/")[2])
    if filename:
        head += f'; filename="{_text(where, "multipart", "filename", filename).translate(_QUOTED)}"'
    kind = given["content_type"] or ("application/octet-stream" if filename else None)
    if kind:
        kind = _text(where, "multipart", "content_type", kind)
        if any(mark in kind for mark in "\r\n"):
            raise BuiltinError(where, f"multipart: {quoted(name)} has a content_type of more than one line")
        head += f"\r\nContent-Type: {kind}"
    return as_bytes(head), data


def _part_data(where: str, name: str, given: dict[str, Any]) -> bytes:
    path, data = given["path"], given["data"]
    if (path is None) == (data is None):
        raise BuiltinError(where, f"multipart: {quoted(name)} needs either data or path")
    if path is None:
        return as_bytes(_text(where, "multipart", name, data))
    if not isinstance(path, str):
        raise BuiltinError(where, f"multipart: the path of {quoted(name)} must be a string")
    try:
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError) as exc:
        raise BuiltinError(where, f"failed to read {quoted(path)}: {os_reason(exc)}") from exc
