"""Bodies into files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runtime.builtins.http.conftest import Ask, Refuses
from tests.runtime.builtins.http.raw_server import Peer, RawServer
from tests.support.stub import Stub

Serve = Callable[..., RawServer]
DATA = bytes(range(256)) * 40


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "er" / "file.bin"


def _left(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir()) if target.parent.is_dir() else []


def test_the_body_becomes_a_file(ask: Ask, stub: Stub, target: Path) -> None:
    stub.on("GET", "/x", body=DATA, headers=[("X-A", "1")])
    found = ask(f'return http.download(URL .. "/x", "{target}")')
    assert target.read_bytes() == DATA
    assert _left(target) == ["file.bin"]
    assert {key: found[key] for key in ("status", "path", "size", "resumed")} == {
        "status": 200,
        "path": str(target),
        "size": len(DATA),
        "resumed": False,
    }
    assert found["headers"]["x-a"] == "1"


def test_an_empty_body_is_an_empty_file(ask: Ask, stub: Stub, target: Path) -> None:
    stub.on("GET", "/x")
    assert ask(f'return http.download(URL .. "/x", "{target}").size') == 0
    assert target.read_bytes() == b""


def test_a_file_is_replaced_only_when_all_is_there(ask: Ask, refuses: Refuses, serve: Serve, target: Path) -> None:
    target.parent.mkdir(parents=True)
    target.write_bytes(b"old")

    def talk(peer: Peer) -> None:
        peer.head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")

    server = serve(talk)
    message = refuses(f'http.download("{server.url}", "{target}")')
    assert message == "http.download: reading body failed: end of file before message length reached"
    assert target.read_bytes() == b"old"
    assert _left(target) == ["file.bin"]


@pytest.mark.parametrize("status", [304, 404, 500])
def test_another_status_is_an_error_and_leaves_nothing(refuses: Refuses, stub: Stub, target: Path, status: int) -> None:
    stub.on("GET", "/x", status=status, body=b"sorry")
    message = refuses(f'http.download(URL .. "/x", "{target}")')
    assert message == f"http.download failed: HTTP {status} for url ({stub.url}/x)" + (
        ": sorry" if status != 304 else ""
    )
    assert _left(target) == []


def test_progress_is_told_and_ends_with_everything(ask: Ask, stub: Stub, target: Path) -> None:
    stub.on("GET", "/x", body=DATA)
    code = f"""
      local calls = {{}}
      local function note(done, total) sleep(0); calls[#calls + 1] = {{ done, total }} end
      http.download(URL .. "/x", "{target}", {{ progress = note }})
      return {{ #calls >= 1, calls[#calls] }}
    """
    assert ask(code) == [True, [len(DATA), len(DATA)]]


def test_an_error_in_progress_stops_the_download(refuses: Refuses, stub: Stub, target: Path) -> None:
    stub.on("GET", "/x", body=DATA)
    message = refuses(f'http.download(URL .. "/x", "{target}", {{ progress = function() error("enough") end }})')
    assert "enough" in message
    assert _left(target) == []


def _breaking(version: bytes, *, at: int) -> tuple[Callable[[Peer], None], list[bytes]]:
    """A server whose first answer breaks off and that serves ranges of *version* afterwards."""
    heads: list[bytes] = []

    def talk(peer: Peer) -> None:
        head = peer.head()
        heads.append(head.lower())
        mark = b'ETag: "' + version + b'"\r\nConnection: close\r\n'
        if len(heads) == 1:
            peer.send(b"HTTP/1.1 200 OK\r\n" + mark + b"Content-Length: %d\r\n\r\n" % len(DATA) + DATA[:at])
        elif b'if-range: "%s"' % version in head.lower() and b"range: bytes=%d-" % at in head.lower():
            span = b"Content-Range: bytes %d-%d/%d\r\n" % (at, len(DATA) - 1, len(DATA))
            length = b"Content-Length: %d\r\n\r\n" % (len(DATA) - at)
            peer.send(b"HTTP/1.1 206 Partial\r\n" + mark + span + length + DATA[at:])
        else:
            peer.send(b"HTTP/1.1 200 OK\r\n" + mark + b"Content-Length: %d\r\n\r\n" % len(DATA) + DATA)

    return talk, heads


RESUME = """
  local first = pcall(http.download, "{url}", "{path}", {{ resume = true }})
  local got = http.download("{url}", "{path}", {{ resume = true }})
  return {{ first, got.status, got.size, got.resumed }}
"""


def test_a_broken_download_goes_on_where_it_stopped(ask: Ask, serve: Serve, target: Path) -> None:
    talk, heads = _breaking(b"v1", at=5000)
    server = serve(talk)
    assert ask(RESUME.format(url=server.url, path=target)) == [False, 206, len(DATA), True]
    assert target.read_bytes() == DATA
    assert _left(target) == ["file.bin"]
    assert len(heads) == 2


def test_what_is_kept_is_told_in_progress(ask: Ask, serve: Serve, target: Path) -> None:
    talk, _ = _breaking(b"v1", at=5000)
    server = serve(talk)
    code = f"""
      pcall(http.download, "{server.url}", "{target}", {{ resume = true }})
      local totals = {{}}
      local function note(done, total) totals[#totals + 1] = {{ done, total }} end
      http.download("{server.url}", "{target}", {{ resume = true, progress = note }})
      return totals[#totals]
    """
    assert ask(code) == [len(DATA), len(DATA)]


def test_another_version_is_fetched_from_the_start(ask: Ask, serve: Serve, target: Path) -> None:
    talk, _ = _breaking(b"v2", at=5000)
    server = serve(talk)
    code = f"""
      pcall(http.download, "{server.url}", "{target}", {{ resume = true }})
      fs.write("{target}.part.from", '"v1"')
      local got = http.download("{server.url}", "{target}", {{ resume = true }})
      return {{ got.status, got.resumed }}
    """
    assert ask(code) == [200, False]
    assert target.read_bytes() == DATA
    assert _left(target) == ["file.bin"]


def test_a_part_without_a_mark_is_not_trusted(ask: Ask, stub: Stub, target: Path) -> None:
    target.parent.mkdir(parents=True)
    Path(f"{target}.part").write_bytes(b"junk of unknown origin")
    stub.on("GET", "/x", body=DATA)
    assert ask(f'return http.download(URL .. "/x", "{target}", {{ resume = true }}).resumed') is False
    assert target.read_bytes() == DATA
    assert stub.requests[0].header("Range") is None


def test_a_download_that_broke_off_after_the_last_byte_is_complete(ask: Ask, stub: Stub, target: Path) -> None:
    target.parent.mkdir(parents=True)
    Path(f"{target}.part").write_bytes(DATA)
    Path(f"{target}.part.from").write_text('"v1"')
    stub.on("GET", "/x", status=416, headers=[("Content-Range", f"bytes */{len(DATA)}")])
    assert ask(f'return http.download(URL .. "/x", "{target}", {{ resume = true }}).size') == len(DATA)
    assert target.read_bytes() == DATA
    assert _left(target) == ["file.bin"]


def test_a_part_that_is_too_long_is_dropped(ask: Ask, stub: Stub, target: Path) -> None:
    target.parent.mkdir(parents=True)
    Path(f"{target}.part").write_bytes(DATA * 2)
    Path(f"{target}.part.from").write_text('"v1"')
    stub.on("GET", "/x", status=416, headers=[("Content-Range", f"bytes */{len(DATA)}")], times=1)
    stub.on("GET", "/x", body=DATA)
    assert ask(f'return http.download(URL .. "/x", "{target}", {{ resume = true }}).resumed') is False
    assert target.read_bytes() == DATA


def test_another_part_than_asked_for_is_an_error(refuses: Refuses, stub: Stub, target: Path) -> None:
    stub.on("GET", "/x", status=206, body=b"abc", headers=[("Content-Range", "bytes 5-7/10")])
    message = refuses(f'http.download(URL .. "/x", "{target}")')
    assert message == f"http.download failed: the answer is another part than asked for, from url ({stub.url}/x)"


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/", "Is a directory (os error 21)"), ("/dev/null/x", "Not a directory (os error 20)")],
)
def test_a_file_that_cannot_be_written_is_an_error(refuses: Refuses, stub: Stub, path: str, reason: str) -> None:
    stub.on("GET", "/x", body=DATA)
    assert refuses(f'http.download(URL .. "/x", "{path}")') == f'http.download: failed to write "{path}": {reason}'


def test_max_body_limits_a_download(refuses: Refuses, stub: Stub, target: Path) -> None:
    stub.on("GET", "/x", body=DATA)
    message = refuses(f'http.download(URL .. "/x", "{target}", {{ max_body = 100 }})')
    assert message == "http.download: reading body failed: the body is larger than max_body (100 bytes)"
    assert _left(target) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ('5, "f"', "http.download: first argument must be a URL string"),
        ('"u", nil', "bad argument #2: error converting Lua nil to String (expected string or number)"),
        ('"u", "f", 5', "http.download: third argument must be a table or nil"),
        ('"u", "f", { progress = 5 }', "error converting Lua integer to function"),
    ],
)
def test_arguments_are_checked(refuses: Refuses, arguments: str, message: str) -> None:
    assert refuses(f"http.download({arguments})") == message


def test_read_only_mode_blocks_a_download(refuses: Refuses, stub: Stub, target: Path) -> None:
    message = refuses(f'http.download(URL .. "/x", "{target}")', readonly=True)
    assert message == f"readonly: http.download blocked ({target} from {stub.url}/x)"
    assert stub.requests == []
