from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay_shell.runtime.builtins import GROUPS
from assay_shell.runtime.catalog import Catalog, Completion, Entry, Function, module_entry, registered_entry
from assay_shell.runtime.declare import write
from assay_shell.runtime.vm import Runtime

# Name, description and keywords as callers know them: rankings depend on every word.
CONTRACT = {
    "http": ("HTTP client and server: get, post, put, patch, delete, serve",
             "http client server request response headers endpoint api webhook rest"),
    "json": ("JSON serialization: parse and encode", "json serialization deserialize stringify parse encode format"),
    "yaml": ("YAML serialization: parse and encode", "yaml serialization deserialize parse encode format"),
    "toml": ("TOML serialization: parse and encode", "toml serialization deserialize parse encode configuration"),
    "fs": ("Filesystem: read and write files", "fs filesystem file read write io path"),
    "crypto": ("Cryptography: jwt_sign, hash, hmac, random",
               "crypto jwt signature hash hmac encryption random security password signing rsa sha256"),
    "base64": ("Base64 encoding and decoding", "base64 encoding decode encode binary"),
    "regex": ("Regular expressions: match, find, find_all, replace",
              "regex pattern match find replace regular-expression regexp"),
    "ws": ("WebSocket: connect, send, recv, close", "ws websocket connection message streaming realtime socket"),
    "template": ("Jinja2-compatible templates: render file or string",
                 "template jinja2 rendering string-template mustache render"),
    "async": ("Async tasks: spawn, spawn_interval, await, cancel",
              "async asynchronous task coroutine concurrent spawn interval"),
    "assert": ("Assertions: eq, gt, lt, contains, not_nil, matches",
               "assert assertion test validation comparison check verify"),
    "log": ("Logging: info, warn, error", "log logging output debug error warning info trace"),
    "env": ("Environment variables: get", "env environment variable configuration config"),
    "sleep": ("Sleep for N seconds", "sleep delay pause wait time"),
    "time": ("Unix timestamp in seconds", "time timestamp unix epoch clock datetime"),
    "input": ("Ask the human for a line of text", "input ask prompt read question password interactive"),
    "display": ("Show a value now: as a table, chart, tree or text", "display show view render output"),
}  # fmt: skip
GLOBALS = ("sleep", "time", "input", "display")
LUA_S_OWN = {"os.clock", "os.date", "os.difftime", "os.getenv", "os.time"}  # described by Lua's manual


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    with Runtime() as shared:
        yield shared


@pytest.fixture(scope="module")
def builtins(runtime: Runtime) -> Catalog:
    return runtime.catalog


def public_functions(runtime: Runtime, group: str) -> set[str]:
    """Return what scripts find in a group, by its full name."""
    if group in GLOBALS:
        return {group}
    code = f"local names = {{}} for k, v in pairs({group}) do if type(v) == 'function' then names[#names+1] = k end end"
    (names,) = runtime.evaluate(f"{code} return names")
    return {f"{group}.{name}" for name in names if not name.startswith("_")}


@pytest.mark.parametrize("group", [*GROUPS, *GLOBALS])
def test_each_public_function_has_a_quick_reference_and_each_reference_a_function(
    runtime: Runtime, builtins: Catalog, group: str
) -> None:
    entry = builtins.find(group)
    found = entry.functions if isinstance(entry, Entry) else [entry] if isinstance(entry, Function) else []
    assert {f.name for f in found if "(" in f.signature and ":" not in f.name} == public_functions(runtime, group)


@pytest.mark.parametrize("group", GROUPS)
def test_each_public_function_is_described(builtins: Catalog, group: str) -> None:
    entry = builtins.find(group)
    assert isinstance(entry, Entry)
    assert entry.description
    assert entry.keywords
    described = {f.name for f in entry.functions if (f.details and f.example) or f.name in LUA_S_OWN or ":" in f.name}
    assert {f.name for f in entry.functions} - described == set()


@pytest.mark.parametrize("name", CONTRACT)
def test_descriptions_and_keywords_are_those_that_callers_rank_by(builtins: Catalog, name: str) -> None:
    (entry,) = (entry for entry in builtins if entry.name == name)
    assert (entry.description, " ".join(entry.keywords)) == CONTRACT[name]


def test_a_function_has_everything_that_is_written_about_it(builtins: Catalog) -> None:
    function = builtins.find("base64.decode")
    assert isinstance(function, Function)
    assert function.signature == "base64.decode(text)"
    assert function.parameters == ("text",)
    assert function.returns == "str"
    assert function.details.startswith("Return the bytes that padded base64 stands for;")
    assert function.example == 'base64.decode("aGk=")'
    assert len(function.errors) == 1
    assert function.effect == "pure"


def test_unknown_names_have_near_ones(builtins: Catalog) -> None:
    assert builtins.find("base64.encod") is None
    assert builtins.explain("base64.encod") is None
    assert builtins.nearest("base64.encod") == "base64.encode"
    assert builtins.nearest("bsae64") == "base64"
    assert builtins.nearest("zzzzzz") is None


def test_explaining_a_group_lists_its_functions(builtins: Catalog) -> None:
    text = builtins.explain("base64")
    assert text is not None
    assert text.startswith("base64: Base64 encoding and decoding\n\n  base64.encode(data) -> str\n")


def test_explaining_a_function_shows_signature_text_errors_and_example(builtins: Catalog) -> None:
    text = builtins.explain("base64.decode")
    assert text is not None
    parts = text.split("\n\n")
    assert parts[0] == "base64.decode(text) -> str"
    assert any(part.startswith("Errors:\n  - the length is no multiple of four") for part in parts)
    assert parts[-1] == 'Example:\n  base64.decode("aGk=")\n'


def entry(name: str, *functions: str) -> Entry:
    found = tuple(Function(f, f"{f}()", (), "nil", f"about {f}") for f in functions)
    return Entry(name, "builtin", f"about {name}", (), (), found)


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        pytest.param("f", ["fs", "fz"], id="groups and global functions"),
        pytest.param("fs.", ["fs.read", "fs.write"], id="all of a group"),
        pytest.param("fs.r", ["fs.read"], id="some of a group"),
        pytest.param("c:", ["c:send"], id="methods"),
        pytest.param("x", [], id="nothing"),
        pytest.param("", ["fs", "fz", "ws"], id="everything at the top"),
    ],
)
def test_completion_goes_on_from_a_prefix(prefix: str, expected: list[str]) -> None:
    catalog = Catalog([entry("ws", "ws.connect", "c:send"), entry("fs", "fs.write", "fs.read"), entry("fz", "fz")])
    assert [completion.text for completion in catalog.complete(prefix)] == expected


def test_completions_say_what_they_are() -> None:
    catalog = Catalog([entry("fs", "fs.read", "f:close")])
    assert catalog.complete("fs") == [Completion("fs", "group", "about fs")]
    assert catalog.complete("fs.r") == [Completion("fs.read", "function", "about fs.read")]
    assert catalog.complete("f:c") == [Completion("f:close", "method", "about f:close")]


def test_the_first_entry_of_a_name_wins() -> None:
    first = module_entry("assay.x", "project", "--- @description mine\n")
    catalog = Catalog([first, module_entry("assay.x", "builtin", "--- @description theirs\n")])
    assert list(catalog) == [first]


def test_a_group_that_a_program_adds_is_described_by_its_docstrings() -> None:
    def page(runtime: Runtime, team: str, text: str = "") -> None:
        """Page a team. Nights count twice.

        Example: `pager.page("ops")`
        """

    found = registered_entry("pager", {"page": write(page)})
    (function,) = found.functions
    assert (found.name, found.source) == ("pager", "program")
    assert (function.name, function.signature, function.effect) == ("pager.page", "pager.page(team, text?)", "write")
    assert (function.description, function.example) == ("Page a team.", 'pager.page("ops")')


def test_a_lua_module_has_what_stands_above_its_functions() -> None:
    text = """--- @quickref c:key(name) -> str|nil | Read a key

--- A client.
function M.client(url) end

--- Reads a key. Nothing is cached.
--- Errors: the server is away.
--- Example: `c:key("a")`
--- @effect read
function Client:key(name) end
"""
    constructor, key = module_entry("assay.consul", "builtin", text).functions
    assert (constructor.signature, constructor.details) == ("M.client(url)", "A client.")
    assert (key.details, key.errors) == ("Reads a key.\n\nNothing is cached.", ("the server is away.",))
    assert (key.example, key.effect) == ('c:key("a")', "read")


def test_a_lua_module_is_described_by_its_header() -> None:
    text = "--- @description Keys\n--- @env A, B\n--- @quickref c:key(name) -> str|nil | Read a key\n"
    found = module_entry("assay.consul", "builtin", text)
    assert (found.description, found.env) == ("Keys", ("A", "B"))
    assert found.functions == (Function("c:key", "c:key(name)", ("name",), "str|nil", "Read a key"),)
