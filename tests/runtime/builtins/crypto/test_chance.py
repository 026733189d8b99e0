from __future__ import annotations

import re
import string
import uuid
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from assay_shell.runtime.builtins.crypto.chance import ALPHABET

if TYPE_CHECKING:
    from tests.conftest import Fails, Run


@pytest.mark.parametrize("length", [1, 2, 31, 1000, 200_000])
def test_random_gives_as_many_letters_and_digits_as_asked(run: Run, length: int) -> None:
    text = run(f"return crypto.random({length})")
    assert isinstance(text, str)
    assert re.fullmatch(f"[a-zA-Z0-9]{{{length}}}", text)


def test_random_gives_32_characters_unless_told_otherwise(run: Run) -> None:
    assert run("return #crypto.random(), #crypto.random(nil)") == 32
    assert run("return crypto.random() ~= crypto.random()") is True


def test_all_characters_are_equally_likely(run: Run) -> None:
    assert set(ALPHABET.decode()) == set(string.ascii_letters + string.digits)
    counts = Counter(str(run("return crypto.random(620000)")))
    assert len(counts) == 62
    assert 9_400 < min(counts.values()) <= max(counts.values()) < 10_600  # six standard deviations


@pytest.mark.parametrize(
    ("length", "message"),
    [
        ("0", "length must be positive, got 0"),
        ("-3", "length must be positive, got -3"),
        ("5.0", "first argument must be a positive integer or nil"),
        ('"5"', "first argument must be a positive integer or nil"),
        ("true", "first argument must be a positive integer or nil"),
        ("{}", "first argument must be a positive integer or nil"),
    ],
)
def test_lengths_that_are_none_are_refused(fails: Fails, length: str, message: str) -> None:
    assert fails(f"crypto.random({length})") == f"crypto.random: {message}"


def test_more_than_memory_holds_is_refused(fails: Fails) -> None:
    assert "not enough memory" in fails("crypto.random(1 << 50)")


def test_uuids_are_random_and_of_version_4(run: Run) -> None:
    seen = set()
    for _ in range(3):
        found = uuid.UUID(str(run("return crypto.uuid()")))
        assert (found.version, found.variant) == (4, uuid.RFC_4122)
        seen.add(found)
    assert len(seen) == 3
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", str(run("return crypto.uuid()")))
