"""assay.oauth2 beyond its request table: odd files, secrets, and what counts as reading."""

from __future__ import annotations

import json
import stat
import subprocess
import sys

import pytest


@pytest.fixture
def google(run, stub, tmp_path):
    """Evaluate code in which `c` is a client whose files are in `tmp_path`."""
    (tmp_path / "c.json").write_text('{"client_id": "id", "client_secret": "secret-of-client"}')
    (tmp_path / "t.json").write_text('{"access_token": "token-of-access", "refresh_token": "token-to-refresh"}')
    files = f'"{tmp_path}/c.json", "{tmp_path}/t.json", {{ token_url = "{stub.url}/token" }}'

    def evaluate(code, **options):
        return run(f'local c = require("assay.oauth2").from_file({files}) {code}', **options)

    return evaluate


@pytest.mark.parametrize("text", ["[1]", '"x"', "7", "null", "true"])
def test_a_file_that_holds_no_object_is_named(run, tmp_path, text):
    (tmp_path / "c.json").write_text(text)
    call = f'pcall(require("assay.oauth2").from_file, "{tmp_path}/c.json", "x")'
    assert f"oauth2: no JSON object in file: {tmp_path}/c.json" in run(f"return tostring(select(2, {call}))")


def test_half_a_document_is_a_json_error(run, tmp_path):
    (tmp_path / "c.json").write_text('{"installed": {')
    call = f'pcall(require("assay.oauth2").from_file, "{tmp_path}/c.json", "x")'
    assert "json.parse: " in run(f"return tostring(select(2, {call}))")


def test_a_tilde_is_the_home_directory(run, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".config" / "gog"
    folder.mkdir(parents=True)
    (folder / "credentials.json").write_text('{"client_id": "id"}')
    (folder / "token.json").write_text("{}")
    assert run('return require("assay.oauth2").from_file()._token_file') == str(folder / "token.json")


def test_no_secret_shows_in_an_error(google, stub):
    def echo(request, handler):
        handler.send_response_only(400)
        handler.send_header("Content-Length", str(len(request.body)))
        handler.end_headers()
        handler.wfile.write(request.body)

    stub.on("POST", "/token", reply=echo)
    caught = google("local _, e = pcall(c.refresh, c) return { tostring(e), e.path, e.status }")
    assert "oauth2: token refresh failed HTTP 400: " in caught[0]
    assert caught[1:] == ["/token", 400]
    assert "secret-of-client" not in caught[0]
    assert "token-to-refresh" not in caught[0]


def test_a_refresh_is_allowed_where_only_reading_is_and_saving_is_not(google, stub, tmp_path):
    stub.on("POST", "/token", json={"access_token": "newer-token"})
    code = "c:refresh() return { c:access_token(), (pcall(c.save, c)) }"
    assert google(code, readonly=True) == ["newer-token", False]
    assert json.loads((tmp_path / "t.json").read_text())["access_token"] == "token-of-access"


def test_only_its_owner_can_read_the_file_that_is_saved(google, tmp_path):
    (tmp_path / "t.json").chmod(0o644)
    google("c._access_token = 'x' c:save()")
    assert stat.S_IMODE((tmp_path / "t.json").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.json", "t.json"]


def test_a_disk_that_is_full_leaves_the_tokens_as_they_were(tmp_path):
    (tmp_path / "c.json").write_text("{}")
    (tmp_path / "t.json").write_text('{"refresh_token": "r"}')
    made = f'local c = require("assay.oauth2").from_file("{tmp_path}/c.json", "{tmp_path}/t.json")'
    script = f'{made} c._token_data.x = ("x"):rep(9999) print(pcall(c.save, c))'
    code = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); " \
        "from assay_shell.cli import run; run()"  # fmt: skip
    command = [sys.executable, "-c", code, "exec", "-e", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    assert "File too large" in done.stdout, done
    assert (tmp_path / "t.json").read_text() == '{"refresh_token": "r"}'
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.json", "t.json"]


def test_headers_without_a_token_fail_in_luas_words(google):
    assert "attempt to concatenate a nil value" in google(
        "c._access_token = nil return tostring(select(2, pcall(c.headers, c)))"
    )


def test_a_client_without_a_file_cannot_save(run):
    client = 'local c = require("assay.oauth2").client("http://127.0.0.1:1/token")'
    code = f"{client} return tostring(select(2, pcall(c.save, c)))"
    assert "oauth2.save: the client has no token file" in run(code)
