"""assay.unleash beyond its request table."""

from __future__ import annotations


def test_a_deleted_token_does_not_show_in_the_error(run, stub):
    stub.on("DELETE", "/api/admin/api-tokens/p:dev.secret-of-a-token", status=403, body="no")
    code = f'local c = require("assay.unleash").client("{stub.url}", {{ token = "t" }}) '
    refused = (
        'local _, e = pcall(c.delete_token, c, "p:dev.secret-of-a-token") return { tostring(e), e.path, e.status }'
    )
    message, path, status = run(code + refused)
    assert status == 403
    assert "secret-of-a-token" not in message + path
