"""shell: what commands get and give, how they end, and the words of its errors."""

from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_shell.runtime.builtins.shell import quote
from assay_shell.runtime.errors import Interrupted
from assay_shell.runtime.vm import Runtime
from tests.conftest import Fails, Run
from tests.support.leftovers import children
from tests.support.processes import descriptors, gone, runs

ALL_BYTES = bytes(range(256)).decode("utf-8", "surrogateescape")


def result(status: int = 0, stdout: str = "", stderr: str = "", *, timed_out: bool = False) -> dict[str, object]:
    return {"status": status, "stdout": stdout, "stderr": stderr, "timed_out": timed_out}


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        pytest.param("'true'", result(), id="nothing said"),
        pytest.param("'echo out; echo err >&2'", result(stdout="out\n", stderr="err\n"), id="two streams"),
        pytest.param("'exit 3'", result(3), id="a status is no error"),
        pytest.param("'kill -9 $$'", result(-1), id="killed by a signal"),
        pytest.param("'echo $0'", result(stdout="/bin/sh\n"), id="run by /bin/sh"),
        pytest.param("'wc -c'", result(stdout="0\n"), id="no input"),
        pytest.param("'wc -c', { stdin = 'abc', timeout = 2 }", result(stdout="3\n"), id="input"),
        pytest.param("'cat', { stdin = 12.5 }", result(stdout="12.5"), id="a number as input"),
        pytest.param("'cat', { stdin = '' }", result(), id="empty input"),
        pytest.param("'pwd', { cwd = '/' }", result(stdout="/\n"), id="folder"),
        pytest.param("'echo $A-$B', { env = { A = 'x', B = 7 } }", result(stdout="x-7\n"), id="variables"),
        pytest.param("'echo a', 5", result(stdout="a\n"), id="options that are no table"),
        pytest.param("'echo a', { stdin = nil, timeout = '2' }", result(stdout="a\n"), id="numeric text as limit"),
        pytest.param("'echo late; sleep 9', { timeout = 0.1 }", result(-1, "late\n", timed_out=True), id="limit"),
        pytest.param("'sleep 9', { timeout = 0 }", result(-1, timed_out=True), id="no time at all"),
        pytest.param("7 .. ''", result(127, stderr="/bin/sh: 1: 7: not found\n"), id="not found"),
    ],
)
def test_a_command_gives_status_output_and_whether_it_ran_out_of_time(
    run: Run, call: str, wanted: dict[str, object]
) -> None:
    found = run(f"return shell.exec({call})")
    if wanted["status"] == 127:  # each sh has its own words
        assert isinstance(found, dict)
        wanted["stderr"] = found["stderr"]
    assert found == wanted


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param("", "shell.exec: command string required", id="no argument"),
        pytest.param(
            "{}",
            "bad argument #1: error converting Lua table to String (expected string or number)",
            id="command of another type",
        ),
        pytest.param(
            "'true', { timeout = -1 }", "shell.exec: timeout must be a non-negative finite number", id="negative limit"
        ),
        pytest.param(
            "'true', { timeout = 1/0 }", "shell.exec: timeout must be a non-negative finite number", id="endless limit"
        ),
        pytest.param(
            "'true', { timeout = 0/0 }", "shell.exec: timeout must be a non-negative finite number", id="NaN as limit"
        ),
        pytest.param(
            "'true', { timeout = {} }",
            "error converting Lua table to number (expected number or string coercible to number)",
            id="limit of another type",
        ),
        pytest.param(
            "'true', { cwd = true }",
            "error converting Lua boolean to String (expected string or number)",
            id="folder of another type",
        ),
        pytest.param(
            "'true', { stdin = {} }",
            "error converting Lua table to String (expected string or number)",
            id="input of another type",
        ),
        pytest.param("'true', { env = 'A=1' }", "error converting Lua string to table", id="variables of another type"),
        pytest.param(
            "'true', { env = { A = true } }",
            "error converting Lua boolean to String (expected string or number)",
            id="variable of another type",
        ),
        pytest.param("'true', { on_line = 1 }", "error converting Lua integer to function", id="no function"),
        pytest.param(
            "'true', { cwd = '/no/such/folder' }",
            "shell.exec: failed to spawn command: No such file or directory (os error 2)",
            id="no such folder",
        ),
        pytest.param(
            "'true', { cwd = '/etc/passwd' }",
            "shell.exec: failed to spawn command: Not a directory (os error 20)",
            id="a file as folder",
        ),
        pytest.param(
            "'a\\0b'", "shell.exec: failed to spawn command: nul byte found in provided data", id="NUL in command"
        ),
        pytest.param(
            "'true', { env = { ['A=B'] = 1 } }",
            'shell.exec: failed to spawn command: illegal environment variable name "A=B"',
            id="bad name of a variable",
        ),
        pytest.param(
            "'true', { stdin = ('x'):rep(1000000) }",
            "shell.exec: failed to write stdin: Broken pipe (os error 32)",
            id="input nobody wants",
        ),
        pytest.param(
            "('x'):rep(3000000)",
            "shell.exec: failed to spawn command: Argument list too long (os error 7)",
            id="endless command",
        ),
    ],
)
def test_errors_have_the_contracts_words(fails: Fails, call: str, message: str) -> None:
    assert fails(f"shell.exec({call})") == message


def test_all_bytes_survive_input_and_output_with_and_without_a_limit(run: Run) -> None:
    code = """
        local all = {}
        for i = 0, 255 do all[#all + 1] = string.char(i) end
        all = table.concat(all)
        assert(shell.exec("cat", { stdin = all }).stdout == all)
        assert(shell.exec("cat >&2", { stdin = all, timeout = 5 }).stderr == all)
        return all
    """
    assert run(code) == ALL_BYTES


def test_commands_folders_and_variables_may_hold_any_bytes(run: Run, tmp_path: Path) -> None:
    folder = bytes(tmp_path) + b"/\xff\xc3"
    code = rb"""
        local folder = "%s"
        shell.exec("mkdir -p '" .. folder .. "'")
        return shell.exec("pwd; printf %%s \"$V\xe9\" '\xfe'", { cwd = folder, env = { V = "\xfd" } }).stdout
    """ % folder.replace(b"\xff", rb"\xff").replace(b"\xc3", rb"\xc3")
    assert run(code) == (folder + b"\n\xfd\xe9\xfe").decode("utf-8", "surrogateescape")


def test_five_megabytes_of_input_go_through_a_command_that_answers_while_reading(run: Run) -> None:
    code = """
        local data = ("0123456789abcdef"):rep(5 * 65536)
        local answer = shell.exec("cat", { stdin = data, timeout = 20 })
        return answer.stdout == data
    """
    assert run(code) is True


def test_a_hundred_megabytes_of_output_arrive_whole(run: Run) -> None:
    code = """
        local text = shell.exec("head -c 99999999 /dev/zero | tr '\\\\0' x; echo").stdout
        return #text == 100000000 and text:find("[^x]") == 100000000
    """
    assert run(code) is True


def test_output_that_does_not_fit_into_memory_ends_the_command(run: Run, fails: Fails) -> None:
    assert fails("shell.exec('exec yes')", memory_limit=16 << 20) == "memory error: not enough memory"
    code = "local ok, e = pcall(shell.exec, 'exec yes'); return not ok and shell.exec('echo alive').stdout"
    assert run(code, memory_limit=16 << 20) == "alive\n"


def test_variables_are_added_to_those_of_the_process(run: Run) -> None:
    code = """
        env.set("ASSAY_TEST_OUTER", "outer")
        local answer = shell.exec("echo $ASSAY_TEST_OUTER $INNER", { env = { INNER = "inner" } }).stdout
        env.set("ASSAY_TEST_OUTER", nil)
        return answer
    """
    assert run(code) == "outer inner\n"


def test_a_time_limit_ends_all_that_was_started_and_returns_at_once(run: Run) -> None:
    started = time.monotonic()
    found = run("return shell.exec('sleep 60 & echo $!; sleep 60; true', { timeout = 0.1 })")
    assert time.monotonic() - started < 2
    assert isinstance(found, dict)
    assert found["timed_out"] is True
    assert gone(int(found["stdout"]))


def test_background_programs_keep_the_call_waiting_while_they_hold_the_output(run: Run) -> None:
    assert run("return shell.exec('(sleep 0.1; echo late) & echo early').stdout") == "early\nlate\n"


def test_background_programs_with_redirected_output_outlive_the_script(run: Run) -> None:
    pid = run("return tonumber(shell.exec('sleep 0.5 >/dev/null 2>&1 & echo $!').stdout)")
    assert isinstance(pid, int)
    assert runs(pid)


def test_other_tasks_run_meanwhile(run: Run) -> None:
    code = """
        local started = time()
        local handles = {}
        for i = 1, 5 do handles[i] = async.spawn(function() return shell.exec("sleep 0.2; echo " .. i).stdout end) end
        local said = {}
        for i = 1, 5 do said[i] = handles[i].await()[1] end
        return { table.concat(said), time() - started < 0.8 }
    """
    assert run(code) == ["1\n2\n3\n4\n5\n", True]


def test_lines_come_while_the_command_runs(run: Run) -> None:
    code = """
        local seen, started = {}, time()
        local answer = shell.exec("echo one; echo two >&2; sleep 0.3; printf three", {
          on_line = function(line, stream) seen[#seen + 1] = { line, stream, time() - started < 0.25 } end,
        })
        table.sort(seen, function(a, b) return a[1] < b[1] end)
        return { seen, answer }
    """
    lines = [["one", "stdout", True], ["three", "stdout", False], ["two", "stderr", True]]
    assert run(code) == [lines, result(stdout="one\nthree", stderr="two\n")]


def test_the_line_function_may_wait_and_the_command_waits_for_it(run: Run) -> None:
    code = """
        local seen = 0
        shell.exec("seq 5", { on_line = function() sleep(0.01) seen = seen + 1 end })
        return seen
    """
    assert run(code) == 5


def test_lines_that_came_before_the_time_limit_are_handed_on(run: Run) -> None:
    code = """
        local seen = {}
        local answer = shell.exec("echo a; printf b; sleep 60", {
          timeout = 0.1, on_line = function(line) seen[#seen + 1] = line end,
        })
        return { seen, answer }
    """
    assert run(code) == [["a", "b"], result(-1, "a\nb", timed_out=True)]


def test_an_error_in_the_line_function_ends_the_command_and_is_its_error(
    fails: Fails, run: Run, tmp_path: Path
) -> None:
    command = f"echo $$ > {tmp_path}/pid; echo line; sleep 60"
    assert (
        fails(f"shell.exec('{command}', {{ on_line = function(l) error('no more ' .. l, 0) end }})") == "no more line"
    )
    assert gone(int((tmp_path / "pid").read_text()))
    code = f"""
        local _, e = pcall(shell.exec, "{command}", {{ on_line = function() error({{ code = 7 }}) end }})
        return e.cause.code
    """
    assert run(code) == 7
    assert gone(int((tmp_path / "pid").read_text()))


def test_two_hundred_cancelled_tasks_leave_nothing() -> None:
    with Runtime() as runtime:
        runtime.evaluate("shell.exec('true')")
        before, known = descriptors(), set(children())
        runtime.evaluate("""
            local input = ("x"):rep(100000)
            local function work() shell.exec("sleep 60 & sleep 60", { stdin = input }) end
            for round = 1, 20 do
              local handles = {}
              for i = 1, 10 do handles[i] = async.spawn(work) end
              sleep(0.005 * (round % 3))
              for i = 1, 10 do handles[i]:cancel() end
            end
        """)
        for _ in range(40):  # clean-up goes on behind the scenes; a busy machine takes longer
            runtime.evaluate("sleep(0.05)")
            if descriptors() == before and set(children()) <= known:
                break
        assert descriptors() == before
        assert set(children()) <= known


def test_commands_still_running_at_the_end_of_the_script_are_ended(run: Run, tmp_path: Path) -> None:
    run(f"""
        async.spawn(function() shell.exec("trap '' TERM; echo $$ > {tmp_path}/pid; sleep 60") end)
        while not fs.exists("{tmp_path}/pid") or fs.read("{tmp_path}/pid") == "" do sleep(0.005) end
    """)
    assert gone(int((tmp_path / "pid").read_text()))


def test_an_interrupt_ends_a_deaf_command_in_a_moment(tmp_path: Path) -> None:
    with Runtime() as runtime:
        fired: list[float] = []

        def fire() -> None:
            while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
                time.sleep(0.005)
            fired.append(time.monotonic())
            runtime.interrupt()

        watcher = threading.Thread(target=fire)
        watcher.start()
        with pytest.raises(Interrupted):
            runtime.evaluate(f"pcall(shell.exec, \"trap '' TERM; echo $$ > {tmp_path}/pid; sleep 60\")")
        took = time.monotonic() - fired[0]
        watcher.join()
    assert took < 0.2
    assert gone(int((tmp_path / "pid").read_text()))


def test_readonly_refuses_commands_and_shows_them(fails: Fails, tmp_path: Path) -> None:
    message = fails(f"shell.exec('touch {tmp_path}/x')", readonly=True)
    assert message == f"readonly: shell.exec blocked (touch {tmp_path}/x)"
    assert not (tmp_path / "x").exists()


def test_an_unknown_option_is_an_error_only_when_strict(run: Run, fails: Fails) -> None:
    assert run("return shell.exec('echo a', { timout = 5 }).stdout") == "a\n"
    assert "timeout" in fails("shell.exec('echo a', { timout = 5 })", strict=True)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param("", "''", id="empty"),
        pytest.param("plain-1.2/x=y", "plain-1.2/x=y", id="plain"),
        pytest.param("a b", "'a b'", id="blank"),
        pytest.param("it's", "'it'\"'\"'s'", id="quote"),
        pytest.param("$(x) `y` \\ \n", "'$(x) `y` \\ \n'", id="active characters"),
        pytest.param("ü", "'ü'", id="outside ASCII"),
        pytest.param("~", "'~'", id="home"),
    ],
)
def test_quoting_makes_one_word(run: Run, text: str, word: str) -> None:
    lua = "".join(f"\\{byte:03}" for byte in text.encode())
    assert run(f"return shell.quote('{lua}')") == word


def test_numbers_are_quoted_as_text(run: Run) -> None:
    assert run("return shell.quote(1.5)") == "1.5"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=20).map(lambda data: data.replace(b"\0", b"0")), max_size=5))
def test_the_shell_reads_a_quoted_word_as_it_was(words: list[bytes]) -> None:
    command = b"printf '%s\\0' " + b" ".join(map(quote, words)) if words else b":"
    assert subprocess.run([b"/bin/sh", b"-c", command], capture_output=True, check=True).stdout == b"".join(
        word + b"\0" for word in words
    )


def test_every_byte_but_nul_is_quoted(run: Run) -> None:
    code = """
        local all = {}
        for i = 1, 255 do all[#all + 1] = string.char(i) end
        all = table.concat(all)
        return shell.exec("printf %s " .. shell.quote(all)).stdout == all
    """
    assert run(code) is True


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param("'a\\0'", "shell.quote: a NUL byte cannot be part of a command", id="NUL"),
        pytest.param(
            "", "bad argument #1: error converting Lua nil to String (expected string or number)", id="nothing"
        ),
        pytest.param(
            "{}", "bad argument #1: error converting Lua table to String (expected string or number)", id="table"
        ),
    ],
)
def test_what_cannot_be_quoted_is_refused(fails: Fails, call: str, message: str) -> None:
    assert fails(f"shell.quote({call})") == message
