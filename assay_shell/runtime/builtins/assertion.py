"""Checks that fail a script with a text saying what was found.

@module assert
@description Assertions: eq, gt, lt, contains, not_nil, matches
@keywords assert, assertion, test, validation, comparison, check, verify
@quickref assert.eq(a, b, msg?) -> nil | Fail unless both are equal; floats may differ by rounding
@quickref assert.ne(a, b, msg?) -> nil | Fail when both are equal
@quickref assert.gt(a, b, msg?) -> nil | Fail unless a > b
@quickref assert.lt(a, b, msg?) -> nil | Fail unless a < b
@quickref assert.contains(text, part, msg?) -> nil | Fail unless part stands in text
@quickref assert.not_nil(value, msg?) -> nil | Fail when value is nil
@quickref assert.matches(text, pattern, msg?) -> nil | Fail unless the Lua pattern is found in text
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.vm import Runtime


def register(runtime: Runtime) -> None:
    """Add the group, which can also be called like the standard `assert`."""
    functions, standard = runtime.include("assert")
    runtime.define_lua("assert", functions)
    runtime.driver["set_call"](runtime.driver["group"]("assert"), standard)
