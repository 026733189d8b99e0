"""Files as answers: what is found, what stays hidden, and how much of it is sent."""

from __future__ import annotations

import os
from email.utils import formatdate

import pytest

from assay_shell.runtime.builtins.http_server.files import file_in, part_of


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "public"
    (root / "docs" / "deep").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / ".well-known").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    for path, text in {
        "a.txt": "0123456789", "index.html": "<home>", "docs/index.html": "<docs>", "docs/a b.js": "js",
        "docs/deep/x.unknown": "?", ".env": "secret", ".git/config": "secret", ".well-known/security.txt": "wk",
        "big.bin": "x" * 1_000_000, "empty.txt": "",
    }.items():  # fmt: skip
        (root / path).write_text(text)
    (root / "out").symlink_to(tmp_path / "secret.txt")
    (root / "up").symlink_to(tmp_path)
    (root / "in.txt").symlink_to("a.txt")
    (root / "dangling").symlink_to("nowhere")
    os.mkfifo(root / "pipe")
    os.utime(root / "a.txt", (1_000_000_000, 1_000_000_000))
    return root


@pytest.fixture
def site(serve, folder):
    """Serve the folder at `/` and once more at `/s`."""
    options = f'{{ static = {{ ["/"] = "{folder}", ["/s"] = "{folder}/docs" }} }}'
    return serve('{ GET = { ["/a.json"] = function() return { body = "route" } end } }', options)


@pytest.mark.parametrize(
    ("target", "body", "kind"),
    [
        pytest.param("/a.txt", b"0123456789", "text/plain; charset=utf-8", id="file"),
        pytest.param("/a.txt?v=1", b"0123456789", "text/plain; charset=utf-8", id="with a query"),
        pytest.param("/", b"<home>", "text/html; charset=utf-8", id="index"),
        pytest.param("/docs/", b"<docs>", "text/html; charset=utf-8", id="index of a folder"),
        pytest.param("/docs/a%20b.js", b"js", "text/javascript; charset=utf-8", id="decoded"),
        pytest.param("/docs/deep/x.unknown", b"?", "application/octet-stream", id="unknown kind"),
        pytest.param("/in.txt", b"0123456789", "text/plain; charset=utf-8", id="link within"),
        pytest.param("/.well-known/security.txt", b"wk", "text/plain; charset=utf-8", id="well-known"),
        pytest.param("/s/a%20b.js", b"js", "text/javascript; charset=utf-8", id="longest prefix"),
        pytest.param("/a.json", b"route", "text/plain", id="routes first"),
        pytest.param("/big.bin", b"x" * 1_000_000, "application/octet-stream", id="large"),
        pytest.param("/empty.txt", b"", "text/plain; charset=utf-8", id="empty"),
    ],
)
def test_files_are_found(site, target, body, kind):
    answer = site.get(target)
    assert (answer.status, answer.body, answer.header("content-type")) == (200, body, kind)
    assert answer.header("content-length") == str(len(body))


@pytest.mark.parametrize(
    "target",
    [
        "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/docs/../../secret.txt",
        "/docs/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/out", "/up/secret.txt", "/.env", "/.git/config", "/docs/..%5c..%5csecret.txt", "/a.txt%00.html", "/a.txt/",
        "/dangling", "/pipe", "/none", "/docs/deep/", "/s", "/s/../a.txt", "//etc/passwd", "/%2fetc/passwd", "/.",
        "/./a.txt",
    ],
)  # fmt: skip
def test_what_is_not_in_the_folder_or_hidden_is_404(site, target):
    answer = site.get(target)
    assert (answer.status, answer.body) == (404, b"not found")


def test_other_methods_find_no_files(site):
    assert site.get("/a.txt", method="POST").status == 404


def test_a_folder_without_its_slash_is_redirected_and_only_there(site):
    answer = site.get("/docs")
    assert (answer.status, answer.header("location")) == (301, "./docs/")


def test_a_path_may_start_with_slashes_without_leading_elsewhere(folder):
    (folder / "evil.example").mkdir()
    assert file_in(str(folder), b"/evil.example") == (None, "./evil.example/")


def test_head_tells_the_size(site):
    with site.talk() as talk:
        assert talk.get("/big.bin", method="HEAD").header("content-length") == "1000000"
        assert talk.get("/a.txt").body == b"0123456789"


def test_a_known_version_is_not_sent_again(site):
    first = site.get("/a.txt")
    etag, date = first.header("etag"), first.header("last-modified")
    assert date == formatdate(1_000_000_000, usegmt=True)
    for line in (
        f"If-None-Match: {etag}",
        f'If-None-Match: "x", W/{etag}',
        "If-None-Match: *",
        f"If-Modified-Since: {date}",
    ):
        answer = site.get("/a.txt", line)
        assert (answer.status, answer.body, answer.header("etag")) == (304, b"", etag)
    for line in (
        'If-None-Match: "x"',
        "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
        "If-Modified-Since: nonsense",
    ):
        assert site.get("/a.txt", line).status == 200
    assert site.get("/a.txt", 'If-None-Match: "x"', f"If-Modified-Since: {date}").status == 200


@pytest.mark.parametrize(
    ("wanted", "status", "body", "part"),
    [
        pytest.param("bytes=2-4", 206, b"234", "bytes 2-4/10", id="middle"),
        pytest.param("bytes=5-", 206, b"56789", "bytes 5-9/10", id="to the end"),
        pytest.param("bytes=-3", 206, b"789", "bytes 7-9/10", id="last"),
        pytest.param("bytes=0-99", 206, b"0123456789", "bytes 0-9/10", id="beyond"),
        pytest.param("bytes=-99", 206, b"0123456789", "bytes 0-9/10", id="more than there is"),
        pytest.param("bytes=10-", 416, b"", "bytes */10", id="outside"),
        pytest.param("bytes=-0", 416, b"", "bytes */10", id="none"),
        pytest.param("bytes=4-2", 200, b"0123456789", None, id="backwards"),
        pytest.param("bytes=1-2,4-5", 200, b"0123456789", None, id="several"),
        pytest.param("lines=1-2", 200, b"0123456789", None, id="other unit"),
        pytest.param("bytes=x", 200, b"0123456789", None, id="nonsense"),
        pytest.param("bytes=99999999999999999999999-", 416, b"", "bytes */10", id="huge"),
    ],
)
def test_ranges(site, wanted, status, body, part):
    with site.talk() as talk:
        answer = talk.get("/a.txt", f"Range: {wanted}")
        assert (answer.status, answer.body, answer.header("content-range")) == (status, body, part)
        assert talk.get("/a.txt").status == 200


def test_a_range_is_for_one_version(site):
    etag = site.get("/a.txt").header("etag")
    date = formatdate(1_000_000_000, usegmt=True)
    sent = [site.get("/a.txt", "Range: bytes=0-0", f"If-Range: {tag}").status for tag in (etag, date, '"old"')]
    assert sent == [206, 206, 200]


@pytest.mark.parametrize(("wanted", "part"), [(b"bytes=0-0", (0, 0)), (b"bytes=-1", (0, 0))])
def test_an_empty_file_has_no_parts(wanted, part):
    assert part_of(wanted, 0) == part


def test_a_handler_may_answer_with_a_file(serve, folder):
    server = serve(
        f"""{{ GET = {{
          ["/f"] = function()
            return {{ file = "{folder}/a.txt", headers = {{ ["Content-Type"] = "text/own", x = "y" }} }}
          end,
          ["/fixed"] = {{ file = "{folder}/a.txt" }},
          ["/status"] = function() return {{ file = "{folder}/a.txt", status = 203 }} end,
          ["/none"] = function() return {{ file = "{folder}/none" }} end,
          ["/folder"] = function() return {{ file = "{folder}" }} end,
          ["/pipe"] = function() return {{ file = "{folder}/pipe" }} end }} }}"""
    )
    answer = server.get("/f")
    assert (answer.body, answer.all("content-type"), answer.header("x")) == (b"0123456789", ["text/own"], "y")
    assert server.get("/fixed", "Range: bytes=1-1").body == b"1"
    assert server.get("/status").status == 203
    assert server.get("/none").status == 404
    assert [server.get(path).status for path in ("/folder", "/pipe")] == [500, 500]


def test_a_client_that_leaves_in_the_middle_is_no_error(site, folder):
    (folder / "huge.bin").write_bytes(b"x" * 30_000_000)
    with site.talk() as talk:
        talk.send(b"GET /huge.bin HTTP/1.1\r\nHost: t\r\n\r\n").head()
    assert site.get("/a.txt").status == 200
    assert not any(level == "error" for level, _, _ in site.logs)
