from __future__ import annotations

import base64 as reference
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.builtins.base64 import decode, decode_url, encode, encode_url
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.values import as_text

if TYPE_CHECKING:
    from tests.conftest import Fails, Run

ALL_BYTES = bytes(range(256))
NO_STRING = "bad argument #1: error converting Lua {} to String (expected string or number)"


def test_encoding_is_standard_padded_and_on_one_line(run: Run) -> None:
    assert run('return base64.encode("hi")') == "aGk="
    assert run('return base64.encode("")') == ""
    assert run('return base64.encode(("x"):rep(1000))') == reference.b64encode(b"x" * 1000).decode()
    assert run('return base64.encode("\\255\\239\\190")') == "/+++"


def test_a_number_is_taken_as_its_text(run: Run) -> None:
    assert run("return base64.encode(12.5)") == "MTIuNQ=="
    assert run("return base64.decode(1234)") == as_text(reference.b64decode("1234"))


@pytest.mark.parametrize("pair", ["", "_url"], ids=["standard", "url"])
def test_all_bytes_survive_the_way_there_and_back(run: Run, pair: str) -> None:
    everything = "".join(f"\\{byte}" for byte in ALL_BYTES)
    assert run(f'return base64.decode{pair}(base64.encode{pair}("{everything}"))') == as_text(ALL_BYTES)


@given(st.binary())
def test_encoding_and_decoding_are_those_of_the_standard_library(data: bytes) -> None:
    assert encode(data) == reference.b64encode(data)
    assert decode(encode(data)) == data
    assert encode_url(data) == reference.urlsafe_b64encode(data).rstrip(b"=")
    assert decode_url(encode_url(data)) == data
    assert decode_url(reference.urlsafe_b64encode(data)) == data


@given(st.one_of(st.binary(max_size=12), st.text("AQZgw+/-_=\n ", max_size=12).map(str.encode)))
def test_only_what_encoding_writes_is_decoded(text: bytes) -> None:
    for there, back in ((encode, decode), (encode_url, decode_url)):
        try:
            data = back(text)
        except BuiltinError:
            continue
        assert there(data) == (text if there is encode else text.rstrip(b"="))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("aGk", "invalid length at 0", id="padding missing"),
        pytest.param("aGVsb", "invalid length at 4", id="a symbol left over"),
        pytest.param("aGk=\n", "invalid length at 4", id="newline at the end"),
        pytest.param("aG k", "invalid symbol at 2", id="blank"),
        pytest.param("aG\\nk", "invalid symbol at 2", id="newline"),
        pytest.param("_-__", "invalid symbol at 0", id="URL-safe symbols"),
        pytest.param("aGk\\255", "invalid symbol at 3", id="not ASCII"),
        pytest.param("QQ==QQ==", "invalid symbol at 2", id="two texts in a row"),
        pytest.param("=aGk", "invalid symbol at 0", id="padding first"),
        pytest.param("====", "invalid symbol at 0", id="padding alone"),
        pytest.param("a===", "invalid symbol at 1", id="padding for less than a byte"),
        pytest.param("aGVs====", "invalid symbol at 4", id="padding for nothing"),
        pytest.param("aG======", "invalid symbol at 4", id="too much padding"),
        pytest.param("aGl=", "non-zero trailing bits at 2", id="spare bits of two bytes"),
        pytest.param("aGVsQR==", "non-zero trailing bits at 5", id="spare bits of one byte"),
    ],
)
def test_decoding_is_strict_and_says_where_it_stopped(fails: Fails, text: str, reason: str) -> None:
    escaped = text.replace("\n", "\\n")
    assert fails(f'base64.decode("{escaped}")') == f"base64.decode: {reason}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("a", "invalid length at 0", id="less than a byte"),
        pytest.param("aGk==", "invalid length at 4", id="padding does not fill up"),
        pytest.param("a+/b", "invalid symbol at 1", id="standard symbols"),
        pytest.param("aG======", "invalid symbol at 4", id="too much padding"),
        pytest.param("aGl", "non-zero trailing bits at 2", id="spare bits"),
    ],
)
def test_decoding_the_url_safe_form_is_as_strict_but_for_missing_padding(fails: Fails, text: str, reason: str) -> None:
    assert fails(f'base64.decode_url("{text}")') == f"base64.decode_url: {reason}"


def test_the_url_safe_form_is_read_padded_or_not(run: Run) -> None:
    assert run('return base64.decode_url("_-8")') == run('return base64.decode_url("_-8=")') == as_text(b"\xff\xef")


@pytest.mark.parametrize("function", ["encode", "decode", "encode_url", "decode_url"])
@pytest.mark.parametrize(
    ("value", "kind"), [("", "nil"), ("nil", "nil"), ("true", "boolean"), ("{}", "table"), ("print", "function")]
)
def test_anything_but_text_and_numbers_is_refused(fails: Fails, function: str, value: str, kind: str) -> None:
    assert fails(f"base64.{function}({value})") == NO_STRING.format(kind)
