"""Answers that are JSON, but nothing that a service says: they are told with the request, never in Lua's words."""

from __future__ import annotations

import re

import pytest

from assay_shell.runtime.vm import Runtime
from tests.stdlib.test_contract import CALLS, expected_requests, script

pytestmark = pytest.mark.usefixtures("environment")

# One row for each function that asks a server and returns what that says; of each module the first is no long test.
FOUND = {
    (name, match.group()): row
    for name, row in CALLS
    if "error" not in row and expected_requests(row) and (match := re.search(r"\b[cm][:.]\w+(?=\()", row["call"]))
}
FIRST = dict(reversed(FOUND))
ROWS = [
    pytest.param(name, row, id=f"{name}-{row['id']}", marks=() if FIRST[name] == call else pytest.mark.long)
    for (name, call), row in FOUND.items()
]
ODD = ["null", "5", "{}"]


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_no_answer_ends_in_the_words_of_lua(stub, tmp_path, name, row):
    code = f"sleep = function() end local ok, e = pcall(function() {script(name, row, stub.url, tmp_path)} end)"
    with Runtime() as runtime:
        for body in ODD:
            for request in expected_requests(row):
                stub.on(request["method"], request["path"], body=body)
            (told,) = runtime.evaluate(f"{code} return ok or tostring(e)")
            assert not re.search("assay/.*(attempt to|bad argument)", str(told))
