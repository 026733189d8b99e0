from __future__ import annotations

import json

import pytest

from assay_shell.runtime.log import Filter, Log, from_environment, visible

MOMENT = 1_775_557_230_123_456_789  # 2026-04-07T10:20:30.123456789Z


def hide(text: str) -> str:
    return text.replace("token=abc", "token=***").replace("hunter2", "***")


class Lines:
    """Collects what a log writes."""

    def __init__(self, lines: str | None = "trace", **options: bool) -> None:
        self.data = b""
        self.log = Log(self._add, Filter.parse(lines), hide, now=lambda: MOMENT, **options)

    def _add(self, data: bytes) -> None:
        self.data += data

    @property
    def text(self) -> str:
        return self.data.decode()


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        pytest.param("error", "2026-04-07T10:20:30.123456Z ERROR hello\n", id="error"),
        pytest.param("warn", "2026-04-07T10:20:30.123456Z  WARN hello\n", id="warn"),
        pytest.param("info", "2026-04-07T10:20:30.123456Z  INFO hello\n", id="info"),
        pytest.param("debug", "2026-04-07T10:20:30.123456Z DEBUG hello\n", id="debug"),
        pytest.param("trace", "2026-04-07T10:20:30.123456Z TRACE hello\n", id="trace"),
    ],
)
def test_a_line_is_timestamp_level_in_five_columns_and_message(level: str, expected: str) -> None:
    lines = Lines()
    lines.log.write(level, "hello")
    assert lines.text == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("a.lua", "x=a.lua", id="bare word"),
        pytest.param("a b", 'x="a b"', id="blank"),
        pytest.param('say "hi"', r'x="say \"hi\""', id="quotes"),
        pytest.param("", 'x=""', id="empty"),
        pytest.param("two\nlines", r'x="two\nlines"', id="line end"),
        pytest.param("k=v", 'x="k=v"', id="equals sign"),
        pytest.param("\x1b[2J", r"x=\x1b[2J", id="escape"),
        pytest.param(20, "x=20", id="integer"),
        pytest.param(1.5, "x=1.5", id="float"),
        pytest.param(True, "x=true", id="true"),
        pytest.param(False, "x=false", id="false"),
        pytest.param(None, "x=null", id="nothing"),
    ],
)
def test_fields_follow_the_message_and_are_quoted_where_their_end_would_be_in_doubt(
    value: str | int | float | None, expected: str
) -> None:
    lines = Lines()
    lines.log.write("info", "m", x=value)
    assert lines.text == f"2026-04-07T10:20:30.123456Z  INFO m {expected}\n"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param("\x1b[31mred\x07\r\x00\x7f", r"\x1b[31mred\x07\x0d\x00\x7f", id="control characters"),
        pytest.param("one\ntwo\tthree", "one\ntwo\tthree", id="line ends and tabs stay"),
        pytest.param("\x9b2J", r"\u{9b}2J", id="eight-bit controls"),
        pytest.param(b"\xff\x9b".decode("utf-8", "surrogateescape"), r"\xff\x9b", id="bytes that are not UTF-8"),
        pytest.param("grün 日本 🎉", "grün 日本 🎉", id="letters of all kinds stay"),
        pytest.param("\ud800", "\\ud800", id="half a character"),
    ],
)
def test_what_could_steer_a_terminal_is_made_visible(message: str, expected: str) -> None:
    lines = Lines()
    lines.log.write("info", message)
    assert lines.text == f"2026-04-07T10:20:30.123456Z  INFO {expected}\n"


def test_all_byte_values_can_be_logged_and_no_control_byte_gets_out() -> None:
    lines = Lines()
    lines.log.write("info", bytes(range(256)).decode("utf-8", "surrogateescape"))
    assert not set(lines.data) & (set(range(0x20)) - {0x09, 0x0A} | {0x7F})


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        pytest.param(None, "lua.info assay.info lua.error", id="unset is INFO"),
        pytest.param("", "", id="empty logs nothing, not even errors"),
        pytest.param("off", "", id="off"),
        pytest.param("error", "lua.error", id="error"),
        pytest.param("INFO", "lua.info assay.info lua.error", id="any case"),
        pytest.param("1", "lua.error", id="digit"),
        pytest.param("4", "lua.info assay.info lua.error lua.debug assay.debug", id="4 is DEBUG"),
        pytest.param("lua=info", "lua.info lua.error", id="one target"),
        pytest.param("lua=info,assay=off", "lua.info lua.error", id="two targets"),
        pytest.param("warn,lua=debug", "lua.info lua.error lua.debug", id="level and target"),
        pytest.param(" lua = debug , error ", "lua.info lua.error lua.debug", id="blanks"),
        pytest.param("lua", "lua.info lua.error lua.debug", id="bare target lets all its lines through"),
        pytest.param("nonsense", "", id="an unknown word is a target and silences the others"),
        pytest.param("x=y", "lua.info assay.info lua.error", id="a bad level means INFO"),
        pytest.param("lua=error,lua.http=debug", "lua.error", id="the exact target does not widen the general one"),
        pytest.param(",,", "", id="only commas"),
    ],
)
def test_the_filter_reads_levels_and_targets(text: str | None, allowed: str) -> None:
    lines = Filter.parse(text)
    every = ["lua.info", "assay.info", "lua.error", "lua.debug", "assay.debug"]
    passed = [name for name in every if lines.allows(name.split(".")[1], name.split(".")[0])]
    assert passed == [name for name in every if name in allowed.split()]


def test_the_longest_matching_target_decides() -> None:
    lines = Filter.parse("assay=error,assay.http=debug")
    assert lines.allows("debug", "assay.http.client")
    assert not lines.allows("debug", "assay.fs")


def test_filtered_lines_are_not_written() -> None:
    lines = Lines("error")
    lines.log.write("info", "no")
    lines.log.write("error", "yes")
    assert lines.text.endswith("ERROR yes\n")
    assert lines.text.count("\n") == 1


def test_messages_and_fields_pass_the_redactor() -> None:
    lines = Lines()
    lines.log.write("info", "password hunter2", token="abc", note="hunter2!")
    assert lines.text.endswith("INFO password *** token=*** note=***!\n")


def test_the_first_line_says_what_is_started() -> None:
    lines = Lines()
    lines.log.starting("script mode", script="a.lua")
    assert lines.text.endswith("Z  INFO starting assay (script mode) script=a.lua\n")


def test_the_first_line_passes_the_filter() -> None:
    lines = Lines("error")
    lines.log.starting("script mode")
    assert lines.text == ""


def test_a_panel_passes_the_redactor_and_the_filter() -> None:
    shown, hidden = Lines("error"), Lines("")
    for lines in (shown, hidden):
        lines.log.block("\x1b[31merror\x1b[0m: hunter2")
    assert shown.text == "\x1b[31merror\x1b[0m: ***\n"
    assert hidden.text == ""


def test_colours_surround_the_level_and_leave_the_text_alone() -> None:
    lines = Lines(colour=True)
    lines.log.write("warn", "careful", x=1)
    assert lines.text == (
        "\x1b[2m2026-04-07T10:20:30.123456Z\x1b[0m \x1b[33m WARN\x1b[0m careful \x1b[3mx\x1b[0m\x1b[2m=\x1b[0m1\n"
    )


def test_json_lines_are_one_object_each() -> None:
    lines = Lines(as_json=True)
    lines.log.write("info", "starting\nhunter2 \udcff", script="a b.lua", attempt=2, level="own", passed=True)
    assert lines.text.count("\n") == 1
    assert json.loads(lines.text) == {
        "timestamp": "2026-04-07T10:20:30.123456Z",
        "level": "INFO",
        "target": "assay",
        "message": "starting\n*** \\xff",
        "script": "a b.lua",
        "attempt": 2,
        "level_": "own",
        "passed": True,
    }


def test_verbose_wins_over_the_environment() -> None:
    log = from_environment({"RUST_LOG": "off"}, hide, verbose=True)
    assert log.allows("debug")
    assert not log.allows("trace")


@pytest.mark.parametrize(
    ("environ", "allowed"),
    [
        pytest.param({}, True, id="unset"),
        pytest.param({"RUST_LOG": "lua=info"}, False, id="another target"),
    ],
)
def test_the_environment_sets_the_filter(environ: dict[str, str], allowed: bool) -> None:
    assert from_environment(environ, hide).allows("info") is allowed


def test_standard_error_gets_the_bytes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    from_environment({}, hide).write("info", "ü")
    assert capfdbinary.readouterr().err.endswith(" INFO ü\n".encode())


def test_visible_text_of_plain_text_is_itself() -> None:
    assert visible("plain\n\ttext") == "plain\n\ttext"
