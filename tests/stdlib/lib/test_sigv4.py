"""lib/sigv4.lua against published and observed signatures."""

from __future__ import annotations

import pytest

PUBLISHED = (
    'local who = { access_key = "AKIAIOSFODNN7EXAMPLE", secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", '
    'region = "us-east-1" } local host, time = "examplebucket.s3.amazonaws.com", 1369353600 '
)
OBSERVED = 'local who = { access_key = "AK", secret_key = "SK", region = "eu-west-1" } local host = "127.0.0.1:28431" '
SIGN = 'local sigv4 = require("assay.lib.sigv4") '


def headers_of(run, credentials: str, request: str) -> dict[str, str]:
    sent = run(f"{credentials} {SIGN} return sigv4.headers(who, {{ host = host, {request} }})")
    assert isinstance(sent, dict)
    return sent


@pytest.mark.parametrize(
    ("request_", "signature"),
    [
        pytest.param(
            'method = "GET", path = "/test.txt", headers = { Range = "bytes=0-9" }',
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            id="object",
        ),
        pytest.param(
            'method = "PUT", path = sigv4.path("/test$file.text"), body = "Welcome to Amazon S3.", '
            'headers = { Date = "Fri, 24 May 2013 00:00:00 GMT", ["x-amz-storage-class"] = "REDUCED_REDUNDANCY" }',
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            id="body and headers",
        ),
        pytest.param(
            'method = "GET", path = "/", query = { "lifecycle" }',
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            id="parameter without value",
        ),
        pytest.param(
            'method = "GET", path = "/", query = { "prefix=J", "max-keys=2" }',
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            id="parameters in any order",
        ),
    ],
)
def test_published_requests_have_the_published_signature(run, request_, signature):
    sent = headers_of(run, PUBLISHED, f"time = time, {request_}")
    assert sent["Authorization"].endswith(f"Signature={signature}")


def test_a_published_link_has_the_published_signature(run):
    query = run(
        f'{PUBLISHED} {SIGN} return sigv4.query(who, {{ method = "GET", host = host, path = "/test.txt", '
        "time = time }, 86400)"
    )
    assert query == (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3"
        "%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


@pytest.mark.parametrize(
    ("time", "request_", "signature"),
    [
        pytest.param(
            1795359619,
            'method = "GET", path = "/"',
            "1dac278bf14a08d3b21828ce1701b958423ee4a64969cacdb6dd6d7791790f17",
            id="buckets",
        ),
        pytest.param(
            1795359619,
            'method = "PUT", path = sigv4.path("/b/k/with space+plus&=.txt"), body = "hello", '
            'headers = { ["content-type"] = "text/plain" }',
            "14a2c755f9d1c79661a56f6cf100ec2fc68b22492b4d75394fbc9015f6bf1c70",
            id="odd key",
        ),
        pytest.param(
            1795359620,
            'method = "GET", path = "/lb", '
            'query = { "list-type=2", "prefix=p%2F%20%C3%A9%2B", "max-keys=5", "continuation-token=a%2Fb%3D%3D" }',
            "c36f315be673b5ace221161c594db3a644afbcd76719d085f1ee3a14e752dd80",
            id="list",
        ),
        pytest.param(
            1795359620,
            'method = "PUT", path = "/db/dk", headers = { ["x-amz-copy-source"] = "/sb/s k/é" }',
            "df79ca56bf31dd0e4b1bd7ad6f9814bc17c9df8a6b1ab96c1a4ed35cbc9be1c4",
            id="header outside ASCII",
        ),
    ],
)
def test_observed_requests_have_the_observed_signature(run, time, request_, signature):
    sent = headers_of(run, OBSERVED, f"time = {time}.7, {request_}")
    assert sent["Authorization"].endswith(f"Signature={signature}")


def test_a_bucket_in_the_host_is_signed_there(run):
    sent = headers_of(
        run,
        'local who = { access_key = "AK", secret_key = "SK", region = "us-east-1" } local host = "bkt.s3.example.test"',
        'time = 1795360544, method = "PUT", path = "/a%20b/c.txt", body = "x"',
    )
    assert sent["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AK/20261122/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
        "Signature=77bcab0e8eb5cad1a60a3b8a4f6fbe15b8b127912bd7a1606662bc206e5ceef3"
    )
    assert sent["x-amz-date"] == "20261122T151544Z"


def test_a_session_token_goes_along_and_is_signed(run):
    known = OBSERVED.replace('region = "eu-west-1"', 'region = "r", session_token = "tok/en"')
    sent = headers_of(run, known, 'method = "GET", path = "/"')
    assert sent["x-amz-security-token"] == "tok/en"
    assert "x-amz-date;x-amz-security-token" in sent["Authorization"]
    link = run(f'{known} {SIGN} return sigv4.query(who, {{ method = "GET", host = host, path = "/" }}, 60)')
    assert "&X-Amz-Security-Token=tok%2Fen&" in link
