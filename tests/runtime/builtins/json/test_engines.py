from __future__ import annotations

import json as reference
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.builtins.json.engines import loads_large, loads_small, rewritten

REFUSALS = (ValueError, StopIteration, RecursionError)
SIGNS = ["{", "}", "[", "]", ",", ":", " ", "\n", "\f"]
STRINGS = ['"k"', '"', r'"\u00e9"', r"\ud800", r"\uDC00", "\\", "é"]
NUMBERS = ["-0", "-0.5", "1", "01", "1e999", "18446744073709551616", "-9223372036854775809", "9" * 400]
PIECES = st.sampled_from([*SIGNS, *STRINGS, *NUMBERS, "NaN", "-Infinity", "true", "nul"])
TEXTS = st.one_of(
    st.lists(PIECES, max_size=10).map("".join),
    st.lists(PIECES, max_size=4).map(lambda pieces: "[" + ",".join(pieces) + "]"),
    st.lists(PIECES, max_size=4).map(lambda pieces: '"' + "".join(pieces) + '"'),
    st.text(max_size=10),
)


@given(TEXTS)
def test_both_engines_refuse_the_same_texts_and_agree_on_the_rest(text: str) -> None:
    try:
        small = loads_small(text)
    except REFUSALS:
        with pytest.raises(REFUSALS):
            loads_large(text)
    else:
        assert comparable(small) == comparable(loads_large(text))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ).map(lambda value: reference.dumps(value).replace("NaN", "-0"))
)
def test_both_engines_read_the_same_document(text: str) -> None:
    assert comparable(loads_small(text)) == comparable(loads_large(text))


def test_rewriting_turns_text_into_one_character_a_byte() -> None:
    assert rewritten({"é": ["€", "\x00", 1, -0.0]}) == {"Ã©": ["â\x82¬", "\x00", 1, -0.0]}


def test_small_texts_do_not_load_what_a_script_start_cannot_afford() -> None:
    code = (
        "import sys, assay_shell.runtime.builtins.json as group\n"
        "group.parse_bytes(b'{\"a\": [1, -0, 1e3, \"\\\\\\\\u00e9\"]}', 'x')\n"
        "print(sorted({'orjson', 'json', 're', 'enum', 'dataclasses'} & set(sys.modules)))"
    )
    command = [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}"]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def comparable(value: object) -> object:
    """*value* with types told apart; integers beyond 64 bits are floats to Lua."""
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if type(value) is int and not -(2**63) <= value < 2**63:
        value = float(value)
    return (type(value).__name__, repr(value))
