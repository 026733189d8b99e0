from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.checks.durations import parse_duration

UNSUPPORTED = "unsupported duration format: \"{}\" (use e.g. '120s', '5m', '500ms')"


@given(
    st.integers(0, 2**64 - 1), st.sampled_from([("ms", 0.001), ("s", 1), ("m", 60)]), st.sampled_from(["", " ", "\t"])
)
def test_digits_and_a_unit_are_that_long(number: int, unit: tuple[str, float], blank: str) -> None:
    assert parse_duration(f"{blank}{number}{unit[0]}{blank}") == pytest.approx(number * unit[1])


BEGINNINGS = ("unsupported duration format: ", "invalid seconds", "invalid milliseconds", "invalid minutes")


@given(st.text(max_size=8).filter(lambda text: not re.fullmatch(r"\s*[0-9]+(ms|s|m)\s*", text, re.ASCII)))
def test_any_other_text_is_refused_with_the_words_of_the_contract(text: str) -> None:
    with pytest.raises(ValueError, match=f"^({'|'.join(BEGINNINGS)})"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("5", UNSUPPORTED.format("5"), id="bare number"),
        pytest.param(" 2h ", UNSUPPORTED.format("2h"), id="hours"),
        pytest.param("", UNSUPPORTED.format(""), id="empty"),
        pytest.param("1.5s", "invalid seconds value: ", id="fraction"),
        pytest.param("-1s", "invalid seconds value: ", id="sign"),
        pytest.param("+1s", "invalid seconds value: ", id="plus"),
        pytest.param("5 s", "invalid seconds value: ", id="inner blank"),
        pytest.param("s", "invalid seconds value: ", id="no digits"),
        pytest.param("xms", "invalid milliseconds value: ", id="milliseconds"),
        pytest.param("1.m", "invalid minutes value: ", id="minutes"),
        pytest.param("99999999999999999999s", "invalid seconds value: ", id="beyond 64 bits"),
        pytest.param("٣s", "invalid seconds value: ", id="other digits"),
    ],
)
def test_a_refused_duration_names_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_duration(text)
    assert str(caught.value).startswith(message)
