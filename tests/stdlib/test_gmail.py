"""assay.gmail beyond its request table: what a message may hold, and tokens where only reading is allowed."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode

import pytest


@pytest.fixture
def gmail(run, stub, tmp_path):
    """Evaluate code in which `c` is a client whose files are in `tmp_path`."""
    (tmp_path / "c.json").write_text('{"client_id": "id"}')
    (tmp_path / "t.json").write_text('{"access_token": "old-token", "refresh_token": "r-token"}')
    opts = f'credentials_file = "{tmp_path}/c.json", token_file = "{tmp_path}/t.json", token_url = "{stub.url}/token"'

    def evaluate(code, **options):
        return run(f'local c = require("assay.gmail").client("{stub.url}", {{ {opts} }}) {code}', **options)

    return evaluate


def sent(stub) -> str:
    raw = json.loads(stub.requests[-1].body)["raw"]
    return urlsafe_b64decode(raw + "==").decode()


def test_a_line_end_in_a_header_starts_no_other_header(gmail, stub):
    stub.on("POST", "/gmail/v1/users/me/messages/send", json={})
    gmail(r"c:send('a@x', 'Hi\r\nBcc: everybody@x\n there', 'body\r\nBcc: fine here')")
    assert sent(stub).split("\r\n\r\n")[0].split("\r\n") == [
        "To: a@x", "Subject: Hi Bcc: everybody@x there", "Content-Type: text/plain; charset=utf-8",
    ]  # fmt: skip


@pytest.mark.parametrize(("call", "name"), [("c:send(nil, 's', 'b')", "to"), ("c:send('a', 's')", "body")])
def test_a_missing_argument_is_named(gmail, stub, call, name):
    caught = gmail(f"return tostring(select(2, pcall(function() {call} end)))")
    assert f"gmail.send: attempt to concatenate a nil value (local '{name}')" in caught
    assert stub.requests == []


def test_pages_are_fetched_when_their_turn_comes(gmail, stub):
    messages = "/gmail/v1/users/me/messages"
    stub.on("GET", messages, json={"messages": [{"id": "1"}, {"id": "2"}], "nextPageToken": "n"})
    stub.on("GET", f"{messages}/1", json={"id": "1"})
    assert gmail("for message in c:each_message('x') do return message.id end") == "1"
    assert [request.path for request in stub.requests] == [messages, f"{messages}/1"]


def test_where_only_reading_is_allowed_a_new_token_is_used_but_not_kept(gmail, stub, tmp_path):
    stub.on("GET", "/gmail/v1/users/me/labels", status=401, times=1)
    stub.on("GET", "/gmail/v1/users/me/labels", json={"labels": [{"id": "INBOX"}]})
    stub.on("POST", "/token", json={"access_token": "new-token"})
    assert gmail("return c:labels()[1].id", readonly=True) == "INBOX"
    assert stub.requests[-1].header("authorization") == "Bearer new-token"
    assert json.loads((tmp_path / "t.json").read_text())["access_token"] == "old-token"


def test_a_token_file_that_cannot_be_written_is_an_error(gmail, stub):
    stub.on("GET", "/gmail/v1/users/me/labels", status=401)
    stub.on("POST", "/token", json={"access_token": "new-token"})
    code = 'c._oauth2._token_file = "/dev/null/x" return tostring(select(2, pcall(c.labels, c)))'
    assert "fs.write: " in gmail(code)


def test_the_tokens_methods_are_those_of_its_object(gmail, stub):
    stub.on("GET", "/gmail/v1/users/me/labels", json={})
    gmail("c._oauth2.headers = function() return { Authorization = 'Bearer mine' } end c:labels()")
    assert stub.requests[-1].header("authorization") == "Bearer mine"


def by_token(stub, good):
    """Labels for those who come with the token *good*."""

    def reply(request, handler):
        known = request.header("authorization") == f"Bearer {good}"
        handler.send_response_only(200 if known else 401)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"{}")

    stub.on("GET", "/gmail/v1/users/me/labels", reply=reply)


def test_a_token_that_another_process_wrote_is_taken_instead_of_a_refresh(gmail, stub, tmp_path):
    by_token(stub, "their-token")
    theirs = '{"access_token": "their-token", "refresh_token": "their-next"}'
    code = f"fs.write('{tmp_path}/t.json', '{theirs}') c:labels() return c._oauth2._token_data.refresh_token"
    assert gmail(code) == "their-next"
    assert [request.path for request in stub.requests] == ["/gmail/v1/users/me/labels"] * 2


def test_who_loses_the_race_for_a_refresh_takes_what_the_winner_wrote(gmail, stub, tmp_path):
    by_token(stub, "their-token")
    stub.on("POST", "/token", status=400, json={"error": "invalid_grant"})
    theirs = '{"access_token": "their-token", "refresh_token": "their-next"}'
    code = (
        "local refresh = c._oauth2.refresh c._oauth2.refresh = function(self) "
        f"fs.write('{tmp_path}/t.json', '{theirs}') return refresh(self) end "
        "c:labels() return c._oauth2:access_token()"
    )
    assert gmail(code) == "their-token"
    assert json.loads((tmp_path / "t.json").read_text())["refresh_token"] == "their-next"


@pytest.mark.parametrize("text", ["", "null", "[]", '{"access_token": 7}', '{"access'])
def test_a_broken_token_file_does_not_keep_a_refresh_from_being_tried(gmail, stub, tmp_path, text):
    by_token(stub, "new-token")
    stub.on("POST", "/token", json={"access_token": "new-token"})
    gmail(f"fs.write('{tmp_path}/t.json', '{text}') c:labels()")
    assert json.loads((tmp_path / "t.json").read_text()) == {"access_token": "new-token", "refresh_token": "r-token"}
