from __future__ import annotations

import hashlib
import hmac
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.builtins.crypto.digest import ALGORITHMS, equal, hash_text, hmac_text
from assay_shell.runtime.values import as_text

if TYPE_CHECKING:
    from tests.conftest import Fails, Run

SUPPORTED = "(supported: sha224, sha256, sha384, sha512, sha3-224, sha3-256, sha3-384, sha3-512)"
EVERY_BYTE = "".join(f"\\{byte:03d}" for byte in range(256))


@pytest.mark.parametrize("name", ALGORITHMS)
@given(key=st.binary(), data=st.binary())
def test_digests_are_those_of_the_standard_library(name: str, key: bytes, data: bytes) -> None:
    algorithm = name.replace("-", "_") if "-" in name else name
    expected = hmac.new(key, data, algorithm)
    assert hash_text(as_text(data), name) == hashlib.new(algorithm, data).hexdigest()
    assert hmac_text(as_text(key), as_text(data), name) == expected.hexdigest()
    assert hmac_text(as_text(key), as_text(data), name, True) == expected.digest()


def test_hash_is_sha256_in_lower_case_hex_unless_told_otherwise(run: Run) -> None:
    assert run('return crypto.hash("abc")') == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert run('return crypto.hash("")') == hashlib.sha256(b"").hexdigest()
    assert run('return crypto.hash("abc", "SHA3-512")') == hashlib.sha3_512(b"abc").hexdigest()


def test_all_bytes_go_into_hash_and_hmac(run: Run) -> None:
    data = bytes(range(256))
    assert run(f'return crypto.hash("{EVERY_BYTE}")') == hashlib.sha256(data).hexdigest()
    assert run(f'return crypto.hmac("{EVERY_BYTE}", "{EVERY_BYTE}")') == hmac.new(data, data, "sha256").hexdigest()


def test_raw_results_are_keys_of_the_next_hmac(run: Run) -> None:
    first = hmac.digest(b"AWS4key", b"20260101", "sha256")
    second = hmac.digest(first, b"eu-west-1", "sha256")
    code = 'return crypto.hmac(crypto.hmac("AWS4key", "20260101", nil, true), "eu-west-1", "sha256", true)'
    assert run(code) == as_text(second)
    assert run('return crypto.hmac("k", "d", "sha256", false)') == hmac.new(b"k", b"d", "sha256").hexdigest()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("hash()", "hash: first argument must be a string"),
        ("hash(5)", "hash: first argument must be a string"),
        ("hash({})", "hash: first argument must be a string"),
        ('hash("a", 1)', "hash: second argument must be an algorithm string or nil"),
        ('hash("a", "md5")', f"hash: unsupported algorithm: md5 {SUPPORTED}"),
        ('hash("a", "sha-256")', f"hash: unsupported algorithm: sha-256 {SUPPORTED}"),
        ('hash("a", "sha1")', f"hash: unsupported algorithm: sha1 {SUPPORTED}"),
        ('hmac(nil, "d")', "hmac: first argument must be a string (key)"),
        ('hmac(1, "d")', "hmac: first argument must be a string (key)"),
        ('hmac("k")', "hmac: second argument must be a string (data)"),
        ('hmac("k", 2)', "hmac: second argument must be a string (data)"),
        ('hmac("k", "d", 3)', "hmac: third argument must be an algorithm string or nil"),
        ('hmac("k", "d", "sha256", 1)', "hmac: fourth argument must be a boolean or nil"),
        ('hmac("k", "d", "md5")', f"hmac: unsupported algorithm: md5 {SUPPORTED}"),
        ('equal(1, "a")', "equal: first argument must be a string"),
        ('equal("a")', "equal: second argument must be a string"),
    ],
)
def test_wrong_arguments_are_named(fails: Fails, call: str, message: str) -> None:
    assert fails(f"crypto.{call}") == f"crypto.{message}"


@given(st.binary(), st.binary())
def test_strings_are_equal_when_all_bytes_are(a: bytes, b: bytes) -> None:
    assert equal(as_text(a), as_text(b)) is (a == b)
    assert equal(as_text(a), as_text(a)) is True


def test_equal_answers_scripts(run: Run) -> None:
    assert run(f'return crypto.equal("{EVERY_BYTE}", "{EVERY_BYTE}")') is True
    assert run('return crypto.equal("abc", "abd")') is False
    assert run('return crypto.equal("abc", "abcd")') is False


def test_digests_and_random_values_do_without_the_cryptography_package() -> None:
    code = (
        "import sys; from assay_shell.runtime.vm import Runtime\n"
        "with Runtime() as r: r.evaluate('crypto.hash(crypto.random()); crypto.hmac(crypto.uuid(), \"\")')\n"
        "sys.exit('cryptography' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=20).returncode == 0
