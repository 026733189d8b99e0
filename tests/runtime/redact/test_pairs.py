"""Secrets that stand after their name."""

from __future__ import annotations

import json
import string
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.redact import MASK, Redactor

M = MASK

PAIRS = [
    # ini, environment, logfmt, connection strings
    ("password=hunter2", f"password={M}"),
    ("password=secret", f"password={M}"),
    ("DB_PASSWORD=p@ss,word;x", f"DB_PASSWORD={M}"),
    ("password = correct horse  # why", f"password = {M}  # why"),
    ("export API_KEY=abc", f"export API_KEY={M}"),
    ("msg=x password=hunter2 status=failed", f"msg=x password={M} status=failed"),
    ("password=hunter2 user=bob", f"password={M} user=bob"),
    ("user=a, password=b1, host=c", f"user=a, password={M}, host=c"),
    ("Server=x;Password=y1;Database=z", f"Server=x;Password={M};Database=z"),
    ("(token=abc)", f"(token={M})"),
    ("DB_PWD=x1 pwd=y1", f"DB_PWD={M} pwd={M}"),
    # YAML
    ("password: hunter2", f"password: {M}"),
    ("  - password: correct horse battery\n    user: bob", f"  - password: {M}\n    user: bob"),
    ("{password: hunter2, user: bob}", f"{{password: {M}, user: bob}}"),
    ("password: 'it''s'", f"password: '{M}''{'s'}'"),
    ("a:\n  password: |\n    one\n\n    two\n  b: 1", f"a:\n  password: |\n    {M}\n  b: 1"),
    ("secret: >-\n  one\nb: 1", f"secret: >-\n  {M}\nb: 1"),
    ("client-key-data: LS0tLS1CRUdJTg==", f"client-key-data: {M}"),
    # JSON
    ('{"password": "hunter2", "user": "bob"}', f'{{"password": "{M}", "user": "bob"}}'),
    ('{"password":"a\\"b\\\\","user":"bob"}', f'{{"password":"{M}","user":"bob"}}'),
    ('{"password":12345,"token":null}', f'{{"password":{M},"token":null}}'),
    ('{"tokens":["a"],"token":["a","b"]}', f'{{"tokens":["a"],"token":[{M}]}}'),
    ('{"name":"DB_PASSWORD","value":"x y"}', f'{{"name":"DB_PASSWORD","value":"{M}"}}'),
    ("- name: DB_PASSWORD\n  value: hunter2", f"- name: DB_PASSWORD\n  value: {M}"),
    ('["A=1","DB_PASSWORD=my pass","B=2"]', f'["A=1","DB_PASSWORD={M}","B=2"]'),
    ('{"auth":"dXNlcjpwYXNzd29yZA=="}', f'{{"auth":"{M}"}}'),
    ('{"password": "cut o', f'{{"password": "{M}'),
    # source code and other notations
    ("local password = 'hunter2' -- note", f"local password = '{M}' -- note"),
    ("{'password': b'hunter2', 'x': 1}", f"{{'password': b'{M}', 'x': 1}}"),
    (":password => 'hunter2'", f":password => '{M}'"),
    ("password := \"hunter2\"", f'password := "{M}"'),
    ("password = [[hunter2]]", f"password = [[{M}]]"),
    ('token = """\nabc\n"""', f'token = """{M}"""'),
    ("<password>hunter2</password>", f"<password>{M}</password>"),
    ("config[\"password\"] = 'x1'", f"config[\"password\"] = '{M}'"),
    # headers
    ("Authorization: Bearer abc123 status=401", f"Authorization: Bearer {M} status=401"),
    ("authorization: Custom a, b=c\nHost: x", f"authorization: {M}\nHost: x"),
    ("Cookie: a=b; c=d\r\nHost: x", f"Cookie: {M}\r\nHost: x"),
    ("Authorization: Bearer abc\\r\\nHost: x", f"Authorization: Bearer {M}\\r\\nHost: x"),
    ("curl -H 'Authorization: Custom a b' http://x", f"curl -H 'Authorization: {M}' http://x"),
    ('curl -H "X-Vault-Token: root" http://x', f'curl -H "X-Vault-Token: {M}" http://x'),
    ("X-API-Key: abc", f"X-API-Key: {M}"),
    ('{"Authorization": "Basic dTpw", "a": 1}', f'{{"Authorization": "Basic {M}", "a": 1}}'),
    ("map[Authorization:[Bearer abc] Host:[y]]", f"map[Authorization:[{M}] Host:[y]]"),
    # queries and forms
    ("GET /x?token=abc&user=bob HTTP/1.1", f"GET /x?token={M}&user=bob HTTP/1.1"),
    ("/x?user=bob&access_token=a%20b#top", f"/x?user=bob&access_token={M}#top"),
    ("/x?sig=ab&signature=cd&api_key=ef&code=404", f"/x?sig={M}&signature={M}&api_key={M}&code=404"),
    ("/cb?code=4/0AX4XfWhabcdefgh&state=1", f"/cb?code={M}&state=1"),
    ("user=bob&password=a%26b&x=1", f"user=bob&password={M}&x=1"),
    # command lines
    ("tool --password hunter2 --user bob", f"tool --password {M} --user bob"),
    ("tool --token=abc -v", f"tool --token={M} -v"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "masked"), [pytest.param(*pair, id=pair[0]) for pair in PAIRS])
def test_the_value_of_a_secret_name_is_masked(text: str, masked: str) -> None:
    redactor = Redactor()
    assert redactor.text(text) == masked
    assert redactor.text(masked) == masked


@given(st.text(min_size=1, max_size=30), st.sampled_from(["password", "apiKey", "client_secret"]))
def test_json_strings_are_masked_whatever_is_in_them(value: str, name: str) -> None:
    for ascii_only in (True, False):
        inner = json.dumps({"user": "bob", name: value, "n": 1}, ensure_ascii=ascii_only)
        expected = json.dumps({"user": "bob", name: MASK, "n": 1}, ensure_ascii=False)
        if value == value.strip("$*x.<>{}%[") and "\x7f" not in value:
            assert Redactor().text(inner) == expected
        assert Redactor().text(json.dumps(inner, ensure_ascii=False)).count("user") == 1


@given(st.text(alphabet=string.ascii_letters + string.digits + "+/-_.!^~:#", min_size=4, max_size=30))
def test_passwords_without_blanks_are_masked_in_every_notation(value: str) -> None:
    value = f"Pa5{value}9"
    for text in (f"password={value}", f"x password={value}", f"x: 1\npassword: {value}", f"--password {value} -v"):
        assert Redactor().text(text).replace(" -v", "") == text.split("Pa5")[0] + MASK


@given(st.text(min_size=1, max_size=30))
def test_queries_are_masked_whatever_is_in_them(value: str) -> None:
    encoded = urllib.parse.quote(value.encode("utf-8", "surrogatepass"), safe="")
    assert Redactor().text(f"/x?token={encoded}&a=1") == f"/x?token={MASK}&a=1"
