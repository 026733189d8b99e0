"""Digests, random values and JSON Web Tokens.

@module crypto
@description Cryptography: jwt_sign, hash, hmac, random
@keywords crypto, jwt, signature, hash, hmac, encryption, random, security, password, signing, rsa, sha256
@quickref crypto.jwt_sign(claims, key, alg?, opts?) -> str | Signed token; key is PEM text or, for HS256, a secret
@quickref crypto.jwt_verify(token, key, opts?) -> claims, header | Claims of a valid token; raises for any other
@quickref crypto.jwt_decode(token) -> {header, claims, signature} | What a token says, UNVERIFIED
@quickref crypto.hash(data, alg?) -> str | Hex digest; sha256 unless alg names another
@quickref crypto.hmac(key, data, alg?, raw?) -> str | Keyed digest as hex, or as bytes when raw is true
@quickref crypto.equal(a, b) -> bool | Whether two secrets are equal, in time that does not tell where they differ
@quickref crypto.random(length?) -> str | Random letters and digits; 32 unless length says otherwise
@quickref crypto.uuid() -> str | Random UUID, version 4
"""

from __future__ import annotations

from assay_shell.runtime.builtins.crypto import chance, digest, sign, verify
from assay_shell.runtime.declare import pure, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.vm import Runtime


def register(runtime: Runtime) -> None:
    runtime.define(
        "crypto",
        {
            "jwt_sign": pure(sign.jwt_sign),
            "jwt_verify": read(verify.jwt_verify),  # looks at the clock
            "jwt_decode": pure(verify.jwt_decode),
            "hash": pure(digest.hash_text),
            "hmac": pure(digest.hmac_text),
            "equal": pure(digest.equal),
            "random": read(chance.random),
            "uuid": read(chance.uuid),
        },
    )
