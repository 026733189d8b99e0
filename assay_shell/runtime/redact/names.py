"""Which names stand before secrets."""

from __future__ import annotations

PASSWORD, TOKEN, HEADER, WEAK, QUERY = "password", "token", "header", "weak", "query"
"""Kinds of names; they differ in what counts as a secret after them.

    PASSWORD  nearly everything
    TOKEN     what is no ordinary word: `token: expired` explains
    HEADER    the rest of the line
    WEAK      only what looks random
    QUERY     only in the query of an address
"""

LONGEST_NAME = 64
"""So many characters before the value are looked at."""

_HEADERS = ("authorization", "cookie")
_PASSWORDS = ("password", "passwd", "passphrase", "secret")
_TOKENS = ("token", "credential", "credentials", "client_key_data", "tls.key")
_SHORT_PASSWORDS = ("pass", "pwd")
_DOORS = """
access account admin api app auth client encryption hmac host license master private root secret service shared
signing ssh storage webhook
"""
_OPENING_KEYS = frozenset(_DOORS.split())
_JOINED_KEYS = tuple(f"{word}key" for word in ("access", "account", "api", "private", "secret"))
_WEAK = frozenset(("auth", "jwt", "signature"))
_QUERY = frozenset(("assertion", "code", "key", "session", "sid", "sig"))

ENDINGS = (*_HEADERS, *_PASSWORDS, *_TOKENS[:3], *_SHORT_PASSWORDS, *_WEAK, "key", "key-data", "key_data")
"""Every name but those of QUERY ends with one of these, in lower case."""

QUERY_ENDINGS = tuple(f"{name}=" for name in sorted(_QUERY))


def kind_of(name: str) -> str | None:
    """Return the kind of secret that *name* (`DB_PASSWORD`, `X-API-Key`, `clientSecret`) announces, None for none."""
    lowered = name.lower().replace("-", "_")
    if lowered.endswith(_HEADERS):
        return HEADER
    if lowered.endswith(_PASSWORDS):
        return PASSWORD
    if lowered.endswith(_TOKENS) or _opens_something(lowered):
        return TOKEN
    if lowered.endswith(_SHORT_PASSWORDS) and _stands_apart(name, lowered):
        return PASSWORD
    return WEAK if _last_word(lowered) in _WEAK else QUERY if lowered in _QUERY else None


def _last_word(lowered: str) -> str:
    return lowered.replace(".", "_").rpartition("_")[2]


def _opens_something(lowered: str) -> bool:
    """Tell the keys of doors from those of tables and maps (`primary_key`, `monkey`)."""
    if not lowered.endswith("key"):
        return False
    return _last_word(lowered[:-3].rstrip("_.")) in _OPENING_KEYS or lowered.endswith(_JOINED_KEYS)


def _stands_apart(name: str, lowered: str) -> bool:
    """Tell `db_pass`, `dbPass` and `pwd` from `bypass`, the `pass` of a test and the shell's `PWD`."""
    ending = "pwd" if lowered.endswith("pwd") else "pass"
    start = len(name) - len(ending)
    if start == 0:
        return ending == "pwd" and name != "PWD"
    return lowered[start - 1] in "_." or (name[start].isupper() and name[start - 1].islower())
