"""Whatever a script hands to a builtin: only Lua errors come out, in our words, and the VM lives on."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay_shell.runtime.builtins import GROUPS
from assay_shell.runtime.vm import Runtime

# Lua sources of what is thrown: nothing that names a file, host or process that exists.
THROWN = [
    "nil", "true", "false", "0", "-1", "0.001", "0/0", "1/0", "-1/0", "math.maxinteger", "math.mininteger", "1e308",
    "''", "'x'", "'\\0\\255'", "('y'):rep(5000)", "'%s{{'", "'1'", "'nowhere/at/all'", "'http://'", "'ht!tp://x'",
    "{}", "{ 1, 2 }", "{ a = { b = 1 } }", "{ 1, nil, 3 }", "CYCLE", "DEEP", "{ timeout = -1 }", "{ headers = 5 }",
    "{ [1.5] = true }", "{ [{}] = 1 }", "print", "coroutine.create(print)", "io.stdout", "PROBLEM", "HOSTILE",
    "setmetatable({}, { __tostring = function() error('no') end })",
]  # fmt: skip

SETUP = """
CYCLE = {} CYCLE.self = CYCLE
DEEP = {} for _ = 1, 300 do DEEP = { DEEP } end
_, PROBLEM = pcall(fs.read)
HOSTILE = setmetatable({}, { __index = function() error("hostile") end, __pairs = error, __len = error })
"""

# These wait, end the script or start what never ends when they get what they ask for.
LEFT_OUT = {"sleep", "http.serve"}


def names() -> list[str]:
    """Every function of every group, those written in Lua included."""
    with Runtime() as runtime:
        listing = runtime.evaluate(
            "local all = {} for _, group in ipairs({...}) do"
            " for name, value in pairs(_G[group]) do"
            " if type(value) == 'function' then all[#all + 1] = group .. '.' .. name end end end return all",
            args=list(GROUPS),
        )[0]
    return sorted({*listing, "time", "require", "io.write", "io.open", "io.output", "io.popen"} - LEFT_OUT)


@pytest.fixture(scope="module")
def runtime():
    """Read-only, so that no thrown value can do harm."""
    with Runtime(readonly=True, stdout=lambda data: None, log=lambda *line, **fields: None) as opened:
        opened.evaluate(SETUP)
        yield opened


@pytest.mark.parametrize("name", names())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arguments=st.lists(st.sampled_from(THROWN), max_size=4))
def test_only_lua_errors_come_out(runtime, name, arguments):
    code = f"""
      local ok, problem = pcall(async.timeout, 5, function() return {name}({', '.join(arguments)}) end)
      local shown, text = pcall(tostring, problem)
      return ok, shown and text or "a value that cannot be shown"
    """
    ok, text = runtime.evaluate(code)
    assert ok or ("internal error" not in text and "Traceback" not in text and "not done within" not in text), text
