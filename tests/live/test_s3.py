"""The s3 module against SeaweedFS, which checks each signature."""

from __future__ import annotations

import pytest

from tests.live.harness.reach import Talk

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]

MIB = 1024 * 1024


@pytest.fixture
def talk(seaweedfs, tmp_path):
    key, secret = seaweedfs.more["key"], seaweedfs.more["secret"]
    bucket = f"live-{abs(hash(str(tmp_path))) % 10**8}"
    head = (
        f"local url, folder, bucket = '{seaweedfs.url}', '{tmp_path}', '{bucket}' "
        f"local options = {{ endpoint = url, region = 'us-east-1', access_key = '{key}', secret_key = '{secret}' }} "
        "local c = m.client(options) if not c:bucket_exists(bucket) then c:create_bucket(bucket) end "
        "local function names(next) local list = {} for o in next do list[#list + 1] = o.key or o.name end "
        "return list end "
    )
    return Talk("s3", head)


def test_a_bucket_is_made_listed_and_deleted(talk):
    code = (
        "local name = bucket .. '-own' local made = c:create_bucket(name) local there = c:bucket_exists(name) "
        "local listed = false for _, b in ipairs(c:list_buckets()) do listed = listed or b.name == name end "
        "local found = table.concat(names(c:each_bucket()), ' '):find(name, 1, true) ~= nil "
        "local gone = c:delete_bucket(name) return { made, there, listed, found, gone, c:bucket_exists(name) }"
    )
    assert talk(code) == [True, True, True, True, True, False]


def test_all_bytes_come_back(talk):
    code = (
        "local bytes = '' for i = 0, 255 do bytes = bytes .. string.char(i) end "
        "local put = c:put_object(bucket, 'all/bytes', bytes, { content_type = 'application/x-live', "
        "headers = { ['x-amz-meta-owner'] = 'me' } }) "
        "local about = c:stat_object(bucket, 'all/bytes') local head = c:head_object(bucket, 'all/bytes') "
        "return { put, c:get_object(bucket, 'all/bytes') == bytes, about.size, about.content_type, "
        "about.metadata.owner, head.status, head.headers['content-type'] }"
    )
    assert talk(code) == [True, True, 256, "application/x-live", "me", 200, "application/x-live"]


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(key, id=key)
        for key in (
            "a b",
            "what?",
            "hash#tag",
            "half%",
            "%41",
            "a+b&c=d",
            "grüße/€",
            "q'uo\"te",
            "(x)*!~",
            "a;b,c:d@e$f",
        )
    ],
)
def test_odd_keys_are_signed_and_kept_as_they_are(talk, key):
    code = (
        "local key = KEY c:put_object(bucket, key, 'v') local value = c:get_object(bucket, key) "
        "local listed = names(c:each_object(bucket)) c:delete_object(bucket, key) "
        "return { value, listed, c:get_object(bucket, key) == nil }"
    )
    assert talk(code.replace("KEY", "[==[" + key + "]==]")) == ["v", [key], True]


def test_what_is_not_there_is_nil(talk):
    code = (
        "return { c:get_object(bucket, 'nothing') == nil, c:head_object(bucket, 'nothing') == nil, "
        "c:stat_object(bucket, 'nothing') == nil, c:download(bucket, 'nothing', folder .. '/x') == nil, "
        "c:delete_object(bucket, 'nothing'), c:bucket_exists('never-made') }"
    )
    assert talk(code) == [True, True, True, True, True, False]


def test_lists_come_in_pages_with_prefixes_and_folders(talk):
    code = (
        "for i = 1, 5 do c:put_object(bucket, 'p/' .. i, 'x') end c:put_object(bucket, 'q/1', 'x') "
        "c:put_object(bucket, 'top', 'x') local page = c:list_objects(bucket, { prefix = 'p/', max_keys = 2 }) "
        "local second = c:list_objects(bucket, { prefix = 'p/', max_keys = 2, "
        "continuation_token = page.next_continuation_token }) "
        "return { names(c:each_object(bucket, { page_size = 2 })), page.objects[1].key, page.is_truncated, "
        "#page.objects, second.objects[1].key, names(c:each_object(bucket, { start_after = 'p/4' })), "
        "names(c:each_object(bucket, { prefix = 'p/', page_size = 2 })) }"
    )
    ones = [f"p/{number}" for number in range(1, 6)]
    assert talk(code) == [[*ones, "q/1", "top"], "p/1", True, 2, "p/3", ["p/5", "q/1", "top"], ones]


def test_an_object_is_copied(talk):
    code = (
        "c:put_object(bucket, 'from/a b?', 'content') local done = c:copy_object(bucket, 'from/a b?', bucket, 'to') "
        "return { done, c:get_object(bucket, 'to') }"
    )
    assert talk(code) == [True, "content"]


def test_a_large_file_goes_up_and_down_in_parts(talk):
    size = 12 * MIB + 5
    code = (
        f"fs.write(folder .. '/big', ('0123456789abcdef'):rep({size} // 16) .. ('x'):rep({size} % 16)) "
        f"local up = c:upload(bucket, 'big', {{ path = folder .. '/big' }}, {{ part_size = 5 * {MIB} }}) "
        "local down = c:download(bucket, 'big', folder .. '/back') "
        "return { up.size, up.parts, down.size, fs.read(folder .. '/back') == fs.read(folder .. '/big') }"
    )
    assert talk(code) == [size, 3, size, True]


def test_parts_are_sent_one_by_one_or_given_up(talk):
    code = (
        f"local first, last = ('a'):rep(5 * {MIB}), 'end' local id = c:start_upload(bucket, 'parts') "
        "local open = names(c:each_upload(bucket)) "
        "local etags = { c:upload_part(bucket, 'parts', id, 1, first), c:upload_part(bucket, 'parts', id, 2, last) } "
        "c:finish_upload(bucket, 'parts', id, etags) local whole = c:get_object(bucket, 'parts') == first .. last "
        "local other = c:start_upload(bucket, 'given-up') local done = c:abort_upload(bucket, 'given-up', other) "
        "return { open, whole, done, #names(c:each_upload(bucket)), c:get_object(bucket, 'given-up') == nil }"
    )
    assert talk(code) == [["parts"], True, True, 0, True]


def test_a_link_needs_no_credentials(talk):
    code = (
        "c:put_object(bucket, 'shared/a b', 'for all') "
        "local link = c:presigned_url(bucket, 'shared/a b', { expires = 60 }) "
        "local put = c:presigned_url(bucket, 'given', { method = 'PUT' }) "
        "local got, bare = http.get(link), http.get((link:match('^[^?]+'))) http.put(put, 'from outside') "
        "return { got.status, got.body, bare.status, c:get_object(bucket, 'given') }"
    )
    assert talk(code) == [200, "for all", 403, "from outside"]


def test_a_wrong_secret_is_refused_and_not_told(talk):
    code = (
        "options.secret_key = 'some-other-secret' local ok, e = pcall(function() "
        "return m.client(options):put_object(bucket, 'x', 'y') end) "
        "return { ok, e.status, tostring(e):find('SignatureDoesNotMatch', 1, true) ~= nil, "
        "tostring(e):find('some-other-secret', 1, true) == nil }"
    )
    assert talk(code) == [False, 403, True, True]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("c:delete_bucket('never-made')", "HTTP 404", id="a bucket that is not there"),
        pytest.param("c:list_objects('never-made')", "HTTP 404", id="its objects"),
        pytest.param("c:copy_object(bucket, 'nothing', bucket, 'x')", "HTTP 404", id="a copy of nothing"),
        pytest.param("c:create_bucket('Not A Name')", "HTTP 400", id="a name that is none"),
        pytest.param("c:upload_part(bucket, 'x', 'no-such-upload', 1, 'x')", "HTTP 404", id="an unknown upload"),
        pytest.param("c:put_object(bucket, '../other/x', 'y')", "must not have the path part", id="a way out"),
        pytest.param("c:get_object(bucket, nil)", "s3.get_object: ", id="no key"),
    ],
)
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    assert expected in talk.fails(call)
