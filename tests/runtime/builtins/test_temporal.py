"""The Temporal client as far as it goes without a server; the live tests have one."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from assay_shell.runtime.errors import ScriptError
from assay_shell.runtime.vm import Runtime

REFUSED = f"{os.strerror(errno.ECONNREFUSED)} (os error {errno.ECONNREFUSED})"
MISSING = "error converting Lua nil to String (expected string or number)"
METHODS = {
    "start_workflow": "{ task_queue = 'q', workflow_type = 'W', workflow_id = 'w' }",
    "signal_workflow": "{ workflow_id = 'w', signal_name = 's' }",
    "query_workflow": "{ workflow_id = 'w', query_type = 'q' }",
    "get_result": "{ workflow_id = 'w' }",
    "create_schedule": "{ schedule_id = 's', task_queue = 'q', workflow_type = 'W', every = 60 }",
}
BY_ID = {
    "describe_workflow": "workflow_id", "cancel_workflow": "workflow_id", "terminate_workflow": "workflow_id",
    "describe_schedule": "schedule_id", "pause_schedule": "schedule_id", "unpause_schedule": "schedule_id",
    "trigger_schedule": "schedule_id", "delete_schedule": "schedule_id",
}  # fmt: skip
WRITES = [
    "start_workflow", "signal_workflow", "cancel_workflow", "terminate_workflow", "create_schedule", "pause_schedule",
    "unpause_schedule", "trigger_schedule", "delete_schedule",
]  # fmt: skip


@pytest.fixture
def closed() -> Iterator[str]:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{unused.getsockname()[1]}"


@pytest.fixture
def refused(closed):
    """Run a method call of a client that has not met its server, and return the message of its error."""

    def evaluate(call: str, **options: Any) -> str:
        with Runtime(**options) as runtime, pytest.raises(ScriptError) as caught:
            runtime.evaluate(f"local c = temporal.connect({{ url = '{closed}', lazy = true }}) {call}")
        return str(caught.value.message)

    return evaluate


# Connecting -----------------------------------------------------------------------------------------------


def test_a_server_that_is_not_there_is_named_with_the_reason(fails, closed):
    started = time.monotonic()
    expected = f"temporal connect: {REFUSED} ({closed})"
    assert fails(f"temporal.connect({{ url = '{closed}' }})") == expected
    assert time.monotonic() - started < 15


def test_starting_at_a_server_that_is_not_there_fails_as_connecting_does(fails, closed):
    code = f"temporal.start({{ url = '{closed}', task_queue = 'q', workflow_type = 'W', workflow_id = 'w' }})"
    assert fails(code).startswith("temporal connect: ")


def test_a_scheme_in_front_is_no_address_to_connect_to(fails):
    assert fails("temporal.connect({ url = 'http://127.0.0.1:7233' })").startswith("temporal connect: ")


@pytest.mark.parametrize(
    "url", ["", "a b", "host:", ":7233", "host:port", "host:0", "host:65536", "a/b:1", "[::1", "h\\0:1"]
)
def test_an_address_that_makes_no_sense_is_refused(fails, url):
    assert fails(f"temporal.connect({{ url = '{url}' }})").startswith("invalid temporal URL: ")


def test_a_server_that_says_nothing_is_given_up_on(fails):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"127.0.0.1:{silent.getsockname()[1]}"
        text = fails(f"temporal.connect({{ url = '{url}', timeout = 0.2 }})")
    assert text == f"temporal connect: no answer from {url} within 0.2 s"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("temporal.connect({})", MISSING),
        ("temporal.start({})", MISSING),
        ("temporal.connect({ url = {} })", "error converting Lua table to String (expected string or number)"),
        ("temporal.connect()", "bad argument #1: error converting Lua nil to table"),
        ("temporal.connect('x:1')", "bad argument #1: error converting Lua string to table"),
        ("temporal.start()", "bad argument #1: error converting Lua nil to table"),
        ("temporal.connect({ url = 'h:1', timeout = 0 })", "temporal connect: timeout must be positive"),
        ("temporal.connect({ url = 'h:1', tls = 5 })",
         "temporal connect: tls must be a boolean or a table {ca, cert, key, server_name}"),
        ("temporal.connect({ url = 'h:1', tls = { cert = 'x' } })", "temporal connect: tls: cert and key go together"),
        ("temporal.connect({ url = 'h:1', tls = { ca_file = '/none' } })",
         'temporal connect: failed to read ca file "/none": No such file or directory (os error 2)'),
    ],
)  # fmt: skip
def test_options_that_make_no_sense_are_refused(fails, code, message):
    assert fails(code) == message


def test_an_api_key_is_never_shown(fails, closed):
    code = f"temporal.connect({{ url = '{closed}', api_key = 'tk-0123456789abcdef', tls = false }})"
    with Runtime() as runtime:
        with pytest.raises(ScriptError) as caught:
            runtime.evaluate(code)
        assert "tk-0123456789abcdef" not in runtime.redactor.text("say tk-0123456789abcdef")
    assert "tk-0123456789abcdef" not in caught.value.message


def test_a_cancelled_connect_ends_at_once(run):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        run(f"local t = async.spawn(function() temporal.connect({{ url = '{url}' }}) end) sleep(0.2) t:cancel()")
        assert time.monotonic() - started < 5


def test_looking_at_the_group_does_not_load_the_sdk():
    code = (
        "import sys; from assay_shell.runtime.vm import run; run('return temporal.connect'); "
        "print([name for name in sys.modules if name.startswith(('temporalio', 'google', 'asyncio'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_without_the_sdk_connecting_says_so():
    code = (
        "import sys; sys.modules['temporalio'] = None; from assay_shell.runtime.vm import run; "
        "print(run(\"return select(2, pcall(temporal.connect, { url = 'h:1' })).message\")[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "temporal connect: the package temporalio is not installed\n"


# Arguments of methods -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        pytest.param("nil", "nil"), pytest.param("5", "integer"), pytest.param("1.5", "number"),
        pytest.param("'x'", "string"), pytest.param("true", "boolean"), pytest.param("print", "function"),
    ],
)  # fmt: skip
def test_options_must_be_a_table(refused, method, value, kind):
    expected = f"bad argument #2 to `TemporalClient.{method}`: error converting Lua {kind} to table"
    assert refused(f"c:{method}({value})") == expected


REQUIRED = {
    "start_workflow": ["task_queue", "workflow_type", "workflow_id"],
    "signal_workflow": ["workflow_id", "signal_name"],
    "query_workflow": ["workflow_id", "query_type"],
    "get_result": ["workflow_id"],
    "create_schedule": ["schedule_id", "task_queue", "workflow_type"],
}


@pytest.mark.parametrize(("method", "name"), [(method, name) for method, names in REQUIRED.items() for name in names])
def test_a_required_option_that_is_missing_is_an_error(refused, method, name):
    assert refused(f"local o = {METHODS[method]} o.{name} = nil c:{method}(o)") == MISSING


@pytest.mark.parametrize("method", BY_ID)
@pytest.mark.parametrize("value", ["nil", "5", "true", "print"])
def test_an_id_must_be_a_text_or_a_table(refused, method, value):
    assert refused(f"c:{method}({value})") == f"expected {BY_ID[method]} string or table"


@pytest.mark.parametrize("method", BY_ID)
def test_a_table_without_id_is_an_error(refused, method):
    assert refused(f"c:{method}({{}})") == MISSING


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("c:start_workflow({ task_queue = 'q', workflow_type = 'W', workflow_id = 'w', input = print })",
         "unsupported Lua type for JSON: function"),
        ("c:start_workflow({ task_queue = 'q', workflow_type = 'W', workflow_id = 'w', input = 0/0 })",
         "cannot encode NaN as JSON number"),
        ("c:start_workflow({ task_queue = 'q', workflow_type = 'W', workflow_id = 'w', input = 1, args = { 2 } })",
         "temporal start_workflow: input and args exclude each other"),
        ("c:start_workflow({ task_queue = 'q', workflow_type = 'W', workflow_id = 'w', run_timeout = -1 })",
         "temporal start_workflow: run_timeout must be a number of seconds, not negative"),
        ("c:start_workflow({ task_queue = 'q', workflow_type = 'W', workflow_id = 'w', id_reuse_policy = 'x' })",
         "temporal start_workflow: id_reuse_policy must be one of "),
        ("c:get_result({ workflow_id = 'w', timeout = 0/0 })",
         "temporal get_result: timeout must be a number of seconds, not negative"),
        ("c:create_schedule({ schedule_id = 's', task_queue = 'q', workflow_type = 'W' })",
         "temporal create_schedule: every or cron must say when"),
        ("c:create_schedule({ schedule_id = 's', task_queue = 'q', workflow_type = 'W', every = 0 })",
         "temporal create_schedule: every must be a positive number of seconds"),
        ("c:create_schedule({ schedule_id = 's', task_queue = 'q', workflow_type = 'W', cron = 5 })",
         "temporal create_schedule: cron must be a text or a list of texts"),
        ("c:create_schedule({ schedule_id = 's', task_queue = 'q', workflow_type = 'W', every = 1, overlap = 'x' })",
         "temporal create_schedule: overlap must be one of skip, buffer_one, buffer_all, cancel_other, "),
        ("c:create_schedule({ schedule_id = 's', task_queue = 'q', workflow_type = 'W', every = 1, start_at = 1e300 })",
         "temporal create_schedule: start_at must be seconds since 1970"),
        ("c.describe_workflow('w')", "bad argument #1: temporalclient expected, got string (call methods with ':')"),
    ],
)  # fmt: skip
def test_values_that_make_no_sense_are_refused(refused, call, message):
    assert refused(call).startswith(message)


def test_an_unknown_option_is_an_error_under_strict(refused):
    text = refused("c:get_result({ workflow_id = 'w', time_out = 1 })", strict=True)
    assert "unknown option 'time_out'" in text
    assert "timeout" in text


# Read-only ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", WRITES)
def test_what_changes_something_is_refused_under_readonly(refused, method):
    arguments = METHODS.get(method, "'the-id'")
    text = refused(f"c:{method}({arguments})", readonly=True)
    assert text.startswith(f"readonly: temporal client:{method} blocked (")
    assert any(name in text for name in ("the-id", "w", "s"))


def test_a_start_is_refused_under_readonly_before_it_connects(fails):
    code = "temporal.start({ url = '127.0.0.1:1', task_queue = 'q', workflow_type = 'Order', workflow_id = 'o-1' })"
    assert fails(code, readonly=True).startswith("readonly: temporal.start blocked (127.0.0.1:1 Order o-1)")


def test_every_method_that_changes_something_is_declared_so(closed):
    with Runtime() as runtime:
        runtime.evaluate(f"temporal.connect({{ url = '{closed}', lazy = true }})")
        known = {name.partition(":"): builtin.effect for name, builtin in runtime.builtins.items()}
    effects = {parts[2]: effect for parts, effect in known.items() if parts[0] == "temporal client"}
    assert sorted(name for name, effect in effects.items() if effect == "write") == sorted(WRITES)
    assert set(effects.values()) == {"read", "write"}


# Data -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("{ sku = 'x', n = 1 }", b'{"n":1,"sku":"x"}'),
        ("{}", b"[]"),
        ("{ 1, 2.0, 'a' }", b'[1,2.0,"a"]'),
        ("false", b"false"),
        ("'grüße'", '"grüße"'.encode()),
        ("json.null", b"null"),
    ],
)
def test_input_becomes_one_json_payload(code, data):
    from assay_shell.runtime.builtins.temporal.payloads import arguments

    with Runtime() as runtime:
        runtime.evaluate(f"value = {code}")
        (sent,) = arguments(runtime, "x", {"input": runtime.border.to_python(runtime.lua.globals()["value"])})
    assert sent.payload.data == data
    assert dict(sent.payload.metadata) == {"encoding": b"json/plain"}


def test_no_input_is_no_argument():
    from assay_shell.runtime.builtins.temporal.payloads import arguments

    with Runtime() as runtime:
        assert arguments(runtime, "x", {}) == []


@pytest.mark.parametrize(
    ("encoding", "data", "expected"),
    [
        pytest.param(b"json/plain", b'{"a":[1,2.5]}', "table", id="JSON"),
        pytest.param(b"json/protobuf", b'"x"', "string", id="protobuf as JSON"),
        pytest.param(b"binary/null", b"", "nil", id="null"),
        pytest.param(b"binary/plain", bytes(range(256)), "string", id="bytes"),
        pytest.param(b"json/plain", b"null", "nil", id="JSON null"),
    ],
)
def test_a_payload_becomes_a_value(encoding, data, expected):
    with Runtime() as runtime:
        define_decoder(runtime, encoding, data)
        assert runtime.evaluate("local value = probe.decode() return type(value), value")[0] == expected


def test_bytes_arrive_unchanged():
    with Runtime() as runtime:
        define_decoder(runtime, b"binary/plain", bytes(range(256)))
        assert runtime.evaluate("local v = probe.decode() return #v, v:byte(1), v:byte(256)") == [256, 0, 255]


@pytest.mark.parametrize(
    ("encoding", "data", "message"),
    [
        (b"json/plain", b"{", "json.parse: EOF while parsing an object at line 1 column 1"),
        (b"binary/encrypted", b"x", "temporal query: cannot decode a payload with encoding binary/encrypted"),
        (b"binary/protobuf", b"x", "temporal query: cannot decode a payload with encoding binary/protobuf"),
    ],
)
def test_a_payload_that_cannot_be_read_is_an_error(encoding, data, message):
    with Runtime() as runtime:
        define_decoder(runtime, encoding, data)
        with pytest.raises(ScriptError) as caught:
            runtime.evaluate("probe.decode()")
    assert caught.value.message == message


def define_decoder(runtime: Runtime, encoding: bytes, data: bytes) -> None:
    """Give scripts `probe.decode()`, which decodes that payload."""
    from temporalio.api.common.v1 import Payload
    from temporalio.common import RawValue

    from assay_shell.runtime.builtins.temporal.payloads import decoded
    from assay_shell.runtime.declare import pure

    value = RawValue(Payload(metadata={"encoding": encoding}, data=data))

    def decode() -> object:
        return decoded(runtime, "temporal query", value)

    runtime.define("probe", {"decode": pure(decode)})
