"""The functions of the standard modules against `tests/contract/*.json`: requests, results, errors and metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay_shell.runtime.docstring import lua_function_names, lua_header
from assay_shell.runtime.modules import BUILTIN, module_files

pytestmark = pytest.mark.usefixtures("environment")

ROOT = Path(__file__).parent.parent
CONTRACTS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "contract").glob("*.json"))}
SOURCES = {file.name.removeprefix("assay."): file.text for file in module_files({}) if file.source == BUILTIN}
CALLS = [(name, row) for name, data in CONTRACTS.items() for row in data["rows"]]
ROWS = [pytest.param(name, row, id=f"{name}-{row['id']}") for name, row in CALLS]
FAILING = [pytest.param(name, row, id=f"{name}-{row['id']}") for name, row in CALLS if "error" in row]
DECODING = [
    pytest.param(name, row, id=f"{name}-{row['id']}") for name, row in CALLS if "error" in row and not row.get("text")
]
MODULES = [pytest.param(name, data, id=name) for name, data in CONTRACTS.items()]
OWN = [pytest.param(name, data, id=name) for name, data in CONTRACTS.items() if "alias" not in data]


def plain(value):
    """Empty tables have no kind; numbers keep theirs."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if item is not None} or []
    return value


def script(name: str, row: dict[str, Any], url: str, folder: Path) -> str:
    data = CONTRACTS[name]
    client = row.get("client") or data.get("client")
    made = f"local c = {client}" if client else ""
    made += " local function all(next) local list = {} for x in next do list[#list + 1] = x end return list end"
    known = f'local url, dir, m = "{url}", "{folder}", require("assay.{name}")'
    return f"{known} {data.get('before', '')} {row.get('before', '')} {made} return {row['call']}"


def expected_requests(row: dict[str, Any]) -> list[dict[str, Any]]:
    return row["requests"] if "requests" in row else [row["request"]] if "request" in row else []


def check_request(sent, expected: dict[str, Any]) -> None:
    assert (sent.method, sent.path) == (expected["method"], expected["path"])
    assert sent.query == expected.get("query", "")
    for name, value in expected.get("headers", {}).items():
        assert [found for key, found in sent.headers if key.lower() == name] == ([] if value is None else [value]), name
    if "json" in expected:
        assert sent.json() == expected["json"]
        assert sent.header("content-type") == "application/json"
    else:
        assert sent.body == expected.get("body", "").encode()


def answer(stub, request: dict[str, Any], reply: dict[str, Any]) -> None:
    query = f"?{request['query']}" if request.get("query") else ""
    stub.on(request["method"], request["path"] + query, **{**reply, "headers": list(reply.get("headers", {}).items())})


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_a_call_sends_the_request_and_gives_the_result(run, stub, tmp_path, name, row):
    requests = expected_requests(row)
    for request in requests:
        answer(stub, request, request.get("reply") or row.get("reply", {}))
    results = run(f"return {{ (function() {script(name, row, stub.url, tmp_path)} end)() }}")
    expected = row["results"] if "results" in row else [row["result"]]
    assert plain(results) == plain(expected if expected != [None] else [])
    assert len(stub.requests) == len(requests)
    for sent, request in zip(stub.requests, requests, strict=True):
        check_request(sent, request)


@pytest.mark.parametrize(("name", "row"), FAILING)
def test_a_refused_call_raises_the_contracts_text_with_fields(run, stub, tmp_path, name, row):
    request = expected_requests(row)[0]
    answer(stub, request, {"status": 418, "body": "short and stout"})
    caught = run(
        f"local ok, e = pcall(function() {script(name, row, stub.url, tmp_path)} end) "
        "return { ok, tostring(e), e.service, e.method, e.path, e.status }"
    )
    text = row["error"].replace("{status}", "418").replace("{body}", "short and stout")
    assert caught[0] is False
    assert caught[1].startswith("assay/")
    assert caught[1].partition(": ")[2] == text
    assert caught[2] == row.get("service", name)
    assert caught[3:] == [request["method"], request["path"], 418]


@pytest.mark.parametrize(("name", "row"), DECODING)
def test_an_answer_that_is_no_json_is_an_error_that_tells_the_request(run, stub, tmp_path, name, row):
    request = expected_requests(row)[0]
    answer(stub, request, {"body": '<html>{"half'})
    caught = run(
        f"local ok, e = pcall(function() {script(name, row, stub.url, tmp_path)} end) "
        "return { ok, tostring(e), e.path, e.status }"
    )
    assert caught[0] is False
    assert "json.parse: " in caught[1]
    assert caught[2:] == [request["path"], 200]


def is_shown(function: str) -> bool:
    """Whether the quick reference lists a function: not those with a leading `_`, which are public by accident."""
    return function != "client" and not function.startswith("_")


@pytest.mark.parametrize(("name", "data"), OWN)
def test_each_function_is_present_documented_and_exercised(run, tmp_path, name, data):
    # `beyond` names what the contract does not have: it is documented and exercised too, but search does not index it,
    # so that ranks stay (written `M.name = function`). In modules with methods, `M.name` is one of the module.
    functions, methods = data.get("functions", []), data.get("methods", [])
    beyond = data.get("beyond", [])
    plain_beyond = [name.removeprefix("M.") for name in beyond]
    if methods:
        functions = [*functions, *(name.removeprefix("M.") for name in beyond if name.startswith("M."))]
        methods = [*methods, *(name for name in beyond if not name.startswith("M."))]
    else:
        functions = [*functions, *plain_beyond]
    header = lua_header(SOURCES[name])
    # The constructor may be listed as well.
    listed = [ref.name.replace(":", ".").rpartition(".")[2] for ref in header.quickrefs]
    documented = [name for name in listed if name != "client"]
    assert sorted(documented) == sorted(function for function in [*functions, *methods] if is_shown(function))
    contracted = [name for name in documented if name not in plain_beyond]
    assert contracted == [function for function in data["indexed"] if is_shown(function)]
    listing = (
        "local names = {} for name, f in pairs(X) do if type(f) == 'function' then names[#names + 1] = name end end "
    )
    present = run(f'local X = require("assay.{name}") {listing} table.sort(names) return names')
    assert present == sorted({*functions, "client"})
    if methods:
        opened = script(name, {"call": ""}, "http://127.0.0.1:1/", tmp_path).removesuffix("return ")
        present = run(f"{opened} local X = c {listing} table.sort(names) return names")
        assert present == sorted(methods)
    calls = " ".join(row["call"] for row in data["rows"])
    missing = [f for f in [*functions, *methods] if f != "client" and f".{f}(" not in calls and f":{f}(" not in calls]
    assert missing == []


@pytest.mark.parametrize(("name", "data"), MODULES)
def test_metadata_is_what_search_and_help_rely_on(name, data):
    header = lua_header(SOURCES[name])
    assert header.module == f"assay.{name}"
    assert list(header.keywords) == data["keywords"]
    assert list(header.env) == data.get("env", [])
    assert list(lua_function_names(SOURCES[name])) == data["indexed"]
    assert header.description
    assert header.category


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_module_is_loaded_within_5_ms_and_without_a_request(run, name):
    # Processor time: what others on the machine do is none of the module's.
    code = f'local started = os.clock() require("assay.{name}") return os.clock() - started'
    assert min(run(code) for _ in range(5)) < 0.005


def test_every_module_of_the_package_has_its_contract_as_data():
    assert sorted(SOURCES) == sorted(CONTRACTS)
