"""Programs that a kubeconfig names for signing in (`users[].user.exec`): each prints an ExecCredential."""

from __future__ import annotations

import asyncio
import os

from assay_shell.runtime.errors import BuiltinError, os_reason, quoted
from assay_shell.runtime.kubeconfig.account import address_of
from assay_shell.runtime.kubeconfig.files import WHERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.children.output import Whole
    from assay_shell.runtime.kubeconfig.files import Choice
    from assay_shell.runtime.vm import Runtime

TIMEOUT = 120.0
"""Seconds; people may have to sign in with a browser."""

EARLY = 10.0
"""Seconds before its end at which a credential is no longer used."""

_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_SHOWN = 500
"""Characters of a program's complaint that stand in the error."""

_QUICK = 0.5
"""Seconds after which what a program says to its user is shown: it may want them to sign in somewhere."""

_LOOK_EVERY = 0.2  # seconds
_MOST_TOLD = 4096  # bytes at each look


class Credential:
    """What a program gave at the time *given*: a *token*, a *certificate* with its *key* (PEM), or both, good until
    *expires* (Unix times; None: for good)."""

    def __init__(
        self, token: str | None, certificate: str | None, key: str | None, *, given: float, expires: float | None
    ) -> None:
        self.token = token
        self.certificate = certificate
        self.key = key
        self.given = given
        self.expires = expires

    def good_at(self, now: float) -> bool:
        """Whether it may be used at the time *now*."""
        return self.expires is None or now < self.expires - EARLY


class Program:
    """The command of a user: *arguments* with the program first, *environment* for it, the *version* it speaks."""

    def __init__(self, choice: Choice) -> None:
        spec = choice.user.fields["exec"]
        fields: dict[str, Any] = spec if isinstance(spec, dict) else {}
        command = fields.get("command")
        if not isinstance(command, str) or not command:
            raise BuiltinError(WHERE, f"the user of the context {quoted(choice.name)} has an exec without a command")
        self.version = str(fields.get("apiVersion") or _VERSIONS[0])
        if self.version not in _VERSIONS:
            raise BuiltinError(WHERE, f"{quoted(command)} speaks {self.version}; known are {' and '.join(_VERSIONS)}")
        if fields.get("interactiveMode") == "Always":
            raise BuiltinError(WHERE, f"{quoted(command)} signs in on a terminal only (interactiveMode: Always)")
        if "/" in command:
            command = os.path.join(os.path.dirname(choice.user.file), command)
        listed = fields.get("args")
        self.arguments = [command, *(str(argument) for argument in (listed if isinstance(listed, list) else ()))]
        self.hint = fields.get("installHint")
        self.environment = {**_variables(fields.get("env")), "KUBERNETES_EXEC_INFO": self._request(choice, fields)}

    @property
    def key(self) -> tuple[object, ...]:
        """What tells programs apart."""
        return (*self.arguments, *sorted(self.environment.items()))

    def _request(self, choice: Choice, fields: dict[str, Any]) -> str:
        from json import dumps

        spec: dict[str, object] = {"interactive": False}
        if fields.get("provideClusterInfo") is True:
            spec["cluster"] = _cluster_info(choice)
        return dumps({"apiVersion": self.version, "kind": "ExecCredential", "spec": spec})


async def ask(runtime: Runtime, program: Program, timeout: float = TIMEOUT) -> Credential:
    """Run *program* and return the credential it prints within *timeout* seconds.

    When it takes its time, what it writes on standard error is logged.

    Raises:
        BuiltinError: it cannot be started, fails, takes too long, or prints something else.
    """
    from assay_shell.runtime.children.conversation import converse, start
    from assay_shell.runtime.children.output import Whole
    from assay_shell.runtime.children.registry import children_of

    name = program.arguments[0]
    try:
        child, feed = start(
            children_of(runtime),
            [os.fsencode(argument) for argument in program.arguments],
            env={os.fsencode(key): os.fsencode(value) for key, value in program.environment.items()},
        )
    except (OSError, ValueError) as exc:
        hint = f"\n{program.hint}" if isinstance(program.hint, str) else ""
        raise BuiltinError(WHERE, f"cannot start {quoted(name)}, which signs in: {os_reason(exc)}{hint}") from exc
    output = Whole(runtime.border.reserve)
    relay = asyncio.create_task(_relay(runtime, name, output))
    try:
        ending = await converse(child, feed, output, timeout)
    finally:
        relay.cancel()
    if ending.timed_out:
        raise BuiltinError(WHERE, f"{quoted(name)}, which signs in, took longer than {timeout:g} s")
    if ending.status != 0:
        said = runtime.redactor.text(output.text("stderr").decode("utf-8", "replace")).strip()[-_SHOWN:]
        raise BuiltinError(WHERE, f"{quoted(name)}, which signs in, ended with status {ending.status}: {said}")
    return _credential(program, output.text("stdout"))


async def _relay(runtime: Runtime, name: str, output: Whole) -> None:
    """Log the lines that a program writes on standard error, once it has taken its time."""
    await asyncio.sleep(_QUICK)
    told = 0
    while True:
        lines = output.text("stderr")[told : told + _MOST_TOLD]
        ended = lines.rfind(b"\n") + 1
        for line in lines[:ended].decode("utf-8", "replace").splitlines():
            runtime.log("info", f"{WHERE}: {name}: {line}")
        told += ended
        await asyncio.sleep(_LOOK_EVERY)


def _credential(program: Program, printed: bytes) -> Credential:
    from json import loads
    from time import time

    name = quoted(program.arguments[0])
    try:
        document = loads(printed)
    except (ValueError, RecursionError) as exc:  # what it printed may hold the secret: it is not shown
        raise BuiltinError(WHERE, f"{name} printed something that is no ExecCredential") from exc
    status = document.get("status") if isinstance(document, dict) else None
    if not isinstance(status, dict) or document.get("kind") != "ExecCredential":
        raise BuiltinError(WHERE, f"{name} printed something that is no ExecCredential")
    if document.get("apiVersion") != program.version:
        raise BuiltinError(WHERE, f"{name} does not speak {program.version} as the kubeconfig says")
    token, certificate, key = (_text(status, field) for field in ("token", "clientCertificateData", "clientKeyData"))
    if token is None and (certificate is None or key is None):
        raise BuiltinError(WHERE, f"{name} gave neither a token nor a certificate with its key")
    return Credential(token, certificate, key, given=time(), expires=_expiry(status, name))


def _expiry(status: dict[str, Any], name: str) -> float | None:
    from datetime import datetime

    text = _text(status, "expirationTimestamp")
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as exc:
        raise BuiltinError(WHERE, f"{name} gave an expirationTimestamp that is no time") from exc


def _cluster_info(choice: Choice) -> dict[str, object]:
    cluster = choice.cluster
    info: dict[str, object] = {"server": address_of(choice)}
    for name in ("tls-server-name", "proxy-url", "certificate-authority-data"):
        if (value := cluster.text(name)) is not None:
            info[name] = value
    file = cluster.path("certificate-authority")
    if "certificate-authority-data" not in info and file is not None:
        from base64 import b64encode

        from assay_shell.runtime.kubeconfig.files import read_text

        info["certificate-authority-data"] = b64encode(read_text(file).encode()).decode()
    if cluster.fields.get("insecure-skip-tls-verify") is True:
        info["insecure-skip-tls-verify"] = True
    return info


def _variables(listed: object) -> dict[str, str]:
    """The environment that a kubeconfig gives to a program."""
    found = {}
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            found[entry["name"]] = str(entry.get("value") or "")
    return found


def _text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None


class Credentials:
    """The credentials of a runtime, by program; each program is run once until what it gave expires."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], Credential] = {}
        self._turns: dict[tuple[object, ...], asyncio.Lock] = {}

    def kept(self, program: Program) -> Credential | None:
        """A credential that is still good."""
        from time import time

        found = self._kept.get(program.key)
        return found if found is not None and found.good_at(time()) else None

    def renew(self, program: Program, refused: float) -> bool:
        """Have *program* asked again: a server has refused what was kept at the time *refused*.

        False when it was never asked. What has come since then stays.
        """
        found = self._kept.get(program.key)
        if found is not None and found.given < refused:
            del self._kept[program.key]
        return found is not None or program.key in self._turns

    async def fresh(self, runtime: Runtime, program: Program) -> Credential:
        """A credential that is still good; others who ask meanwhile wait for the same one.

        Raises:
            BuiltinError: the program fails.
        """
        async with self._turns.setdefault(program.key, asyncio.Lock()):
            found = self.kept(program)
            if found is None:
                found = self._kept[program.key] = await ask(runtime, program)
            return found
