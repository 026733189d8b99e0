"""assay.s3 beyond its request table: what is signed is what is sent, bytes, pages, uploads in parts, odd names."""

from __future__ import annotations

import hashlib
import hmac
import re
from urllib.parse import parse_qsl, urlsplit

import pytest

SECRET = "s3/secret+of=mine"
BYTES = "local b = {} for i = 0, 255 do b[i + 1] = string.char(i) end local every = table.concat(b) "


@pytest.fixture
def s3(run, stub):
    def evaluate(code, opts="", **options):
        made = (
            f'local c = require("assay.s3").client({{ endpoint = "{stub.url}", region = "eu-west-1", '
            f'access_key = "AK", secret_key = "{SECRET}", {opts} }}) '
        )
        return run(BYTES + made + code, **options)

    return evaluate


def chain(date: str, region: str) -> bytes:
    key = b"AWS4" + SECRET.encode()
    for part in (date, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    return key


def signature(request, query: str, names: list[str], payload: str, stamp: str) -> str:
    """What a service computes for a request that arrived."""
    lines = [f"{name}:{' '.join((request.header(name) or '').split())}" for name in names]
    parts = [request.method, urlsplit(request.path).path, "&".join(sorted(filter(None, query.split("&"))))]
    canonical = "\n".join([*parts, *lines, "", ";".join(names), payload])
    scope = f"{stamp[:8]}/eu-west-1/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    return hmac.new(chain(stamp[:8], "eu-west-1"), text.encode(), "sha256").hexdigest()


def check_signature(request) -> None:
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=AK/\d{8}/eu-west-1/s3/aws4_request, SignedHeaders=(\S+), Signature=(\w{64})",
        request.header("authorization"),
    )
    assert found
    payload = hashlib.sha256(request.body).hexdigest()
    assert request.header("x-amz-content-sha256") == payload
    expected = signature(request, request.query, found[1].split(";"), payload, request.header("x-amz-date"))
    assert found[2] == expected


CALLS = [
    pytest.param("c:list_buckets()", "/", id="buckets"),
    pytest.param("c:create_bucket('b')", "/b", id="bucket"),
    pytest.param("c:put_object('b', 'a//b/', 'x')", "/b/a//b/", id="empty parts of a key"),
    pytest.param("c:put_object('b', '/a', every)", "/b//a", id="key with a slash in front, any bytes"),
    pytest.param("c:get_object('b', 'a%2Fb?c#d\\\\ e')", "/b/a%252Fb%3Fc%23d%5C%20e", id="odd characters"),
    pytest.param("c:get_object('b', '\\255\\0é')", "/b/%FF%00%C3%A9", id="bytes that are no text"),
    pytest.param("c:get_object('b', '..a/...')", "/b/..a/...", id="dots in names"),
    pytest.param("c:get_object('b c/d', 'k')", "/b%20c%2Fd/k", id="odd bucket"),
    pytest.param("c:put_object('b', 'k', 'x', { headers = { ['x-amz-meta-a'] = ' two  words ' } })", "/b/k", id="meta"),
    pytest.param("c:copy_object('s', 'a b/é', 'd', 'k')", "/d/k", id="copy"),
    pytest.param("c:list_objects('b', { prefix = 'a b/é&+' })", "/b", id="list"),
    pytest.param("c:start_upload('b', 'k')", "/b/k", id="parameter without value"),
    pytest.param("c:stat_object('b', 'k')", "/b/k", id="head"),
    pytest.param("c:download('b', 'k', fs.tempdir() .. '/k')", "/b/k", id="download"),
]


@pytest.mark.parametrize(("call", "path"), CALLS)
def test_what_is_signed_is_what_arrives(s3, stub, tmp_path, monkeypatch, call, path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    s3(f"pcall(function() return {call} end)")
    assert [request.path for request in stub.requests] == [path]
    check_signature(stub.requests[0])


def test_headers_of_the_client_that_the_service_wants_signed_are(s3, stub):
    stub.on("GET", "/")
    s3("c:list_buckets()", opts='session_token = "tok", headers = { ["X-Amz-Acl"] = "private", Trace = "1" }')
    request = stub.requests[0]
    assert (request.header("x-amz-acl"), request.header("trace")) == ("private", "1")
    assert "SignedHeaders=host;x-amz-acl;x-amz-content-sha256;x-amz-date;x-amz-security-token," in (
        request.header("authorization") or ""
    )
    check_signature(request)


@pytest.mark.parametrize(
    ("endpoint", "host", "path"),
    [
        pytest.param("http://S3.example.test/", "bkt.s3.example.test", "/a%20b/c", id="plain"),
        pytest.param("http://s3.example.test:80", "bkt.s3.example.test", "/a%20b/c", id="the port of the scheme"),
        pytest.param("http://s3.example.test:81/x/y//", "bkt.s3.example.test:81", "/x/y/a%20b/c", id="port and path"),
    ],
)
def test_a_bucket_may_stand_in_the_host(s3, stub, endpoint, host, path):
    target = f"http://{host}{path}"
    stub.on("PUT", target)
    code = f"c.endpoint, c.path_style = '{endpoint}', false return c:put_object('bkt', 'a b/c', 'x')"
    assert s3(code, opts=f'proxy = "{stub.url}"') is True
    assert stub.requests[0].path == target
    assert stub.requests[0].header("host") == host
    check_signature(stub.requests[0])


@pytest.mark.parametrize("bucket", ["evil.example/", "a b", "", "-a", "a@b", "a:1", ".."])
def test_a_bucket_cannot_name_another_host(s3, stub, bucket):
    code = f"return (pcall(c.get_object, c, '{bucket}', 'k'))"
    assert s3(code, opts=f'path_style = false, proxy = "{stub.url}"') is False
    assert stub.requests == []


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("c:get_object()", "s3.get_object: attempt to concatenate a nil value (local 'bucket')", id="nil"),
        pytest.param("c:get_object('b')", "s3.get_object: attempt to concatenate a nil value (local 'key')", id="key"),
        pytest.param("c:put_object('b', {})", "(local 'key')", id="table"),
        pytest.param("c:put_object('b', 'k', {})", "s3.put_object: attempt to concatenate a table value", id="body"),
        pytest.param("c:delete_object('b', '')", "s3.delete_object: key must not be empty", id="would be the bucket"),
        pytest.param("c:delete_bucket('')", "s3.delete_bucket: bucket must not be empty", id="would be all"),
        pytest.param("c:put_object('b', 'a/../../c', '')", "key must not have the path part '.' or '..'", id="dots"),
        pytest.param("c:delete_bucket('..')", "bucket must not be '.' or '..'", id="dots of a bucket"),
        pytest.param("c:list_objects('b', { prefix = {} })", "s3.list_objects: attempt to concatenate", id="option"),
        pytest.param("c:each_object()", "s3.each_object: attempt to concatenate a nil value", id="before the first"),
        pytest.param("c:upload('b', 'k', 5)", "s3.upload: source must be text", id="source"),
        pytest.param("c:upload('b', 'k', 'x', { part_size = 0 })", "s3.upload: part_size must be a number", id="size"),
        pytest.param("c:presigned_url('b', 'k', { expires = 604801 })", "expires must be 1 to 604800 sec", id="long"),
        pytest.param("c:presigned_url('b', 'k', { expires = 'x' })", "seconds: x", id="no number"),
        pytest.param("require('assay.s3').client()", "s3.client: endpoint is required", id="client of nothing"),
    ],
)
def test_odd_arguments_are_refused_by_name_before_anything_is_sent(s3, stub, call, text):
    caught = s3(f"return tostring(select(2, pcall(function() return {call} end)))")
    assert text in caught
    assert caught.startswith("assay/s3.lua:")
    assert stub.requests == []


def test_any_bytes_go_and_come(s3, stub):
    stub.on("PUT", "/b/k")
    stub.on("GET", "/b/k", body=bytes(range(256)))
    assert s3("c:put_object('b', 'k', every) return c:get_object('b', 'k') == every") is True
    assert stub.requests[0].body == bytes(range(256))


def test_the_address_may_stand_before_the_options(run, stub):
    stub.on("GET", "/", body="<R/>")
    opts = '{ region = "r", access_key = "a", secret_key = "s" }'
    code = f'local c = require("assay.s3").client("{stub.url}/", {opts}) '
    fields = "c.endpoint .. c.region .. c.access_key .. c.secret_key .. tostring(c.path_style)"
    assert run(f"{code} return #c:list_buckets() .. {fields}") == f"0{stub.url}rastrue"


def test_the_secret_is_in_no_error(s3, stub):
    def echo(request, handler):
        body = f"<Error>{SECRET}</Error>".encode()
        handler.send_response_only(403)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    stub.on("GET", "/b/k", reply=echo)
    caught = s3("local _, e = pcall(c.get_object, c, 'b', 'k') return { tostring(e), e.method, e.path, e.status }")
    assert "s3: GET /b/k HTTP 403: " in caught[0]
    assert SECRET not in caught[0]
    assert caught[1:] == ["GET", "/b/k", 403]


@pytest.mark.parametrize("body", ["<html>no", "", "{}", "<ListBucketResult><Contents><Key>a</Key>"])
def test_an_answer_that_is_no_list_is_an_empty_one(s3, stub, body):
    stub.on("GET", "/b", body=body)
    assert s3("return #c:list_objects('b').objects") == 0
    assert s3("for _ in c:each_object('b') do return 1 end return 0") == 0


@pytest.mark.parametrize("call", ["c:put_object('b', 'k')", "c:upload('b', 'k', 'x')", "c:abort_upload('b', 'k', 'u')"])
def test_writing_is_refused_where_only_reading_is_allowed(s3, stub, call):
    assert "readonly: " in s3(f"return tostring(select(2, pcall(function() {call} end)))", readonly=True)
    assert stub.requests == []


def pages(stub, query: str, *bodies: str) -> None:
    for number, body in enumerate(bodies):
        mark = f"&continuation-token=m%2F{number}" if number else ""
        first, _, rest = query.partition("|")
        stub.on("GET", f"/b?{first}{mark}{rest}", body=f"<R>{body}</R>")


def test_objects_of_all_pages_are_asked_for_when_they_are_wanted(s3, stub):
    more = "<IsTruncated>true</IsTruncated><NextContinuationToken>m/{}</NextContinuationToken>"
    page = "<Contents><Key>{}</Key></Contents><Contents><Key>{}</Key></Contents>"
    pages(
        stub,
        "list-type=2&max-keys=2|&encoding-type=url",
        page.format("a", "b") + more.format(1),
        page.format("c", "d") + more.format(2),
        "<IsTruncated>false</IsTruncated>",
    )
    code = (
        "local keys = {} for o in c:each_object('b', { page_size = 2 }) do keys[#keys + 1] = o.key STOP end return keys"
    )
    assert s3(code.replace("STOP", "")) == ["a", "b", "c", "d"]
    assert len(stub.requests) == 3
    assert s3(code.replace("STOP", "if #keys == 2 then break end")) == ["a", "b"]
    assert len(stub.requests) == 4


def test_unfinished_uploads_of_all_pages(s3, stub):
    upload = "<Upload><Key>{}</Key><UploadId>{}</UploadId></Upload>"
    more = (
        "<IsTruncated>true</IsTruncated><NextKeyMarker>a b</NextKeyMarker><NextUploadIdMarker>u1</NextUploadIdMarker>"
    )
    stub.on("GET", "/b?uploads=", body=f"<R>{more}{upload.format('a b', 'u1')}</R>")
    stub.on("GET", "/b?uploads=&key-marker=a%20b&upload-id-marker=u1", body=f"<R>{upload.format('c', 'u2')}</R>")
    ids = s3("local ids = {} for u in c:each_upload('b') do ids[#ids + 1] = u.upload_id end return ids")
    assert ids == ["u1", "u2"]


@pytest.fixture
def parts(stub):
    """A bucket that takes uploads in parts, and remembers them by number."""
    sent: dict[int, bytes] = {}

    def store(request, handler):
        number = int(dict(parse_qsl(request.query))["partNumber"])
        sent[number] = request.body
        handler.send_response_only(200)
        handler.send_header("ETag", f'"e{number}"')
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    stub.on("POST", "/b/k?uploads=", body="<R><UploadId>u 1</UploadId></R>")
    stub.on("PUT", "/b/k", reply=store)
    stub.on("POST", "/b/k?uploadId=u%201", body="<R><ETag>&quot;whole-3&quot;</ETag></R>")
    stub.on("DELETE", "/b/k?uploadId=u%201", status=204)
    return sent


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("every .. every", id="text"),
        pytest.param("{ path = file }", id="file"),
        pytest.param(
            "(function() local n = 0 return function() n = n + 1 if n < 3 then return every end end end)()", id="it"
        ),
    ],
)
def test_what_is_larger_than_a_part_goes_in_parts(s3, stub, parts, tmp_path, source):
    (tmp_path / "file").write_bytes(bytes(range(256)) * 2)
    opts = "{ part_size = 200, concurrency = 2, content_type = 'a/b' }"
    done = s3(f"local file = '{tmp_path / 'file'}' return c:upload('b', 'k', {source}, {opts})")
    assert done == {"size": 512, "parts": 3, "etag": "whole-3"}
    assert sorted(parts) == [1, 2, 3]
    assert b"".join(parts[number] for number in (1, 2, 3)) == bytes(range(256)) * 2
    assert stub.requests[0].header("content-type") == "a/b"
    assert re.findall(r"<PartNumber>(\d)</PartNumber><ETag>\"(e\d)\"", stub.requests[-1].body.decode()) == [
        ("1", "e1"),
        ("2", "e2"),
        ("3", "e3"),
    ]
    for request in stub.requests:
        check_signature(request)


@pytest.mark.parametrize(("size", "parts_sent"), [pytest.param(200, 1, id="exact"), pytest.param(0, 1, id="empty")])
def test_what_fits_into_a_part_goes_at_once(s3, stub, size, parts_sent):
    stub.on("PUT", "/b/k", headers=[("ETag", '"e"')])
    done = s3(f"return c:upload('b', 'k', string.rep('x', {size}), {{ part_size = 200 }})")
    assert done == {"size": size, "parts": parts_sent, "etag": "e"}
    assert len(stub.requests) == 1


def test_an_upload_that_fails_is_given_up_and_says_why(s3, stub, parts):
    stub.on("PUT", "/b/k?partNumber=2&uploadId=u%201", status=500, body="no")
    caught = s3(
        "local _, e = pcall(c.upload, c, 'b', 'k', string.rep('x', 500), { part_size = 200 }) "
        "return { tostring(e):match('s3: .*'), e.status }"
    )
    assert caught == ["s3: PUT /b/k?partNumber=2 HTTP 500: no", 500]
    assert stub.requests[-1].method == "DELETE"


def test_a_source_that_fails_half_way_leaves_no_upload(s3, stub, parts):
    code = (
        "local n = 0 local _, e = pcall(c.upload, c, 'b', 'k', function() n = n + 1 if n > 3 then error('gone') end "
        "return every end, { part_size = 200, concurrency = 1 }) return tostring(e)"
    )
    assert s3(code).endswith("gone")
    assert stub.requests[-1].method == "DELETE"


def test_an_upload_that_is_cancelled_leaves_no_parts(s3, stub, parts):
    code = (
        "local n = 0 local function slow() n = n + 1 if n > 3 then sleep(20) end return every end "
        "local upload = function() c:upload('b', 'k', slow, { part_size = 200, concurrency = 2 }) end "
        "return tostring(select(2, pcall(async.timeout, 0.2, upload)))"
    )
    assert "async.timeout" in s3(code)
    assert [request.method for request in stub.requests] == ["POST", "PUT", "PUT", "DELETE"]


@pytest.mark.parametrize("style", ["true", "false"])
def test_a_link_lets_anybody_do_one_thing(s3, stub, style):
    opts = (
        '{ method = "put", expires = 60, headers = { ["content-type"] = "text/plain" }, '
        'params = { ["response-content-disposition"] = "a b", acl = "" } }'
    )
    url = s3(f"return c:presigned_url('bkt', 'a b/%', {opts})", opts=f"path_style = {style}")
    assert stub.requests == []
    parts = urlsplit(url)
    expected = "/bkt/a%20b/%25" if style == "true" else "/a%20b/%25"
    assert parts.path == expected
    assert parts.netloc.startswith("bkt.") is (style == "false")
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    assert given["X-Amz-Expires"] == "60"
    assert given["X-Amz-SignedHeaders"] == "content-type;host"
    assert (given["response-content-disposition"], given["acl"]) == ("a b", "")

    class Sent:
        method, path = "PUT", parts.path

        @staticmethod
        def header(name):
            return {"host": parts.netloc, "content-type": "text/plain"}[name]

    unsigned = parts.query.rpartition("&X-Amz-Signature=")[0]
    names = ["content-type", "host"]
    assert given["X-Amz-Signature"] == signature(Sent, unsigned, names, "UNSIGNED-PAYLOAD", given["X-Amz-Date"])


def test_a_download_keeps_what_arrived_and_tells_what_went_wrong(s3, stub, tmp_path):
    stub.on("GET", "/b/k", status=500, body="broken")
    caught = s3(f"local _, e = pcall(c.download, c, 'b', 'k', '{tmp_path}/k') return {{ tostring(e), e.status }}")
    assert "HTTP 500" in caught[0]
    assert caught[1] == 500
    assert list(tmp_path.iterdir()) == []
