"""Environment variables of this process, which its children inherit.

@module env
@description Environment variables: get
@keywords env, environment, variable, configuration, config
@quickref env.get(name) -> str|nil | Value of a variable; those of a YAML check come first
@quickref env.set(name, value) -> nil | Set a variable, for child processes too; nil removes it
@quickref env.unset(name) -> nil | Remove a variable
@quickref env.list() -> [{key, value}] | All variables of the process
@quickref env.home() -> str|nil | Home directory of the user
@quickref env.cwd() -> str | Working directory of the process
"""

from __future__ import annotations

import os

from assay_shell.runtime.declare import read, write
from assay_shell.runtime.errors import BuiltinError, os_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.vm import Runtime


def register(runtime: Runtime) -> None:
    """Define the group. `env.get` stands in `lua/env.lua`, over the lookup in the process here.

    `env._check_env` is made from `runtime.check_env` at the first use of the group.
    """
    runtime.define(
        "env",
        {
            "set": write(set_variable, target="name"),
            "unset": write(unset, target="name"),
            "list": read(list_variables),
            "home": read(home),
            "cwd": read(cwd),
        },
    )
    runtime.lend("process_env", read(get, target="name"), public="env.get")
    install = runtime.include("env")
    install(runtime.driver["group"]("env"), runtime.border.to_lua(runtime.check_env))


def get(name: bytes) -> bytes | None:
    """Return the value of a variable; nil where it is not set, or is not UTF-8.

    In the script of a YAML check, the check's own `env` is looked at first.

    Example: `env.get("HOME")`
    """
    value = os.environb.get(name)
    return value if value is not None and _is_text(value) else None


def set_variable(name: bytes, value: bytes | None = None) -> None:
    """Set a variable of the process, which child processes started from now on inherit; nil removes it.

    Example: `env.set("KUBECONFIG", "/etc/kube/admin.conf")`

    Raises:
        BuiltinError: the name is empty or has a `=` in it, or a NUL byte is in the name or the value.
    """
    _require_name("env.set", name)
    if value is None:
        os.environb.pop(name, None)
    elif b"\0" in value:
        raise BuiltinError("env.set", "the value must not contain a NUL byte")
    else:
        os.environb[name] = value


def unset(name: bytes) -> None:
    """Remove a variable of the process; one that is not set is fine.

    Example: `env.unset("HTTPS_PROXY")`

    Raises:
        BuiltinError: the name is empty, or has a `=` or a NUL byte in it.
    """
    _require_name("env.unset", name)
    os.environb.pop(name, None)


def _require_name(function: str, name: bytes) -> None:
    if not name:
        raise BuiltinError(function, "the name must not be empty")
    if b"=" in name or b"\0" in name:
        raise BuiltinError(function, "the name must not contain '=' or a NUL byte")


def list_variables() -> list[dict[str, bytes]]:
    """Return all variables of the process, in no particular order; those that are not UTF-8 are left out.

    Example: `for _, entry in ipairs(env.list()) do print(entry.key) end`
    """
    return [{"key": name, "value": value} for name, value in os.environb.items() if _is_text(name) and _is_text(value)]


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def home() -> str | None:
    """Return the home directory: `$HOME`, else what the user database says; nil where neither knows.

    Example: `env.home() .. "/.kube/config"`
    """
    path = os.path.expanduser("~")
    return path if path != "~" else None


def cwd() -> str:
    """Return the working directory of the process as an absolute path.

    Example: `env.cwd()`

    Raises:
        BuiltinError: the directory has been removed.
    """
    try:
        return os.getcwd()
    except OSError as exc:
        raise BuiltinError("env.cwd", f"failed to read the working directory: {os_reason(exc)}") from exc
