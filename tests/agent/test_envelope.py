from __future__ import annotations

import json

import pytest

from assay_shell.agent.envelope import LARGEST, failure, needs_approval, success, timeout
from assay_shell.runtime.approvals.request import Request


def test_envelopes_have_their_keys_in_order_and_no_line_end() -> None:
    assert success(b"[1]").body == b'{"ok":true,"status":"ok","output":[1],"requiresApproval":null}'
    assert failure('no "x"\n').body == b'{"ok":false,"status":"error","error":"no \\"x\\"\\n"}'
    assert timeout(7).body == b'{"ok":false,"status":"timeout","error":"execution timed out after 7s"}'
    assert needs_approval(Request("Go?", {"b": 1.0, "a": ["é/"]}), "t" * 32).body.decode() == (
        '{"ok":true,"status":"needs_approval","output":null,'
        '"requiresApproval":{"context":{"a":["é/"],"b":1.0},"prompt":"Go?","resumeToken":"' + "t" * 32 + '"}}'
    )


def test_only_what_json_requires_is_escaped() -> None:
    text = "".join(map(chr, range(0x80))) + "é€𝄞"
    body = failure(text).body.decode()
    assert json.loads(body)["error"] == text
    assert body.endswith('\x7fé€𝄞"}')
    assert "\\u001f" in body
    assert "\\b\\t\\n\\u000b\\f\\r" in body


def test_bytes_that_are_no_utf_8_are_replaced_in_errors() -> None:
    assert json.loads(failure("a\udcffb").body)["error"] == "a\ufffdb"


@pytest.mark.parametrize(
    "output",
    [
        pytest.param(json.dumps("x" * LARGEST), id="plain text"),
        pytest.param(json.dumps('"' * LARGEST), id="quotes"),
        pytest.param(json.dumps("€𝄞" * LARGEST, ensure_ascii=False), id="wide characters"),
        pytest.param("[" + ",".join(["1"] * LARGEST) + "]", id="array"),
    ],
)
def test_a_result_that_is_too_large_is_cut_to_the_longest_prefix_that_fits(output: str) -> None:
    body = success(output.encode()).body
    envelope = json.loads(body)
    assert list(envelope) == ["ok", "status", "output", "requiresApproval", "truncated"]
    assert envelope["truncated"] is True
    assert LARGEST - 8 < len(body) <= LARGEST
    assert envelope["output"].endswith("...")
    assert output.startswith(envelope["output"][:-3])


def test_a_result_that_just_fits_is_left_alone() -> None:
    around = len(success(b"").body)
    assert b"truncated" not in success(b"1" * (LARGEST - around)).body
    assert b"truncated" in success(b"1" * (LARGEST - around + 1)).body


@pytest.mark.parametrize("character", ["x", "\n", "\x01", "€"])
def test_errors_are_cut_the_same_way(character: str) -> None:
    body = failure(character * LARGEST).body
    envelope = json.loads(body)
    assert LARGEST - 8 < len(body) <= LARGEST
    assert list(envelope) == ["ok", "status", "error", "truncated"]
    assert envelope["error"] == character * (len(envelope["error"]) - 3) + "..."
