from __future__ import annotations

import pytest

from assay_shell.runtime.docstring import (
    FunctionText,
    Header,
    QuickRef,
    function_text,
    lua_comments,
    lua_constructor,
    lua_function_names,
    lua_header,
    python_headers,
    quickref,
)

MODULE = """\
--- @module assay.consul
--- @description Old text
---   @description   Service instances, keys.
--- A line without a tag.
--- @keywords consul, kv ,, service-discovery
--- @env CONSUL_URL, CONSUL_TOKEN
--- @unknown thing
--- @quickref c:key(name) -> {Value}|nil | Read a key, nil when there is none
--- @quickref c:broken(name) -> no description
--- @quickref c:leader() -> string | Address | of the leader

--- @description not in the header any more
local M = {}
"""


def test_the_header_of_a_lua_module_ends_with_its_first_other_line() -> None:
    assert lua_header(MODULE) == Header(
        "assay.consul",
        "Service instances, keys.",
        ("consul", "kv", "service-discovery"),
        ("CONSUL_URL", "CONSUL_TOKEN"),
        (
            QuickRef("c:key(name)", "{Value}|nil", "Read a key, nil when there is none"),
            QuickRef("c:leader()", "string", "Address | of the leader"),
        ),
    )


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("", id="empty file"),
        pytest.param("\n--- @module x\n", id="blank line first"),
        pytest.param("#!/usr/bin/assay\n--- @module x\n", id="shebang first"),
        pytest.param("-- @module x\n", id="plain comment"),
        pytest.param("local M = {}\n--- @module x\n", id="code first"),
        pytest.param("--- @module\n", id="tag without a value"),
    ],
)
def test_a_lua_module_may_have_no_header(source: str) -> None:
    assert lua_header(source) == Header()


def test_tags_may_be_indented_and_have_more_dashes() -> None:
    assert lua_header("  -----   @module a.b  \n").module == "a.b"


def test_the_header_of_a_builtin_group_stands_in_its_docstring() -> None:
    found = python_headers(
        "First line.\n\n@module fs\n@keywords fs, file\n@quickref fs.read(path) -> str | Whole file\n"
    )
    assert found == [Header("fs", "", ("fs", "file"), (), (QuickRef("fs.read(path)", "str", "Whole file"),))]


def test_a_docstring_may_describe_several_entries() -> None:
    found = python_headers("Both.\n\n@module sleep\n@description Wait\n\n@module time\n@description Clock\n")
    assert [(header.module, header.description) for header in found] == [("sleep", "Wait"), ("time", "Clock")]


def test_comments_above_lua_functions_document_them() -> None:
    source = """
--- Start a task.
--- It runs later.
function M.spawn(fn)
end

--- Not above anything public.
local x = 1

--- Encode it.
json.encode = function(value)
-- plain comment
function M.plain()
---Method.
function handle:await()
return {
  --- A member.
  null = null,
}
"""
    assert lua_comments(source) == {
        "spawn": "Start a task.\nIt runs later.",
        "encode": "Encode it.",
        "await": "Method.",
        "null": "A member.",
    }


@pytest.mark.parametrize(
    ("text", "name", "parameters"),
    [
        pytest.param("fs.read(path) -> str | x", "fs.read", ("path",), id="one parameter"),
        pytest.param("time() -> float | x", "time", (), id="none"),
        pytest.param("c:logs(ns, opts?) -> str | x", "c:logs", ("ns", "opts?"), id="method"),
        pytest.param("m.client({url, token}, n?) -> c | x", "m.client", ("{url, token}", "n?"), id="braces"),
        pytest.param("async.all(...) -> x | x", "async.all", ("...",), id="dots"),
    ],
)
def test_a_quick_reference_knows_its_name_and_parameters(text: str, name: str, parameters: tuple[str, ...]) -> None:
    found = quickref(text)
    assert found is not None
    assert (found.name, found.parameters) == (name, parameters)


@pytest.mark.parametrize("text", ["fs.read(path)", "fs.read(path) -> str", "fs.read(path)->str|x", "a | b -> c"])
def test_a_quick_reference_without_its_marks_is_dropped(text: str) -> None:
    assert quickref(text) is None


def test_functions_of_a_lua_file_are_those_defined_on_tables() -> None:
    source = """
function M.client(url)
  function c:pods(ns) end
function plain(x)
local function hidden.x()
M.z = function() end
function M.deep.name (a)
function M.()
"""
    assert lua_function_names(source) == ("client", "pods", "deep.name")


def test_a_docstring_is_taken_apart() -> None:
    text = function_text(
        """Return the whole file as bytes. Links are
        followed.

        Nothing is decoded.

        Example: `fs.read("/etc/hostname")`

        Raises:
            BuiltinError: the file is missing
                or unreadable.
            ConversionError: *path* is no text.
        """
    )
    assert text == FunctionText(
        "Return the whole file as bytes.",
        "Links are followed.\n\nNothing is decoded.",
        ("the file is missing or unreadable.", "*path* is no text."),
        'fs.read("/etc/hostname")',
    )


def test_a_comment_of_short_sections_is_taken_apart() -> None:
    text = function_text(
        "Merge it. Options:\n`method`.\nErrors: not there, or\nnot mergeable.\n"
        "Example: `c:merge(1)`\n@effect write\n@since 1"
    )
    assert text == FunctionText(
        "Merge it.", "Options: `method`.", ("not there, or not mergeable.",), "c:merge(1)", "write"
    )


@pytest.mark.parametrize(
    ("definition", "signature"),
    [
        pytest.param("function M.client(url, opts)", "M.client(url, opts?)", id="function"),
        pytest.param("M.client = function(opts)", "M.client(opts?)", id="assigned"),
        pytest.param("M.client = rest.constructor(M)", "M.client(url, opts?)", id="made"),
    ],
)
def test_a_documented_constructor_is_found(definition: str, signature: str) -> None:
    found = lua_constructor(f"local M = {{}}\n\n--- A client.\n{definition}\n")
    assert found is not None
    assert (found.name, found.signature, found.returns) == ("M.client", signature, "client")
    assert lua_constructor(definition) is None


def test_an_example_may_be_a_block() -> None:
    text = function_text(
        """Run it.

        Example:
            for line in f() do
              print(line)
            end

        More text.
        """
    )
    assert text.example == "for line in f() do\n  print(line)\nend"
    assert text.details == "More text."


@pytest.mark.parametrize(
    ("docstring", "summary", "details"),
    [
        pytest.param("Just one", "Just one", "", id="no full stop"),
        pytest.param("One, e.g. this. Two.", "One, e.g. this.", "Two.", id="abbreviation"),
        pytest.param("One\nline. Two.", "One line.", "Two.", id="broken line"),
        pytest.param("", "", "", id="empty"),
    ],
)
def test_the_first_sentence_is_the_summary(docstring: str, summary: str, details: str) -> None:
    text = function_text(docstring)
    assert (text.summary, text.details) == (summary, details)
