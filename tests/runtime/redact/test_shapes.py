"""Secrets known by their shape."""

from __future__ import annotations

import pytest

from assay_shell.runtime.redact import MASK, Redactor

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl-_x"
BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\nVJTUt9Us8cKjMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6d"

TOKENS = [
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "gho_16C7e42F292c6912E7710c838347Ae178B4a",
    "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuv", "glpat-abcdefgh1234567890zz", "xoxb-123456789012-abcdefghij",
    "xoxp-123456789012-abcdefghij", "xapp-1-A0123456789-abcdef", "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE",
    "hvs.CAESIJ1qkLbzGJcTsVtdOMFI", "s.Ga5jyNq6kNfRMVQk2LY1j9iu", "sk-abcdefghijklmnop1234567890", 
    "sk-proj-abc1def2ghi3-jkl",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "AIzaSyA1234567890abcdefghijklmnopqrstuv", "ya29.a0AfH6SMBx1234567890abc",
    "npm_abcdefghijklmnopqrstuvwxyz0123456789", "dop_v1_" + "0a" * 32, "hf_" + "aB3" * 11,
    "SG.abcdefghijklmnop1234.abcdefghijklmnop1234", "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQ", JWT,
    "eyJhbGciOiJkaXIifQ..aXY1.Y2lwaGVy.dGFn".replace("..", ".a."),
]  # fmt: skip


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("frame", ["{}", "got {} from", '"{}"', "x\n{}\n", "a\\n{}\\n", "%20{}", "({})", "v={}"])
def test_a_token_is_masked_wherever_it_stands(token: str, frame: str) -> None:
    masked = Redactor().text(frame.format(token))
    assert token[6:] not in masked
    assert MASK in masked


@pytest.mark.parametrize(
    "kind", ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\\n", "\n    ", " "])
def test_a_private_key_block_is_masked_whole(kind: str, newline: str) -> None:
    block = f"-----BEGIN {kind}-----\n{BODY}\n-----END {kind}-----".replace("\n", newline)
    assert Redactor().text(f"key = {block} end") == f"key = {MASK} end"


def test_a_private_key_that_was_cut_off_is_masked() -> None:
    masked = Redactor().text(f"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n{BODY}")
    assert masked == MASK


def test_a_pgp_key_block_is_masked() -> None:
    text = "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBF\n=abcd\n-----END PGP PRIVATE KEY BLOCK-----"
    assert Redactor().text(text) == MASK


def test_what_follows_a_key_block_stays() -> None:
    key = f"-----BEGIN PRIVATE KEY-----\n{BODY}\n-----END PRIVATE KEY-----"
    assert Redactor().text(f"{key}\nhello\n{key}\nbye") == f"{MASK}\nhello\n{MASK}\nbye"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgres://bob:pw@db/x", f"postgres://bob:{MASK}@db/x"),
        ("redis://:pw@db:6379", f"redis://:{MASK}@db:6379"),
        ("https://bob:p@ss@host/", f"https://bob:{MASK}@host/"),
        ("mysql://bob:p/w?x#y@db/x", f"mysql://bob:{MASK}@db/x"),
        ("git clone https://x1x2x3x4x5x6x7x8x9x0aa@example.com/r", f"git clone https://{MASK}@example.com/r"),
        ("amqp://a:b@h1,c:d@h2", f"amqp://a:{MASK}@h2"),
        ("http://host:8080/a@b", "http://host:8080/a@b"),
        ("http://[::1]:80/a@b", "http://[::1]:80/a@b"),
        ("kafka://h1:1,h2:2/a@b", "kafka://h1:1,h2:2/a@b"),
        ("https://bob@host/ https://bob:@host/", "https://bob@host/ https://bob:@host/"),
    ],
)
def test_passwords_in_addresses(text: str, masked: str) -> None:
    assert Redactor().text(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Bearer xxx", f"Bearer {MASK}"),
        ("'bearer abc123=='", f"'bearer {MASK}'"),
        ("sent Bearer abc.def.", f"sent Bearer {MASK}."),
        ("Basic dXNlcjpwYXNz!", f"Basic {MASK}!"),
        ("Basic dXNlcjpwdw==", f"Basic {MASK}"),
        ("the bearer token, Bearer authentication", "the bearer token, Bearer authentication"),
        ('Bearer realm="x", error="y"', 'Bearer realm="x", error="y"'),
        ("Basic training", "Basic training"),
    ],
)
def test_credentials_after_their_scheme(text: str, masked: str) -> None:
    assert Redactor().text(text) == masked
