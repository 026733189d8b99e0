"""assay.unleash beyond its request table."""

from __future__ import annotations

import pytest


def test_a_deleted_token_does_not_show_in_the_error(run, stub):
    stub.on("DELETE", "/api/admin/api-tokens/p:dev.secret-of-a-token", status=403, body="no")
    code = f'local c = require("assay.unleash").client("{stub.url}", {{ token = "t" }}) '
    refused = (
        'local _, e = pcall(c.delete_token, c, "p:dev.secret-of-a-token") return { tostring(e), e.path, e.status }'
    )
    message, path, status = run(code + refused)
    assert status == 403
    assert "secret-of-a-token" not in message + path


@pytest.mark.parametrize("project", ["team-409", "already-live"])
def test_an_environment_that_is_refused_is_not_there_whatever_the_project_is_called(run, stub, project):
    stub.on("POST", f"/api/admin/projects/{project}/environments", status=403, body="no")
    made = f'local m = require("assay.unleash") local c = m.client("{stub.url}", {{ token = "t" }}) '
    caught = run(f'{made} return tostring(select(2, pcall(m.ensure_environment, c, "{project}", "dev")))')
    assert "unleash.ensure_environment: " in caught
    assert "HTTP 403: no" in caught
