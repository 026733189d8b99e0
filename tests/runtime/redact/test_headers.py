"""Secrets in headers that a script sends."""

from __future__ import annotations

import pytest

from assay_shell.runtime.vm import Runtime


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("pcall(ws.connect, 'ws://127.0.0.1:1/', { headers = headers })", id="ws"),
        pytest.param("pcall(http.get, 'http://127.0.0.1:1/', { headers = headers })", id="http"),
        pytest.param("http.client({ headers = headers })", id="a client of http"),
    ],
)
def test_headers_that_hold_secrets_are_never_shown(call):
    headers = "{ Authorization = 'Bearer abcdef123', ['X-API-Key'] = 'vwxyz789', ['X-Id'] = 'visible42' }"
    with Runtime() as runtime:
        runtime.evaluate(f"local headers = {headers} {call}")
        shown = runtime.redactor.text("abcdef123 vwxyz789 visible42")
    assert "abcdef123" not in shown
    assert "vwxyz789" not in shown
    assert "visible42" in shown
