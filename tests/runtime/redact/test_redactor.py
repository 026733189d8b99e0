"""What the Redactor promises as a whole."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.parse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_shell.runtime.redact import EVERYDAY, MASK, MOST, Redactor

INNOCENT = [
    "token expired",
    "password: required field",
    "password: not set",
    "invalid token: signature mismatch",
    "the password must have 12 characters",
    "enter password: ",
    "crypto.jwt_verify: token expired",
    "fs.read: failed to read \"/etc/token\": No such file or directory (os error 2)",
    "http.get failed: error sending request for url (http://127.0.0.1:1/): Connection refused (os error 111)",
    "GET https://example.com:8443/api/v1/items?limit=10&sort=name HTTP/1.1",
    "pass: 5, fail: 0, bypass=1, PWD=/home/someone",
    "max_tokens: 100, token_type: bearer, primary_key: 5, keys = 3",
    "local token = env.get(\"TOKEN\")",
    "local c = vault.client({ url = url, token = token })",
    "  self.token = opts.token",
    "if token == nil then error(\"no token\") end",
    "function sign(claims: table, secret: string) -> string",
    '["Authorization"] = "Bearer " .. token',
    'WWW-Authenticate: Bearer realm="example"',
    "basic usage, bearer of news, a Basic example",
    "password: ${DB_PASSWORD} and token=$TOKEN",
    "--password PASSWORD  the password; see --token to use a token",
    "risk-management-something-very-long, s.e. and e.g. eyJ",
    "ssh://git@example.com/repo.git and user@example.com",
    "registry.example.com:443/image@sha256:" + "0" * 64,
    '{"password":null,"token":"","secret":false}',
    "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUF\n-----END CERTIFICATE-----",
    "it says -----BEGIN PRIVATE KEY----- on top",
    "",
    "•" * 8,
]  # fmt: skip

SECRETS = st.text(min_size=6, max_size=40).filter(
    lambda text: len(text.strip()) >= 6 and MASK[0] not in text and text.strip().lower() not in EVERYDAY
)


@pytest.mark.parametrize("text", INNOCENT)
def test_text_without_secrets_is_unchanged(text: str) -> None:
    assert Redactor().text(text) == text


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters=":=>")))
def test_text_without_signs_is_unchanged(text: str) -> None:
    if not any(sign in text.lower() for sign in ("bearer", "basic")):
        assert Redactor().text(text) == text


@given(SECRETS, st.text(max_size=10), st.text(max_size=10))
@settings(max_examples=100)
def test_a_registered_secret_survives_in_none_of_its_forms(secret: str, before: str, after: str) -> None:
    secret = secret.strip()
    raw = secret.encode("utf-8", "surrogatepass")
    redactor = Redactor()
    redactor.add(secret)
    for form in (
        secret,
        raw.hex(),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
        urllib.parse.quote_from_bytes(raw, safe=""),
        urllib.parse.quote_from_bytes(raw),
        urllib.parse.quote_from_bytes(raw, safe="").replace("%20", "+"),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(secret))[3:-3],
    ):
        assert form not in redactor.text(f"{before}{MASK}{form}{MASK}{after}")


@given(st.binary(min_size=6, max_size=40), st.binary(max_size=5), st.binary(max_size=5))
@settings(max_examples=100)
def test_a_registered_secret_inside_longer_base64_is_hidden(secret: bytes, before: bytes, after: bytes) -> None:
    secret = secret.strip()
    redactor = Redactor()
    redactor.add(secret)
    text = base64.b64encode(before + secret + after).decode()
    if len(secret.decode("utf-8", "surrogateescape").strip()) >= 6 and len(set(secret)) > 2:
        assert MASK in redactor.text(text)


def test_bytes_are_registered_like_text() -> None:
    redactor = Redactor()
    secret = b"\xff\x00secret\xfe"
    redactor.add(secret)
    assert redactor.text(f"a {secret.decode('utf-8', 'surrogateescape')} b") == f"a {MASK} b"
    assert redactor.text(f"key {secret.hex()}") == f"key {MASK}"


def test_every_byte_survives_where_nothing_is_secret() -> None:
    text = bytes(range(256)).decode("utf-8", "surrogateescape")
    assert Redactor().text(text) == text


@pytest.mark.parametrize("value", ["", "abc", "12345", "true", "NULL", "password", "        ", "default"])
def test_short_and_everyday_values_are_not_registered(value: str) -> None:
    redactor = Redactor()
    redactor.add(value)
    text = f"it is {value} here"
    assert redactor.text(text) == text


def test_blanks_around_a_registered_value_do_not_count() -> None:
    redactor = Redactor()
    redactor.add("  s3cr3t-value\n")
    assert redactor.text("got s3cr3t-value.") == f"got {MASK}."


def test_a_value_that_contains_another_is_hidden_whole() -> None:
    redactor = Redactor()
    redactor.add("abcdef")
    redactor.add("abcdef-ghijkl")
    assert redactor.text("x abcdef-ghijkl y abcdef z") == f"x {MASK} y {MASK} z"


def test_the_lines_of_a_registered_key_are_hidden_one_by_one() -> None:
    redactor = Redactor()
    redactor.add(
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA1234\nabcdefghijklmnopqrst\n-----END RSA PRIVATE KEY-----"
    )
    assert redactor.text("line abcdefghijklmnopqrst") == f"line {MASK}"


@pytest.mark.parametrize("size", [10, 20_000], ids=["short text", "long text"])
def test_many_registered_values_are_all_hidden(size: int) -> None:
    redactor = Redactor()
    values = [f"value-number-{number:04d}!" for number in range(500)]
    for value in values:
        redactor.add(value)
    for value in values[::50]:
        assert value not in redactor.text("x" * size + value + "x" * size)


def test_the_oldest_values_go_when_there_are_too_many() -> None:
    redactor = Redactor()
    for number in range(MOST + 1):
        redactor.add(f"value-number-{number:06d}")
    assert redactor.text("value-number-000000") == "value-number-000000"
    assert redactor.text(f"value-number-{MOST:06d}") == MASK


FRAGMENTS = [
    "password", "token", "api_key", "Authorization", "cookie", "Bearer", "Basic", "secret", "X-Vault-Token", "auth",
    "sig", "code", "key", "=", ":", " ", "\n", "  ", '"', "'", '\\"', "\\", "\\n", "=>", "==", "[", "]", "{", "}", "(",
    ")", "&", "?", ";", ",", "|\n  ", "://", "@", "/", "hunter2", "abc", "required", "env.get(", "opts.token", "--",
    "eyJhbGci.eyJzdWIi.sig", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0",
    "<", ">", "\t", "\r", "${X}", MASK, "dXNlcjpwYXNz", "null", "value", "#", "İ", "export ", "- ", "REGISTERED-1",
]  # fmt: skip


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
def test_masking_twice_is_masking_once(text: str) -> None:
    redactor = Redactor()
    redactor.add("REGISTERED-1")
    once = redactor.text(text)
    assert "REGISTERED-1" not in once
    assert redactor.text(once) == once


@given(st.text())
def test_any_text_comes_back_as_text(text: str) -> None:
    assert isinstance(Redactor().text(text), str)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece",
    [
        "token ", "password= x", "token: '", "token: \\'\n", "cookie: none ", "-----BEGIN PRIVATE KEY-----", "eyJ",
        "eyJ.", "://", "://a:b/", "bearer ", "password: |\n", "token: [", "password=a;", "x-token:a\\n",
        "token:env.get(", "token=[<", '"token", ', "?key=", "<secret>", "<",
        "-----BEGIN PRIVATE KEY-----\n-a", "password: hunter two ", "password={", "\\", " ", "A", "sk-", "token\\\\\\",
    ],
)  # fmt: skip
def test_time_grows_with_the_text_only(piece: str) -> None:
    Redactor().text("password=" + piece * (300_000 // len(piece)))


def test_ordinary_text_needs_no_regular_expressions() -> None:
    code = (
        "import sys; from assay_shell.runtime.redact import Redactor\n"
        "Redactor().text('INFO request done path=/api/v1/items status=200')\n"
        "sys.exit('re' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-S", "-c", code], check=False, timeout=20).returncode == 0
