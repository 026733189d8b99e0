"""Signing tokens."""

from __future__ import annotations

from assay_shell.runtime.builtins.base64 import encode_url
from assay_shell.runtime.builtins.crypto.algorithms import ALGORITHMS, HMAC
from assay_shell.runtime.builtins.crypto.compact import signing_input
from assay_shell.runtime.builtins.crypto.keys import KeyRefused, PublicKeyRefused, signing_key
from assay_shell.runtime.convert import number_text
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.options import Options
from assay_shell.runtime.values import Table, as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.builtins.crypto.algorithms import Algorithm
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

SIGN = "crypto.jwt_sign"
OPTIONS = Options(SIGN, kid="Value")


def jwt_sign(runtime: Runtime, claims: Value, key: Value, alg: Value = None, opts: Value = None) -> bytes:
    """Return a signed token in compact form.

    *claims* is written as `json.encode` does it, keys sorted; nothing is added, no `iat` and no `exp`. *alg* is one of
    `RS256` (the default), `RS384`, `RS512`, `ES256`, `ES384`, `EdDSA`, `HS256`, `HS384` and `HS512`, in any case.
    *key* is a private key as PEM text (PKCS#1, SEC1 or PKCS#8, not encrypted), or the secret itself for the HS ones.
    `opts.kid` goes into the header, which is `typ`, `alg`, `kid` in this order.

    Example: `crypto.jwt_sign({ iss = "robot", exp = os.time() + 60 }, fs.read("key.pem"), "RS256", { kid = "k1" })`

    Raises:
        BuiltinError: an argument has the wrong type, the algorithm is unknown, the key is none, encrypted, public or
            of another kind than *alg* needs, or the claims have no JSON form. No message holds any part of the key.
    """
    if not isinstance(claims, Table):
        raise BuiltinError(SIGN, "first argument must be a claims table")
    if not isinstance(key, str):
        raise BuiltinError(SIGN, "second argument must be a PEM key string")
    if alg is not None and not isinstance(alg, str):
        raise BuiltinError(SIGN, "third argument must be an algorithm string or nil")
    if opts is not None and not isinstance(opts, Table):
        raise BuiltinError(SIGN, "fourth argument must be an options table or nil")
    name = "RS256" if alg is None else alg.upper()
    algorithm = ALGORITHMS.get(name)
    if algorithm is None:
        raise BuiltinError(SIGN, f"unsupported algorithm: {name}")
    runtime.redactor.add(key)
    header = _header(algorithm, OPTIONS.read(runtime, opts).get("kid"))
    unsigned = signing_input(header, runtime.encode_json(claims))
    return unsigned + b"." + _signature(algorithm, as_bytes(key), unsigned)


def _header(algorithm: Algorithm, kid: Value) -> bytes:
    """Return the header as JSON; a *kid* that is neither string nor number is left out."""
    import orjson

    header = {"typ": "JWT", "alg": algorithm.name}
    if isinstance(kid, str):
        header["kid"] = kid
    elif isinstance(kid, int | float) and not isinstance(kid, bool):
        header["kid"] = number_text(kid)
    try:
        return orjson.dumps(header)
    except TypeError:  # bytes that are no text
        raise BuiltinError(SIGN, "encoding failed: kid is not valid UTF-8") from None


def _signature(algorithm: Algorithm, key: bytes, unsigned: bytes) -> bytes:
    try:
        return encode_url(algorithm.sign(signing_key(key, algorithm), unsigned))
    except PublicKeyRefused as exc:
        raise BuiltinError(SIGN, f"encoding failed: {exc}") from None
    except KeyRefused as exc:
        what = "invalid secret" if algorithm.kind == HMAC else "invalid PEM key"
        raise BuiltinError(SIGN, f"{what}: {exc}") from None
    except ValueError:  # of OpenSSL, whose words are about digests and blocks
        raise BuiltinError(SIGN, f"encoding failed: the key is too short for {algorithm.name}") from None
