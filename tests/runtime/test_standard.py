"""print, io and os: output passes through the runtime, and a closed reader ends the script quietly."""

from __future__ import annotations

import os

import pytest

from assay_shell.runtime.vm import Runtime


@pytest.fixture
def printed():
    """Run code and give what it wrote to standard output and error, in order, tagged."""

    def evaluate(code: str) -> list[tuple[str, bytes]]:
        seen: list[tuple[str, bytes]] = []
        with Runtime(stdout=lambda d: seen.append(("out", d)), stderr=lambda d: seen.append(("err", d))) as runtime:
            runtime.evaluate(code)
        return seen

    return evaluate


@pytest.mark.parametrize(
    ("code", "output"),
    [
        ("print(1, nil, 'a', 1.0)", b"1\tnil\ta\t1.0\n"),
        ("print()", b"\n"),
        ("print(setmetatable({}, {__tostring = function() return 'T' end}))", b"T\n"),
        ("print('\\0\\xff')", b"\x00\xff\n"),
        ("io.write('a', 1, 2.5)", b"a12.5"),
        ("io.write('a'):write('b')", b"ab"),
        ("io.stdout:write('x', 'y')", b"xy"),
        ("io.output():write('z')", b"z"),
    ],
)
def test_output_goes_through_the_runtime(printed, code, output):
    assert b"".join(data for kind, data in printed(code) if kind == "out") == output


def test_standard_error_too_and_in_order(printed):
    assert printed("print('a') io.stderr:write('b') print('c')") == [("out", b"a\n"), ("err", b"b"), ("out", b"c\n")]


def test_the_streams_look_like_files(run):
    assert run("return { io.type(io.stdout), io.type(io.stderr), io.type(5) }") == ["file", "file"]
    assert run("return tostring(io.stdout)").startswith("FILE*: 0x")


@pytest.mark.parametrize("code", ["io.write({})", "io.stdout:write(nil)"])
def test_writing_what_is_no_text_is_refused(fails, code):
    assert "bad argument #1 to 'write' (string expected" in fails(code)


def test_files_work_as_in_lua(run, tmp_path):
    path = tmp_path / "f"
    code = f"""
      local f = assert(io.open('{path}', 'w')) f:write('one\\ntwo\\n') f:close()
      local lines = {{}}
      for line in io.lines('{path}') do lines[#lines + 1] = line end
      local ok, message, number = io.open('{path}/no')
      return {{ lines, message, number }}
    """
    assert run(code) == [["one", "two"], f"{path}/no: Not a directory", 20]


def test_output_can_be_redirected_to_a_file(run, tmp_path):
    path = tmp_path / "f"
    run(f"io.output('{path}') io.write('to file') io.close() io.output(io.stdout)")
    assert path.read_text() == "to file"


def test_popen_and_execute_work(run, tmp_path):
    code = "local p = io.popen('echo hi; exit 3') local t = p:read('a') local _, _, c = p:close() return {t, c}"
    assert run(code) == [
        "hi\n", 3,
    ]  # fmt: skip
    assert run("return { require('os').execute('exit 4') }") == {2: "exit", 3: 4}


def test_a_pipe_reads_by_every_format(run):
    code = """
      local p = io.popen("printf '1 0x10 x\\\\nline\\\\nlast'")
      local a, b = p:read("n", "n")
      return { a, b, p:read(1), p:read("L"), p:read("l"), p:read(2), p:read("a"), p:read("a"), p:read("l") == nil }
    """
    assert run(code) == [1, 16, "x", "\n", "line", "la", "st", "", True]


def test_a_pipe_is_written_and_iterated(run, tmp_path):
    path = tmp_path / "out"
    code = f"""
      local p = io.popen("cat > {path}", "w")
      assert(p:write() == p)
      p:write("a", 1, "\\0\\255\\n")
      p:close()
      local lines = {{}}
      for line in io.popen("printf 'x\\\\ny\\\\n'"):lines() do lines[#lines + 1] = line end
      return lines
    """
    assert run(code) == ["x", "y"]
    assert path.read_bytes() == b"a1\x00\xff\n"


def test_other_tasks_run_while_a_command_does(run):
    code = """
      local n = 0
      async.spawn(function() while true do sleep(0.01) n = n + 1 end end)
      require("os").execute("sleep 0.1")
      io.popen("sleep 0.1"):close()
      return n > 4
    """
    assert run(code) is True


def test_a_command_ends_with_its_script(run, tmp_path):
    code = f"""
      async.spawn(function() require("os").execute("echo $$ > {tmp_path}/pid; exec sleep 60") end)
      while not fs.exists("{tmp_path}/pid") or fs.read("{tmp_path}/pid") == "" do sleep(0.005) end
    """
    run(code)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_the_order_of_prints_and_child_output_is_kept(cli):
    code = "print('one') require('os').execute('echo two') print('three') io.popen('echo four; exec 1>&2'):close()"
    assert cli("exec", "-e", code).stdout.split()[:3] == [b"one", b"two", b"three"]


def test_a_hundred_megabytes_come_through(cli):
    result = cli("exec", "-e", "local s = ('x'):rep(1024 * 1024 - 1) for _ = 1, 100 do print(s) end", timeout=60)
    assert (result.returncode, len(result.stdout)) == (0, 100 << 20)


def test_a_script_whose_reader_left_ends_quietly(cli):
    reading, writing = os.pipe()
    process = cli.start("exec", "-e", "while true do print(('x'):rep(10000)) end", stdout=writing)
    os.close(writing)
    os.read(reading, 10)
    os.close(reading)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 1
    assert b"Traceback" not in err
    assert b"roken pipe" not in err


def test_the_clock_and_dates_stay(run):
    assert run("return type(os.clock()) .. type(os.time{year = 2020, month = 1, day = 1})") == "numbernumber"
    assert run("return os.date('!%Y-%m-%d', 0)") == "1970-01-01"
    assert run("return os.getenv('PATH') ~= nil") is True
