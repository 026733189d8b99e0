"""Names with slashes, question marks, dots and blanks, for each function whose golden row has a name in its path: they
reach the server as the part of the path they were declared for, and never lead out of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest

from tests.stdlib.test_contract import CONTRACTS, expected_requests, script

pytestmark = pytest.mark.usefixtures("environment")

ODD = "a b?c#d&e=f"
CLIMBING = ["..", ".", "%2e%2e", "a/../../b", "../secret"]
NO_NAMES = {("argocd", "v1"), ("healthcheck", "x")}  # stand in a path and in the call, but not for each other
REFUSED = re.compile("there is no list|register_crd: ")  # lists that functions know, and what no kind can be called


def places(row: dict[str, Any]) -> Iterator[str]:
    """The text arguments of a call that stand in its request's path as segments."""
    requests = expected_requests(row)
    segments = requests[0]["path"].split("/") if requests else []
    for text in re.findall(r'"([^"\\\\]+)"', row["call"]):
        if text in segments and row["call"].count(f'"{text}"') == 1 and segments.count(text) == 1:
            yield text


def one_for_each_function() -> Iterator[Any]:
    """Each argument that stands in a path, once for each function."""
    for name, data in CONTRACTS.items():
        seen = set()
        for row in data["rows"]:
            function = re.match(r"[\w.:]+", row["call"])
            for number, text in enumerate(places(row)):
                key = (function and function.group(), number)
                if key not in seen and (name, text) not in NO_NAMES:
                    seen.add(key)
                    yield pytest.param(name, row, text, id=f"{name}-{row['id']}-{text}")


ROWS = list(one_for_each_function())
NO_WAITING = "local T = time() sleep = function(s) T = T + s end time = function() T = T + 1 return T end "


@pytest.fixture
def paths(run, stub, tmp_path):
    """Call a row's function with each of *others* for *text*: the paths that were asked for, and the errors' texts."""

    def call(name: str, row: dict[str, Any], text: str, *others: str) -> tuple[list[str], list[str]]:
        code = f"{NO_WAITING} local errors = {{}} "
        for other in others:
            changed = {**row, "call": row["call"].replace(f'"{text}"', f'"{other}"')}
            body = f"local ok, e = pcall(function() {script(name, changed, stub.url, tmp_path)} end)"
            code += f"do {body} errors[#errors + 1] = not ok and tostring(e) or nil end "
        errors: Any = run(f"{code} return errors")
        return [request.path for request in stub.requests], list(errors)

    return call


@pytest.mark.parametrize(("name", "row", "text"), ROWS)
def test_an_odd_name_is_one_part_of_the_path_and_never_leads_out_of_it(paths, name, row, text):
    sent, errors = paths(name, row, text, ODD, *CLIMBING)
    if errors and REFUSED.search(errors[0]):
        assert sent == []
        return
    declared = expected_requests(row)[0]["path"].split("/")
    assert sent, errors
    assert unquote(sent[0]) == "/".join(ODD if part == text else part for part in declared)
    assert not set("".join(sent)) & set(" ?#")
    climbing = [path for path in sent if {".", ".."} & {unquote(part) for part in path.split("/")}]
    assert climbing == [], errors
