"""Values as PostgreSQL writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.builtins.db.postgres.results import Types, parse_array
from assay_shell.runtime.builtins.db.typed import Array


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(b"{}", [], id="empty"),
        pytest.param(b"{1,NULL,3}", [b"1", None, b"3"], id="with NULL"),
        pytest.param(b'{"a b","NULL","\\"","\\\\",""}', [b"a b", b"NULL", b'"', b"\\", b""], id="quoted"),
        pytest.param(b"{{1,2},{3,4}}", [[b"1", b"2"], [b"3", b"4"]], id="two dimensions"),
        pytest.param(b"[0:1]={a,b}", [b"a", b"b"], id="with bounds"),
        pytest.param(b"{(1,2);(3,4)}", [b"(1", b"2)", b"(3", b"4)"], id="of boxes, which nobody has"),
        pytest.param('{"ä",ö}'.encode(), ["ä".encode(), "ö".encode()], id="UTF-8"),
    ],
)
def test_array_literals(text: bytes, expected: list[object]) -> None:
    assert parse_array(text, None) == expected


@given(st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))))
def test_a_literal_of_ours_is_read_back(items: list[str | None]) -> None:
    expected = [None if item is None else item.encode() for item in items]
    assert parse_array(Array(list(items)).literal().encode(), None) == expected


@pytest.mark.parametrize(
    ("oid", "text", "expected"),
    [
        pytest.param(20, b"-9223372036854775808", -(2**63), id="int8"),
        pytest.param(21, b"5", 5, id="int2"),
        pytest.param(26, b"4294967295", 4294967295, id="oid"),
        pytest.param(16, b"t", True, id="true"),
        pytest.param(16, b"f", False, id="false"),
        pytest.param(700, b"0.1", 0.1, id="float4"),
        pytest.param(701, b"-Infinity", float("-inf"), id="float8"),
        pytest.param(17, b"\\x00ff", b"\x00\xff", id="bytea"),
        pytest.param(17, b"\\000a\\\\", b"\x00a\\", id="bytea in the old format"),
        pytest.param(1007, b"{1,2}", [1, 2], id="int4[]"),
        pytest.param(1000, b"{t,f}", [True, False], id="bool[]"),
        pytest.param(1001, b'{"\\\\x00ff"}', [b"\x00\xff"], id="bytea[]"),
    ],
)
def test_types_with_a_lua_type_of_their_own(oid: int, text: bytes, expected: object) -> None:
    convert, _ = Types(rich=False).converter(oid)
    assert convert is not None
    assert convert(text) == expected


@pytest.mark.parametrize("oid", [25, 1043, 1700, 1114, 1184, 1082, 114, 3802, 2950, 869, 1186, 790, 600, 16999])
def test_all_others_are_text(oid: int) -> None:
    assert Types(rich=False).converter(oid) == (None, False)


def test_a_type_made_in_the_database_is_an_array_once_it_is_known() -> None:
    types = Types(rich=False)
    types.learn(20001, 20000)
    types.learn(20000, None)
    convert, makes_tables = types.converter(20001)
    assert makes_tables
    assert convert is not None
    assert convert(b"{sad,ok}") == [b"sad", b"ok"]
