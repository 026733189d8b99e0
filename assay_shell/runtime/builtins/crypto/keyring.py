"""The keys a caller trusts, and which of them a token asks for."""

from __future__ import annotations

from assay_shell.runtime.builtins.crypto.algorithms import names_for
from assay_shell.runtime.builtins.crypto.keys import KeyRefused, allows, from_jwk, verifying_key
from assay_shell.runtime.values import Table, as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from assay_shell.runtime.builtins.crypto.algorithms import Algorithm, Key


class KeyRing:
    """One key, or a set of JSON Web Keys."""

    def __init__(self, key: str | Table | None, jwks: Table | None, hide: Callable[[bytes], None]) -> None:
        """Take *key* (text, a JSON Web Key or a set of them) or the set *jwks*; *hide* is told each secret.

        Raises:
            KeyRefused: there is none or both, or it cannot be read.
        """
        if (key is None) == (jwks is None):
            raise KeyRefused("give a key or opts.jwks" if key is None else "give a key or opts.jwks, not both")
        self._hide = hide
        self._key: Key | None = None
        self._one = False
        """Whether the caller chose the key: then the header's `kid` need not match."""
        self._set: list[Mapping[str, Any]] = []
        if isinstance(key, str):
            if "PRIVATE KEY" in key:
                hide(as_bytes(key))
            self._key = self._hidden(verifying_key(as_bytes(key)))
        else:
            table = key or jwks
            self._take(table.to_python() if table else None)

    def _take(self, data: object) -> None:
        """Take a parsed key or key set."""
        if isinstance(data, dict) and "keys" not in data:
            self._one = True
            data = [data]
        keys = data.get("keys") if isinstance(data, dict) else data
        if not isinstance(keys, list) or not keys or not all(isinstance(key, dict) for key in keys):
            raise KeyRefused("a key set must hold a list of keys")
        self._set = keys

    def matching(self, header: Mapping[str, Any], algorithm: Algorithm) -> list[Key]:
        """Return the keys that may have signed a token with that *header* and *algorithm*; at least one.

        Raises:
            KeyRefused: there is none, or the only ones cannot be read.
        """
        if self._key is not None:
            if algorithm.name not in names_for(self._key):
                raise KeyRefused(f"algorithm {algorithm.name} does not fit the key")
            return [self._key]
        kid = None if self._one else header.get("kid")
        named = [jwk for jwk in self._set if kid is None or jwk.get("kid") == kid]
        if not named:
            raise KeyRefused("the key set has no key with the token's kid")
        return self._usable([jwk for jwk in named if allows(jwk, algorithm)], algorithm)

    def _usable(self, jwks: list[Mapping[str, Any]], algorithm: Algorithm) -> list[Key]:
        """Return the keys of the algorithm's kind; sets may hold others that nobody can read here."""
        keys: list[Key] = []
        reason = f"algorithm {algorithm.name} does not fit the key"
        for jwk in jwks:
            try:
                key = self._hidden(from_jwk(jwk))
            except KeyRefused as exc:
                reason = str(exc)
                continue
            if algorithm.name in names_for(key):
                keys.append(key)
        if not keys:
            raise KeyRefused(reason)
        return keys

    def _hidden(self, key: Key) -> Key:
        if isinstance(key, bytes):
            self._hide(key)
        return key
