"""The runtime as Python code uses it: results, errors, limits, several VMs."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from assay_shell.runtime.declare import pure, read
from assay_shell.runtime.errors import ScriptError, ScriptExit, ScriptMemoryError, ScriptSyntaxError, UsageError
from assay_shell.runtime.vm import Runtime, memory_limit_from, without_shebang


@pytest.fixture
def runtime():
    with Runtime() as opened:
        yield opened


def test_a_chunk_gives_all_its_results_as_python_data(runtime):
    assert runtime.evaluate("return nil") == [None]
    assert runtime.evaluate("return") == []
    assert runtime.evaluate("return 1, 'é', nil, {1, 2}, {a = {b = true}}, 1.0") == [
        1, "é", None, [1, 2], {"a": {"b": True}}, 1.0,
    ]  # fmt: skip


def test_arguments_arrive_as_the_chunks_varargs(runtime):
    assert runtime.evaluate("local a, b = ... return b, a", args=[1, "é"]) == ["é", 1]


def test_globals_persist_between_evaluations(runtime):
    runtime.evaluate("x = 41")
    assert runtime.evaluate("return x + 1") == [42]


def test_a_global_function_can_be_called_from_python(runtime):
    runtime.evaluate("function twice(n) sleep(0) return n * 2 end")
    assert runtime.call("twice", 21) == [42]
    assert runtime.call("base64.encode", "é") == ["w6k="]
    with pytest.raises(KeyError):
        runtime.call("nothing.here")


def test_a_group_can_be_registered(runtime):
    def greet(name: str) -> str:
        """Greet somebody."""
        return f"hello {name}"

    runtime.define("demo", {"greet": pure(greet)}, fields={"version": 2})
    assert runtime.evaluate("return demo.greet('you'), demo.version") == ["hello you", 2]


def test_a_group_can_be_added_to_every_runtime():
    import assay_shell

    def answer() -> int:
        """Tell."""
        return 42

    assay_shell.register("added", {"answer": pure(answer)})
    assert assay_shell.run("return added.answer()") == [42]


def test_what_a_script_replaces_does_not_break_builtins(runtime):
    code = """
      string.find, string.format, table.concat, pcall, setmetatable, next = nil, nil, nil, nil, nil, nil
      os.time, math.type = nil, nil
      return json.encode({ a = { 1, "x" } }), async.spawn(function() return 1 end).await()[1]
    """
    assert runtime.evaluate(code) == ['{"a":[1,"x"]}', 1]


def test_the_locale_stays(runtime):
    code = "local o = require('os') return o.setlocale('de_DE.UTF-8'), o.setlocale(), tostring(1.5)"
    assert runtime.evaluate(code) == [None, "C", "1.5"]


def test_vms_share_nothing():
    with Runtime() as one, Runtime() as two:
        one.evaluate("x = 1 fs.mine = true")
        assert two.evaluate("return x, fs.mine") == [None, None]


def test_a_syntax_error_names_line_and_token(runtime):
    with pytest.raises(ScriptSyntaxError, match=r"syntax error: dir/x.lua:2: .* near 'end'") as caught:
        runtime.evaluate("local a = 1\nend", "dir/x.lua")
    assert (caught.value.chunk, caught.value.line, caught.value.incomplete) == ("dir/x.lua", 2, False)


@pytest.mark.parametrize("code", ["for i = 1, 2 do", "x = {", "f(", "if a then b() else"])
def test_incomplete_input_says_so(runtime, code):
    with pytest.raises(ScriptSyntaxError) as caught:
        runtime.compile(code)
    assert caught.value.incomplete


@pytest.mark.parametrize("code", [b"x = '\xff\xfe' return #x", b"return #'\x00a'"])
def test_source_may_hold_any_bytes_inside_strings(runtime, code):
    assert runtime.evaluate(code) == [2]


def test_binary_chunks_are_refused(runtime):
    with pytest.raises(ScriptSyntaxError):
        runtime.evaluate(b"\x1bLua\x55\x00")


def test_a_thrown_table_survives_and_is_shown(runtime):
    with pytest.raises(ScriptError, match=r"table: 0x[0-9a-f]+.*code.*7") as caught:
        runtime.evaluate("\nerror({ code = 7 })", "dir/s.lua")
    assert (caught.value.chunk, caught.value.line) == ("dir/s.lua", 2)
    assert caught.value.value == {"code": 7}
    assert runtime.evaluate("local ok, e = pcall(error, {code = 1}) return e.code") == [1]


def test_an_error_has_position_and_a_traceback_without_our_frames(runtime):
    with pytest.raises(ScriptError) as caught:
        runtime.evaluate("local function inner()\n  fs.read('/nowhere')\nend\nlocal x = inner()", "s.lua")
    error = caught.value
    assert (error.chunk, error.line) == ("s.lua", 2)
    assert error.message == 'fs.read: failed to read "/nowhere": No such file or directory (os error 2)'
    assert "s.lua:2: in " in error.traceback
    assert "[assay]" not in error.traceback
    assert error.text.startswith(error.message + "\nstack traceback:\n")


def nested(depth: int, wrap: str) -> str:
    """A script whose error lies under so many calls, each made by *wrap*."""
    return f"local function go(n)\n  if n == 0 then error('deep') end\n  {wrap}\n  return true\nend\ngo({depth})"


@pytest.mark.parametrize(
    ("code", "shown", "skipped"),
    [
        pytest.param(nested(8, "assert(pcall(go, n - 1))"), 2, "", id="caught and raised again"),
        pytest.param(nested(15, "require('os').date() go(n - 1)"), 17, "", id="few"),
        pytest.param(nested(40, "go(n - 1)"), 21, "(skipping 21 levels)", id="many"),
        pytest.param(nested(40, "xpcall(go, error, n - 1) error('again')"), 2, "", id="handled"),
        pytest.param(nested(15, "async.timeout(5, function() go(n - 1) end)"), 2, "", id="in tasks of their own"),
        pytest.param(nested(15, "setmetatable({}, { __index = function() go(n - 1) end })()"), 2, "", id="no call"),
        pytest.param("local text = json.encode(DEEP) return text", 1, "", id="in our own depths"),
    ],
)
def test_a_deep_traceback_counts_the_frames_of_the_script_alone(runtime, code, shown, skipped):
    runtime.evaluate("DEEP = { print } for _ = 1, 100 do DEEP = { DEEP } end")
    with pytest.raises(ScriptError) as caught:
        runtime.evaluate(code, "s.lua")
    lines = caught.value.traceback.splitlines()[1:]
    assert "".join(line for line in lines if "skipping" in line) == (f"\t...\t{skipped}" if skipped else "")
    assert len([line for line in lines if "s.lua:" in line]) == shown


def test_the_middle_of_a_stack_too_deep_to_look_through_is_left_out(runtime):
    with pytest.raises(ScriptError) as caught:
        runtime.evaluate(nested(5000, "go(n - 1)"), "s.lua")
    assert "\n\t...\t(skipping 4" in caught.value.traceback


def test_builtin_errors_read_as_the_contracts_form_one(runtime):
    text = runtime.evaluate("local _, e = pcall(fs.read, '/nowhere') return tostring(e)")[0]
    assert text.startswith('runtime error: fs.read: failed to read "/nowhere": ')
    assert "\nstack traceback:" in text
    assert text.endswith("\n")


def test_conversion_errors_have_no_prefix(runtime):
    assert runtime.evaluate("local _, e = pcall(fs.read) return tostring(e)")[0].startswith(
        "bad argument #1: error converting Lua nil to String (expected string or number)\n"
    )


def test_error_objects_concatenate_and_answer_string_methods(runtime):
    code = "local _, e = pcall(fs.read, '/x') return 'E: ' .. e, e:match('os error (%d)'), e:find('fs.read', 1, true)"
    text, number, *_ = runtime.evaluate(code)
    assert text.startswith("E: runtime error: fs.read")
    assert number == "2"


def test_an_error_object_passed_on_stays_the_same(runtime):
    code = "local _, e = pcall(fs.read, '/x') local _, f = pcall(error, e) return rawequal(e, f)"
    assert runtime.evaluate(code) == [True]


def test_memory_exhaustion_is_an_error_and_leaves_the_vm_usable():
    with Runtime(memory_limit=32 << 20) as runtime:
        with pytest.raises(ScriptMemoryError, match="memory error: not enough memory"):
            runtime.evaluate("local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end")
        assert runtime.evaluate("return 1 + 1") == [2]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("base64.encode(('x'):rep(500))", id="strings of builtins"),
        pytest.param("fs.list('/')", id="tables of builtins"),
        pytest.param("fs.read('/proc/self/maps') .. i", id="files"),
        pytest.param("keep(pcall(fs.read, '/nowhere'))", id="errors", marks=pytest.mark.long),
    ],
)
def test_memory_exhaustion_by_results_of_builtins_is_caught_too(source):
    with Runtime(memory_limit=16 << 20) as runtime:
        code = f"local t = {{}} local ok, e = pcall(function() for i = 1, 1e9 do t[i] = {source} end end)"
        # Ends with the first lack of memory: a loop that catches each would go on until the table itself cannot grow.
        runtime.evaluate("function keep(_, e) if not e:find('nowhere') then error(e, 0) end return { e } end")
        found = runtime.evaluate(code + " t = nil collectgarbage() return tostring(e), base64.encode('ab')")
        assert "not enough memory" in found[0]
        assert found[1] == "YWI="


def test_a_result_larger_than_the_limit_is_refused_before_it_is_pushed(tmp_path):
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(64 << 20)
    with Runtime(memory_limit=32 << 20) as runtime:
        assert "not enough memory" in runtime.evaluate(f"return tostring(select(2, pcall(fs.read, '{big}')))")[0]
        assert runtime.evaluate("return 1") == [1]


def test_unbounded_recursion_is_an_error(fails):
    assert "stack overflow" in fails("local function f() return 1 + f() end f()")


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, 512 << 20), ("", 512 << 20), ("0", 0), ("1024", 1024), ("64M", 64 << 20), ("1g", 1 << 30), ("2 KiB", None)],
)
def test_the_memory_limit_is_read_from_text(text, expected):
    if expected is None:
        with pytest.raises(UsageError, match="ASSAY_MEMORY_LIMIT"):
            memory_limit_from(text)
    else:
        assert memory_limit_from(text) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [(b"#!/x\nreturn 1", b"\nreturn 1"), (b"#!/x", b""), (b"return 1", b"return 1"), (b"# x", b"# x")],
)
def test_a_shebang_line_becomes_an_empty_one(source, expected):
    assert without_shebang(source) == expected


def test_a_file_runs_with_its_arguments(runtime, tmp_path: Path):
    script = tmp_path / "s.lua"
    script.write_text("#!/usr/bin/assay\nreturn arg[0], arg[1], #arg, ...")
    assert runtime.run_file(str(script), ["a", "b"]) == [str(script), "a", 2, "a", "b"]


def test_exit_codes_come_as_script_exit(runtime):
    with pytest.raises(ScriptExit) as caught:
        runtime.evaluate("pcall(function() require('os').exit(3) end)")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(("argument", "code"), [("", 0), ("true", 0), ("false", 1), ("7", 7), ("256 + 4", 4)])
def test_exit_takes_what_the_standard_library_takes(runtime, argument, code):
    with pytest.raises(ScriptExit) as caught:
        runtime.evaluate(f"require('os').exit({argument})")
    assert caught.value.exit_code == code


def test_exit_runs_close_variables(runtime):
    out: list[bytes] = []
    with Runtime(stdout=out.append) as runtime, pytest.raises(ScriptExit):
        runtime.evaluate(
            "local x <close> = setmetatable({}, {__close = function() sleep(0) print('bye') end}) require('os').exit(0)"
        )
    assert b"".join(out) == b"bye\n"


def test_runtimes_that_nobody_closes_do_not_crash():
    for _ in range(5):
        Runtime().evaluate("X = setmetatable({}, {__gc = function() fs.exists('/') end})")
    gc.collect()


def test_a_builtin_that_breaks_gives_an_error_not_a_python_traceback(runtime):
    def broken() -> None:
        """Break."""
        raise ZeroDivisionError("secret detail")

    runtime.define("demo", {"broken": read(broken)})
    with pytest.raises(ScriptError, match=r"demo\.broken: internal error: ZeroDivisionError"):
        runtime.evaluate("demo.broken()")
