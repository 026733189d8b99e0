"""Verifying tokens, and looking into them without."""

from __future__ import annotations

import time

from assay_shell.runtime.builtins.crypto.algorithms import ALGORITHMS
from assay_shell.runtime.builtins.crypto.claims import (
    Rejected,
    check_audience,
    check_issuer,
    check_present,
    check_times,
)
from assay_shell.runtime.builtins.crypto.compact import Malformed, Token
from assay_shell.runtime.builtins.crypto.keyring import KeyRing
from assay_shell.runtime.builtins.crypto.keys import KeyRefused
from assay_shell.runtime.errors import BuiltinError, quoted
from assay_shell.runtime.options import Options
from assay_shell.runtime.values import Table, as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from assay_shell.runtime.builtins.crypto.algorithms import Algorithm
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

VERIFY, DECODE = "crypto.jwt_verify", "crypto.jwt_decode"
OPTIONS = Options(
    VERIFY, algorithms="Value", audience="Value", issuer="Value", jwks="Table", leeway="float", require="Value"
)
_LONGEST_NAME = 64  # a name from a token may fill so much of an error


def jwt_verify(
    runtime: Runtime, token: Value, key: Value = None, opts: Value = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return claims and header of a token whose signature and claims hold; anything else raises.

    *key* is a PEM public key, certificate or private key, a JSON Web Key or key set as a table, or a secret. The
    algorithms that count follow from the key: RS* for RSA, ES256 or ES384 by curve, EdDSA, HS* for a secret only.
    `none` is never accepted, nor a public key as a secret. Options:

    - `algorithms`: accept these only (a string or a list of strings)
    - `jwks`: a key set, as served by an issuer; the key is chosen by the header's `kid`
    - `audience`: the names you answer to (a string or a list), of which `aud` must hold one. A token that has an `aud`
      is refused without this option; `false` accepts any audience
    - `issuer`: who may have issued it (a string or a list)
    - `leeway`: seconds by which clocks may differ, 0 by default
    - `require`: names of claims that must be there (`{ "exp" }`)

    `exp`, `nbf` and `iat` are checked where they are there.

    Example: `local claims = crypto.jwt_verify(token, nil, { jwks = http.get(url):json(), issuer = "https://id.test" })`

    Raises:
        BuiltinError: the token is malformed, expired, not valid yet, from the future, for or from somebody else, its
            signature does not match, no key fits, or an argument is wrong. No message holds any part of token or key.
    """
    if not isinstance(token, str):
        raise BuiltinError(VERIFY, "first argument must be a token string")
    if not (key is None or isinstance(key, str | Table)):
        raise BuiltinError(VERIFY, "second argument must be a key string, a key table or nil")
    if not (opts is None or isinstance(opts, Table)):
        raise BuiltinError(VERIFY, "third argument must be an options table or nil")
    rules = _Rules(OPTIONS.read(runtime, opts))
    try:
        keys = KeyRing(key, rules.jwks, hide=runtime.redactor.add)
        parsed = Token(as_bytes(token))
        _check_signature(parsed, keys, rules)
        rules.check(parsed.claims)
    except Malformed as exc:
        raise BuiltinError(VERIFY, f"malformed token: {exc}") from None
    except (Rejected, KeyRefused) as exc:
        raise BuiltinError(VERIFY, str(exc)) from None
    return parsed.claims, parsed.header


def jwt_decode(token: Value) -> dict[str, Any]:
    """Return what a token says WITHOUT verifying it: `{header, claims, signature}`, the signature as bytes.

    Anybody can write such a token. Use it to look at an expiry or an issuer, never to decide what somebody may do:
    `crypto.jwt_verify` is for that. An unsigned token has no `signature`.

    Example: `crypto.jwt_decode(token).claims.exp - os.time()`

    Raises:
        BuiltinError: the argument is no string or no token. No message holds any part of it.
    """
    if not isinstance(token, str):
        raise BuiltinError(DECODE, "first argument must be a token string")
    try:
        parsed = Token(as_bytes(token))
    except Malformed as exc:
        raise BuiltinError(DECODE, f"malformed token: {exc}") from None
    return {"header": parsed.header, "claims": parsed.claims, "signature": parsed.signature or None}


class _Rules:
    """The options of a verification, checked and ready to use."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.jwks: Table | None = given.get("jwks")
        self.algorithms = _algorithms(given)
        self._leeway = given.get("leeway", 0.0)
        if not 0 <= self._leeway < float("inf"):
            raise BuiltinError(VERIFY, "opts.leeway must be a number of seconds, 0 or more")
        self._any_audience = given.get("audience") is False
        self._audience = None if self._any_audience else _names(given, "audience")
        self._issuer = _names(given, "issuer")
        self._required = _names(given, "require") or []

    def check(self, claims: Mapping[str, Any]) -> None:
        """Check all claims.

        Raises:
            Rejected: one does not hold.
        """
        check_present(claims, self._required)
        check_times(claims, time.time(), self._leeway)
        if not self._any_audience:
            check_audience(claims, self._audience)
        if self._issuer is not None:
            check_issuer(claims, self._issuer)


def _algorithms(given: Mapping[str, Any]) -> set[str] | None:
    """Return the names of the algorithms that the caller accepts, None when the key alone decides."""
    names = _names(given, "algorithms")
    if names is None:
        return None
    for name in names:
        if name.upper() not in ALGORITHMS:
            raise BuiltinError(VERIFY, f"unsupported algorithm: {name}")
    return {ALGORITHMS[name.upper()].name for name in names}


def _names(given: Mapping[str, Any], option: str) -> list[str] | None:
    """Return the strings that an option holds, None when it was not given."""
    value = given.get(option)
    if value is None:
        return None
    found = [value] if isinstance(value, str) else value.to_python() if isinstance(value, Table) else None
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise BuiltinError(VERIFY, f"opts.{option} must be a string or a list of strings")
    return found


def _check_signature(token: Token, keys: KeyRing, rules: _Rules) -> None:
    """Check the signature with the key that the header asks for and the algorithm that key allows.

    Raises:
        Rejected: the algorithm is not acceptable, or no key's signature matches.
        KeyRefused: no key fits, or the one that does cannot be used.
    """
    if "crit" in token.header:
        raise Rejected("the token asks for an extension (crit) that is not supported")
    algorithm = _algorithm(token.header)
    if rules.algorithms is not None and algorithm.name not in rules.algorithms:
        raise Rejected(f"algorithm {algorithm.name} is not allowed")
    candidates = keys.matching(token.header, algorithm)
    if not any(algorithm.verifies(key, token.signature, token.signed) for key in candidates):
        raise Rejected("signature mismatch")


def _algorithm(header: Mapping[str, Any]) -> Algorithm:
    name = header.get("alg")
    algorithm = ALGORITHMS.get(name.upper()) if isinstance(name, str) else None
    if algorithm is None or algorithm.name != name:
        shown = quoted(name) if isinstance(name, str) and len(name) <= _LONGEST_NAME else "of the token"
        raise Rejected(f"algorithm {shown} is not allowed")
    return algorithm
