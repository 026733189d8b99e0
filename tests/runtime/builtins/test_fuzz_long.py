"""The long fuzz: what parses, converts, masks or compiles what others wrote, given anything at all.

`make test-long` runs it: some 12,000 examples. An example that failed once is written down with `@example`.
"""

from __future__ import annotations

import json
import math
import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assay_shell.runtime.errors import AssayError
from assay_shell.runtime.vm import Runtime

pytestmark = [pytest.mark.long, pytest.mark.timeout(180)]

long_fuzz = settings(
    max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

OURS = ("internal error", "Traceback (most recent", '.py"', "object at 0x")
"""What no message may contain: it would be Python's."""


@pytest.fixture(scope="module")
def runtime():
    """Read-only, so that nothing can do harm."""
    with Runtime(readonly=True, stdout=lambda data: None, log=lambda *line, **fields: None) as opened:
        yield opened


def outcome(runtime: Runtime, code: str, *args: object) -> list[object]:
    """The results of `code`, whose arguments are in `...`; fails on an error that is not in our words."""
    lua = f"local r = table.pack(pcall(function(...) {code} end, ...)) if not r[1] then r[2] = tostring(r[2]) end"
    ok, *results = runtime.evaluate(f"{lua} return table.unpack(r, 1, r.n)", args=args)
    if not ok:
        assert not any(mark in str(results[0]) for mark in OURS), results[0]
    return [ok, *results]


scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text()
finite = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
# Tables without holes and without mixed keys; an empty one has no kind of its own.
tables = st.recursive(
    finite,
    lambda inner: st.lists(inner, min_size=1, max_size=5) | st.dictionaries(st.text(), inner, min_size=1, max_size=5),
    max_leaves=12,
)


def alike(left: object, right: object) -> bool:
    """Equal in value and in type, all the way down; the order of keys does not count."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(alike(item, right[key]) for key, item in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(alike, left, right))
    return type(left) is type(right) and left == right


YAML_PIECES = [
    "a", "- ", "? ", ": ", ":", "\n", "  ", "\t", "&a ", "*a", "!!str ", "!x ", "|", ">", "|-\n", "'", '"', "[", "]",
    "{", "}", ",", "#", "---", "...", "%YAML 1.2\n", "<<: *a", "1", "0x1F", ".inf", "~", "\\x", "\u2028", "\x00", "é",
    "@",
]  # fmt: skip
TOML_PIECES = [
    "a", "=", " ", "\n", "[", "]", "[[", "]]", ".", '"', "'", '"""', "'''", "{", "}", ",", "1", "-", "e", "_", "0x",
    "inf", "nan", "2020-01-01", "T", "12:00:00", "Z", "#", "\\u00e9", "\\e", "\x00", "é", "true",
]  # fmt: skip
JSON_PIECES = [
    "{", "}", "[", "]", ",", ":", '"', "\\", "\\u12", "\\ud800", "1", "-", ".", "e", "E9", "0", "true", "nul", " ",
    "\n", "\t", "\x00", "\x7f", "é", "1e999", "99999999999999999999",
]  # fmt: skip
REGEX_PIECES = [
    "a", "b", "(", ")", "(?:", "(?P<n>", "(?i)", "(?s-m:", "(?x)", "[", "]", "[^", "a-z", "[:alpha:]", "\\d", "\\W",
    "\\b", "\\b{start}", "\\x{41}", "\\u0041", "\\p{L}", "*", "+", "?", "{2}", "{2,", "{1001}", "|", "^", "$", ".",
    "\\", "&&", "--", "é", "\n", "#",
]  # fmt: skip
TEMPLATE_PIECES = [
    "{{ ", " }}", "{% ", " %}", "{# ", " #}", "x", "xs", ".y", "[0]", "[1:]", "|upper", "|sort", "|join(',')",
    "|default(1)", "if ", "endif", "for i in ", "endfor", "set x = ", "macro m(a)", "endmacro", "raw", "endraw",
    "include 'x'", " is defined", " + ", " ** ", "~", "//", "0", "9999", "'a'", "(", ")", ",", "loop.index",
    "range(9)", "namespace()", "-", "\n", "é",
]  # fmt: skip
LUA_PIECES = [
    "local ", "x", " = ", "1", "(", ")", "{", "}", "function ", " end ", "return ", "if ", " then ", "--", "[[", "]]",
    "'", '"', "\\", "...", "<close>", "global ", "~", "//", "\n", "\x00", "é", "http.get", ":",
]  # fmt: skip


def made_of(pieces: list[str]) -> st.SearchStrategy[str]:
    """Text that looks like the real thing, and text that does not."""
    return st.lists(st.sampled_from(pieces), max_size=25).map("".join) | st.text(max_size=40)


@pytest.mark.parametrize(
    ("function", "pieces"),
    [
        pytest.param("json.parse", JSON_PIECES, id="json"),
        pytest.param("yaml.parse", YAML_PIECES, id="yaml"),
        pytest.param("toml.parse", TOML_PIECES, id="toml"),
        pytest.param("base64.decode", ["QQ==", "Q", "=", "-", "_", "\n", "/", "é", "\0"], id="base64"),
        pytest.param("crypto.jwt_decode", ["eyJhbGciOiJub25lIn0", ".", "e30", "W10", "=", "bnVsbA"], id="jwt"),
    ],
)
@long_fuzz
@given(data=st.data())
def test_a_parser_takes_anything(runtime, function, pieces, data):
    outcome(runtime, f"return type({function}(...))", data.draw(made_of(pieces)))


@pytest.mark.parametrize("function", ["json.parse", "yaml.parse", "toml.parse", "base64.decode"])
@long_fuzz
@given(data=st.binary(max_size=60))
def test_a_parser_takes_any_bytes(runtime, function, data):
    outcome(runtime, f"return type({function}(...))", data)


@long_fuzz
@given(
    pattern=made_of(REGEX_PIECES),
    text=st.text(max_size=30),
    replacement=made_of(["$", "1", "{", "}", "n", "\\", "é"]),
)
def test_a_pattern_may_be_anything(runtime, pattern, text, replacement):
    code = (
        "local t, p, r = ... "
        "return regex.match(t, p), regex.find(t, p), regex.find_all(t, p), regex.replace(t, p, r)"
    )
    ok, *results = outcome(runtime, code, text, pattern, replacement)
    if ok:
        assert results[0] == (results[1] is not None) == bool(results[2])


@long_fuzz
@given(text=made_of(TEMPLATE_PIECES))
def test_a_template_may_be_anything(runtime, text):
    outcome(runtime, "return template.render_string(..., { x = 1, xs = { 'b', 'a' } })", text)


@pytest.mark.parametrize("group", ["json", "yaml"])
@long_fuzz
@given(value=tables)
def test_what_is_encoded_comes_back(runtime, group, value):
    ok, found, *_ = outcome(runtime, f"return {group}.parse({group}.encode(...))", value)
    assert ok, found
    assert alike(found, value)


@long_fuzz
@given(value=st.dictionaries(st.text(), tables, min_size=1, max_size=5))
def test_what_toml_encodes_comes_back(runtime, value):
    ok, found, *_ = outcome(runtime, "return toml.parse(toml.encode(...))", value)
    assert ok, found
    assert alike(found, value)


@long_fuzz
@given(value=tables)
def test_json_is_what_others_read(runtime, value):
    ok, text, *_ = outcome(runtime, "return json.encode(...)", value)
    assert ok
    assert alike(json.loads(str(text)), value)


@long_fuzz
@given(value=scalars)
def test_a_number_reads_the_same_in_lua_and_python(runtime, value):
    (found,) = runtime.evaluate("return ...", args=[value]) or [None]
    assert found == value or (isinstance(value, float) and math.isinf(value))


@long_fuzz
@given(code=made_of(LUA_PIECES))
def test_source_may_be_anything(runtime, code):
    message = ""
    try:
        runtime.evaluate(code)
    except AssayError as error:
        message = str(error)
    assert not any(mark in message for mark in OURS), message


SECRET = "s3cr3tV4lue" * 2


@long_fuzz
@given(
    before=st.text(max_size=20),
    after=st.text(max_size=20),
    quote=st.sampled_from(['"', "'", "", " ", "\n", "&", ","]),
)
def test_a_registered_secret_never_shows(runtime, before, after, quote):
    runtime.redactor.add(SECRET)
    text = runtime.redactor.text(f"{before}{quote}{SECRET}{quote}{after}")
    assert SECRET not in text


@long_fuzz
@given(
    name=st.sampled_from(["password", "api_key", "Authorization", "client_secret", "X-Vault-Token"]),
    value=st.from_regex(r"[A-Za-z0-9+/_][A-Za-z0-9+/_-]{11,39}", fullmatch=True),
    shape=st.sampled_from(['{{"{}":"{}"}}', "{}={}", "{}: {}", "--{} {}", "http://h/?{}={}&x=1", "{{{} = '{}'}}"]),
)
@example(name="password", value="00000000000A", shape="--{} {}")  # capitals are no placeholder for that reason alone
def test_what_stands_beside_a_telling_name_never_shows(runtime, name, value, shape):
    shown = runtime.redactor.text(shape.format(name, value))
    assert value not in shown


@long_fuzz
@given(path=st.text(max_size=30), data=st.binary(max_size=20))
def test_no_path_gets_past_the_guard(runtime, path, data):
    ok, message = outcome(runtime, "local p, d = ... fs.write(p, d)", path, data)
    assert not ok
    assert re.search(r"readonly: fs\.write blocked", str(message))
