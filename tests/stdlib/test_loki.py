"""assay.loki beyond its request table: lines over a WebSocket."""

from __future__ import annotations

import pytest

SERVER = """
local asked = {}
local function message(...)
  local values = {}
  for index, line in ipairs({ ... }) do values[index] = { line .. "000000000", "line " .. line } end
  return json.encode({ streams = { { stream = { app = "x" }, values = values } } })
end
local function tail(req)
  asked[#asked + 1] = req.query
  return answer(req, #asked, message)
end
local server = http.serve(0, { GET = { ["/loki/api/v1/tail"] = tail } }, { background = true })
local c = require("assay.loki").client("http://127.0.0.1:" .. server.port, { token = "t" })
"""


@pytest.fixture
def loki(run):
    """Evaluate code in which `c` is a client of a server whose tail is `answer(request, number of calls, message)`."""

    def evaluate(answer, code):
        return run(f"local function answer(req, count, message) {answer} end {SERVER} {code}")

    return evaluate


def test_lines_come_as_they_are_sent_until_none_comes_any_more(loki):
    sends = "return { ws = function(conn) conn:send(message(1, 2)) conn:send(message(3)) conn:recv() end }"
    code = """
    local lines = {}
    for entry in c:follow('{app="x"}', { idle = 0.1, limit = 5, start = 1700000000000000000 }) do
      lines[#lines + 1] = ("%s %s %s %s"):format(entry.time, entry.timestamp, entry.line, entry.labels.app)
    end
    return { lines, asked }
    """
    lines, asked = loki(sends, code)
    assert lines == [f"{n}.0 {n}000000000 line {n} x" for n in (1, 2, 3)]
    assert asked == ["query=%7Bapp%3D%22x%22%7D&limit=5&start=1700000000000000000"]


def test_a_lost_connection_is_opened_again_after_the_last_line(loki):
    sends = "return { ws = function(conn) conn:send(message(count)) if count == 2 then conn:recv() end end }"
    code = """
    local lines = {}
    for entry in c:follow("x", { idle = 0.3 }) do lines[#lines + 1] = entry.line end
    return { lines, asked }
    """
    lines, asked = loki(sends, code)
    assert lines == ["line 1", "line 2"]
    assert asked == ["query=x", "query=x&start=1000000001"]


def test_a_connection_that_stays_lost_is_an_error(loki):
    sends = "if count == 1 then return { ws = function(conn) conn:send(message(1)) end } end return { status = 503 }"
    code = """
    local lines = {}
    local ok, failure = pcall(function()
      for entry in c:follow("x", { retries = 1 }) do lines[#lines + 1] = entry.line end
    end)
    return { ok, failure.status, failure.path, #lines, #asked }
    """
    assert loki(sends, code) == [False, 503, "/loki/api/v1/tail", 1, 2]


def test_a_refusal_is_not_tried_again(loki):
    sends = "if count == 1 then return { ws = function(conn) conn:send(message(1)) end } end return { status = 403 }"
    code = "local _, e = pcall(function() for _ in c:follow('x') do end end) return { e.status, #asked }"
    assert loki(sends, code) == [403, 2]


def test_leaving_the_loop_closes_the_connection(loki):
    sends = "return { ws = function(conn) conn:send(message(1)) for _ in conn do end left = true end }"
    code = """
    for entry in c:follow("x") do break end
    for _ = 1, 100 do if left then return true end sleep(0.01) end
    """
    assert loki(sends, code) is True


def test_a_tail_gets_a_websocket_where_the_server_wants_one(loki):
    sends = """
    if req.headers.upgrade then return { ws = function(conn) conn:send(message(7)) conn:recv() end } end
    return { status = 400, body = "websocket: the client is not using the websocket protocol" }
    """
    assert loki(sends, "return c:tail('x', { limit = 1 }).streams[1].values[1][2]") == "line 7"


def test_a_tail_without_lines_is_empty(loki):
    sends = """
    if req.headers.upgrade then return { ws = function(conn) conn:recv() end } end
    return { status = 400, body = "Bad Request: websocket" }
    """
    assert loki(sends, "return #c:tail('x', { timeout = 0.05 }).streams") == 0


def test_credentials_go_along_with_a_websocket(loki):
    sends = "key = req.headers.authorization return { ws = function(conn) conn:send(message(1)) conn:recv() end }"
    assert loki(sends, "for _ in c:follow('x') do return key end") == "Bearer t"


ANSWERS = [
    ("{}", "'data' in the answer is no object: {}"),
    ("null", "the answer is no object: null"),
    ('{"data": 7}', "'data' in the answer is no object: {\"data\": 7}"),
]


@pytest.mark.parametrize(("body", "words"), [pytest.param(*row, id=row[0]) for row in ANSWERS])
@pytest.mark.parametrize("call", ["c:query('up')", "c:query_range('{a=\"b\"}')"])
def test_an_answer_without_a_result_is_told_with_the_request(run, stub, call, body, words):
    path = "/loki/api/v1/" + call[2:].partition("(")[0]
    for target in (path, path + "?query=up", path + "?query=%7Ba%3D%22b%22%7D"):
        stub.on("GET", target, body=body)
    code = f'local c = require("assay.loki").client("{stub.url}") local _, e = pcall(function() return {call} end) '
    text, *fields = run(code + "return { tostring(e), e.service, e.method, e.path, e.status }")
    assert text.partition(": ")[2] == f"loki: GET {path} HTTP 200: {words}"
    assert fields == ["loki", "GET", path, 200]


def test_a_server_that_knows_no_labels_yet_leaves_the_list_out(run, stub):
    for name in ("labels", "label/a/values"):
        stub.on("GET", f"/loki/api/v1/{name}", json={"status": "success"})
    code = f'local c = require("assay.loki").client("{stub.url}") return #c:labels() + #c:label_values("a")'
    assert run(code) == 0
