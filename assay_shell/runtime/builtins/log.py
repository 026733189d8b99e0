"""Log lines on standard error, with time and level.

@module log
@description Logging: info, warn, error
@keywords log, logging, output, debug, error, warning, info, trace
@quickref log.info(msg) -> nil | Log at level info
@quickref log.warn(msg) -> nil | Log at level warn
@quickref log.error(msg) -> nil | Log at level error
@quickref log.debug(msg) -> nil | Log at level debug: shown with -v
"""

from __future__ import annotations

from assay_shell.runtime.declare import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.vm import Runtime


def register(runtime: Runtime) -> None:
    """Add the group."""
    runtime.define("log", {"info": read(info), "warn": read(warn), "error": read(error), "debug": read(debug)})


def info(runtime: Runtime, msg: str) -> None:
    """Log *msg* at level info.

    Example: `log.info("deployed " .. name)`

    Raises:
        ConversionError: *msg* is neither a string nor a number.
    """
    runtime.log("info", msg, "lua")


def warn(runtime: Runtime, msg: str) -> None:
    """Log *msg* at level warn.

    Example: `log.warn("retrying " .. url)`

    Raises:
        ConversionError: *msg* is neither a string nor a number.
    """
    runtime.log("warn", msg, "lua")


def error(runtime: Runtime, msg: str) -> None:
    """Log *msg* at level error; the script goes on.

    Example: `log.error("gave up on " .. url)`

    Raises:
        ConversionError: *msg* is neither a string nor a number.
    """
    runtime.log("error", msg, "lua")


def debug(runtime: Runtime, msg: str) -> None:
    """Log *msg* at level debug, which `-v` shows.

    Example: `log.debug(json.encode(request))`

    Raises:
        ConversionError: *msg* is neither a string nor a number.
    """
    runtime.log("debug", msg, "lua")
