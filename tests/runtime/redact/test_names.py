"""Names that announce secrets."""

from __future__ import annotations

import pytest

from assay_shell.runtime.redact.names import ENDINGS, HEADER, PASSWORD, QUERY, QUERY_ENDINGS, TOKEN, WEAK, kind_of

KINDS = {
    PASSWORD: "password DB_PASSWORD db.passwd clientSecret client-secret ssh_passphrase db_pass dbPass pwd user-pwd",
    TOKEN: """
        token ACCESS_TOKEN authToken X-Vault-Token api_key apiKey X-API-Key APIKEY aws_secret_access_key AccountKey
        private_key ssh-key credentials client-key-data tls.key
    """,
    HEADER: "Authorization Proxy-Authorization cookie Set-Cookie",
    WEAK: "auth _auth X-Amz-Signature jwt",
    QUERY: "key code sig session",
}
INNOCENT = """
    tokens max_tokens token_type tokenUrl password_file secretName primary_key public_key monkey keys PWD OLDPWD pass
    bypass author oauth compass cookies design
"""


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for kind, names in KINDS.items() for name in names.split()])
def test_the_kind_of(name: str, kind: str) -> None:
    assert kind_of(name) == kind
    endings = (*ENDINGS, *(ending.rstrip("=") for ending in QUERY_ENDINGS))
    assert name.lower().endswith(endings)


@pytest.mark.parametrize("name", INNOCENT.split())
def test_no_secret_is_expected_after(name: str) -> None:
    assert kind_of(name) is None
