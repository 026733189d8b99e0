"""Masking nested Python data: results on their way to a view, an export or an audit record."""

from __future__ import annotations

from assay_shell.runtime.redact import MASK
from assay_shell.runtime.redact.names import HEADER, PASSWORD, TOKEN, kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_DEEPEST = 100
SECRET_DATA = ("data", "stringData")
"""Members of a Kubernetes Secret whose members are secrets."""
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def masked(obj: Any, hide: Callable[[str], str]) -> Any:
    """Return *obj* with secrets masked; *hide* masks text. What contains itself or nests too deep ends in a mask."""
    return _Masking(hide).any(obj, (), secret=False)


def is_secret(name: object) -> bool:
    """Tell whether a member of that name holds a secret."""
    return isinstance(name, str) and kind_of(name) in (PASSWORD, TOKEN, HEADER)


class _Masking:
    """One walk through nested data."""

    def __init__(self, hide: Callable[[str], str]) -> None:
        self._hide = hide

    def any(self, obj: Any, above: tuple[int, ...], *, secret: bool) -> Any:
        """Mask *obj*, which lies within *above* (ids); *secret* says that its name told it to be one."""
        if isinstance(obj, dict | list | tuple):
            if id(obj) in above or len(above) >= _DEEPEST:
                return MASK
            above = (*above, id(obj))
            if isinstance(obj, dict):
                return self._table(obj, above)
            items = [self.any(item, above, secret=secret) for item in obj]
            return tuple(items) if isinstance(obj, tuple) else items
        if secret:
            return obj if obj is None or isinstance(obj, bool) or obj in ("", b"") else MASK
        if isinstance(obj, str):
            return self._hide(obj)
        return self._bytes(obj) if isinstance(obj, bytes) else obj

    def _table(self, table: dict[Any, Any], above: tuple[int, ...]) -> dict[Any, Any]:
        """Mask the members that their names give away; a table under such a name only refers to a secret."""
        shown = {}
        for key, item in table.items():
            name = self._hide(key) if isinstance(key, str) else key
            if key in SECRET_DATA and isinstance(item, dict) and is_kubernetes_secret(table):
                shown[name] = {each: self.any(value, above, secret=True) for each, value in item.items()}
            else:
                shown[name] = self.any(item, above, secret=is_secret_member(table, key, item))
        return shown

    def _bytes(self, data: bytes) -> bytes:
        text = data.decode("utf-8", "surrogateescape")
        shown = self._hide(text)
        return data if shown == text else shown.encode("utf-8", "surrogateescape")


def is_kubernetes_secret(table: Mapping[Any, Any]) -> bool:
    """Tell a Secret, also one from a list, whose items do not say what they are but have a Secret's members."""
    kind = table.get("kind")
    return kind == "Secret" or (kind is None and "metadata" in table and isinstance(table.get("type"), str))


def is_secret_member(table: Mapping[Any, Any], key: Any, item: Any) -> bool:
    """Tell whether the member *key* of *table* holds a secret, by its name or by that of the table."""
    return is_secret(key) or _is_value_of_secret(table, key) or (key == _APPLIED and _is_copy_of_secret(item))


def _is_copy_of_secret(item: Any) -> bool:
    """Tell the Secret that kubectl keeps as it was applied, as JSON text in an annotation."""
    return not isinstance(item, str) or '"kind":"Secret"' in item.replace(" ", "")


def _is_value_of_secret(table: Mapping[Any, Any], key: Any) -> bool:
    """Tell the value of `{name = "DB_PASSWORD", value = "..."}`, as containers and header lists have it."""
    return key in ("value", "Value") and is_secret(table.get("name") or table.get("Name") or table.get("key"))
