"""lib/waiting.lua: until a deadline, and for so many attempts."""

from __future__ import annotations

import pytest

WAITING = 'local waiting = require("assay.lib.waiting") '
CLOCK = "local now, slept = 0, {} time = function() return now end " \
    "sleep = function(s) slept[#slept + 1] = s now = now + s end "  # fmt: skip


@pytest.mark.parametrize(
    ("options", "slept"),
    [
        pytest.param("{ timeout = 3 }", [1, 1, 1], id="every second"),
        pytest.param("{ timeout = 10, backoff = 2 }", [1, 2, 4, 3], id="backing off, up to the deadline"),
        pytest.param("{ timeout = 9, backoff = 3, max_interval = 4 }", [1, 3, 4, 1], id="longest pause"),
        pytest.param("{ timeout = 0 }", [], id="one check"),
    ],
)
def test_waiting_sleeps_between_checks_until_the_deadline(run, options, slept):
    code = f"local found = waiting.wait_until(function() return false end, {options}) return {{ found == nil, slept }}"
    assert run(WAITING + CLOCK + code) == [True, slept]


def test_waiting_gives_what_the_check_found(run):
    code = "return waiting.wait_until(function() return now >= 2 and 'ready' end, { timeout = 60 })"
    assert run(WAITING + CLOCK + code) == "ready"


def test_attempts_are_counted_and_the_last_one_is_not_slept_after(run):
    assert run(WAITING + CLOCK + "return { waiting.attempt(3, 2, function() end) == nil, slept }") == [True, [2, 2]]
    assert run(WAITING + CLOCK + "return waiting.attempt(9, 2, function(n) return n == 2 and n end)") == 2
