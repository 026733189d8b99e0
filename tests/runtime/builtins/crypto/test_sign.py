from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import jwt as reference
import pytest
from cryptography.hazmat.primitives.serialization import PrivateFormat

from assay_shell.runtime.errors import ScriptError
from assay_shell.runtime.vm import Runtime
from tests.support.keys import ALGORITHMS, SECRET, keys_for, lua, pair

if TYPE_CHECKING:
    from tests.conftest import Fails, Run

CLAIMS = '{ sub = "robot", n = 1, f = 1.0, list = { 1, 2 }, empty = {}, text = "\\"/\\u{e9}" }'
PAYLOAD = '{"empty":[],"f":1.0,"list":[1,2],"n":1,"sub":"robot","text":"\\"/é"}'


def parts(token: object) -> tuple[str, str]:
    header, claims, _ = str(token).split(".")
    return tuple(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode() for part in (header, claims))  # type: ignore[return-value]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_others_verify_what_is_signed_here(run: Run, algorithm: str) -> None:
    private, public = keys_for(algorithm)
    token = run(f"return crypto.jwt_sign({CLAIMS}, {lua(private)}, {lua(algorithm.lower())})")
    assert reference.decode(str(token), public, algorithms=[algorithm]) == json.loads(PAYLOAD)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_same_call_gives_the_same_token(run: Run, algorithm: str) -> None:
    private, _ = keys_for(algorithm)
    call = f"crypto.jwt_sign({CLAIMS}, {lua(private)}, {lua(algorithm)})"
    assert run(f"return {call} == {call}") is True


def test_header_and_claims_have_fixed_bytes(run: Run) -> None:
    key = lua(pair("RSA").pem())
    assert parts(run(f"return crypto.jwt_sign({CLAIMS}, {key})")) == ('{"typ":"JWT","alg":"RS256"}', PAYLOAD)
    assert parts(run(f'return crypto.jwt_sign({{}}, {key}, "rs512")')) == ('{"typ":"JWT","alg":"RS512"}', "[]")
    assert "=" not in str(run(f"return crypto.jwt_sign({CLAIMS}, {key})"))


@pytest.mark.parametrize(
    ("opts", "header"),
    [
        ('{ kid = "k1" }', '{"typ":"JWT","alg":"HS256","kid":"k1"}'),
        ("{ kid = 7 }", '{"typ":"JWT","alg":"HS256","kid":"7"}'),
        ("{ kid = 1.5 }", '{"typ":"JWT","alg":"HS256","kid":"1.5"}'),
        ('{ kid = "a\\"\\u{e9}\\n" }', '{"typ":"JWT","alg":"HS256","kid":"a\\"é\\n"}'),
        ("{ kid = true }", '{"typ":"JWT","alg":"HS256"}'),
        ("{ kid = {} }", '{"typ":"JWT","alg":"HS256"}'),
        ('{ typ = "X", alg = "none" }', '{"typ":"JWT","alg":"HS256"}'),
        ("nil", '{"typ":"JWT","alg":"HS256"}'),
    ],
)
def test_only_kid_goes_into_the_header(run: Run, opts: str, header: str) -> None:
    assert parts(run(f'return crypto.jwt_sign({{ a = 1 }}, "{SECRET}", "HS256", {opts})'))[0] == header


@pytest.mark.parametrize(
    "pem",
    [
        pytest.param(lambda: pair("RSA").pem(PrivateFormat.TraditionalOpenSSL), id="PKCS#1"),
        pytest.param(lambda: pair("RSA").pem(PrivateFormat.PKCS8), id="PKCS#8"),
        pytest.param(lambda: "  \n\n" + pair("RSA").pem(), id="blanks before"),
        pytest.param(lambda: pair("RSA").pem().replace("\n", "\r\n"), id="CR LF"),
        pytest.param(lambda: pair("RSA").pem().replace("\n", "\n    "), id="indented"),
        pytest.param(lambda: pair("RSA").pem() + pair("RSA").public().decode(), id="with its public key"),
    ],
)
def test_both_forms_of_pem_sign(run: Run, pem: object) -> None:
    assert callable(pem)
    token = run(f"return crypto.jwt_sign({{ a = 1 }}, {lua(pem())})")
    assert reference.decode(str(token), pair("RSA").public(), algorithms=["RS256"]) == {"a": 1}


def test_keys_of_1024_bits_still_sign(run: Run) -> None:
    token = run(f'return crypto.jwt_sign({{ a = 1 }}, {lua(pair("RSA 1024").pem())}, "RS512")')
    assert len(str(token).rpartition(".")[2]) == 171  # 128 bytes


def test_other_curves_and_forms_sign(run: Run) -> None:
    sec1 = pair("P-256").pem(PrivateFormat.TraditionalOpenSSL)
    assert "EC PRIVATE KEY" in sec1
    assert run(f'return #crypto.jwt_sign({{}}, {lua(sec1)}, "ES256") > 0') is True
    assert run(f'return #crypto.jwt_sign({{}}, {lua(pair("Ed448").pem())}, "eddsa") > 0') is True


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nil, 'k'", "first argument must be a claims table"),
        ("'x', 'k'", "first argument must be a claims table"),
        ("{}", "second argument must be a PEM key string"),
        ("{}, 5", "second argument must be a PEM key string"),
        ("{}, 'k', 5", "third argument must be an algorithm string or nil"),
        ("{}, 'k', 'HS256', 'x'", "fourth argument must be an options table or nil"),
        ("{}, 'k', 'ps256'", "unsupported algorithm: PS256"),
        ("{}, 'k', 'none'", "unsupported algorithm: NONE"),
        ("{}, 'k', ''", "unsupported algorithm: "),
        ("{}, 'k'", "invalid PEM key: it is not a private key in PEM form"),
        ("{}, ''", "invalid PEM key: it is not a private key in PEM form"),
        ("{}, '', 'HS256'", "invalid secret: it is empty"),
        ("{}, 'k', 'HS256', { kid = '\\255' }", "encoding failed: kid is not valid UTF-8"),
    ],
)
def test_wrong_arguments_are_named(fails: Fails, arguments: str, message: str) -> None:
    assert fails(f"crypto.jwt_sign({arguments})") == f"crypto.jwt_sign: {message}"


def test_claims_without_json_form_are_refused(fails: Fails) -> None:
    assert fails(f"crypto.jwt_sign({{ f = print }}, '{SECRET}', 'HS256')").startswith("unsupported Lua type for JSON")
    assert fails(f"crypto.jwt_sign({{ n = 0/0 }}, '{SECRET}', 'HS256')") == "cannot encode NaN as JSON number"


REFUSED = [
    ("P-256", "RS256", "invalid PEM key: RS256 needs an RSA key"),
    ("RSA", "ES256", "invalid PEM key: ES256 needs an EC key on the curve P-256"),
    ("P-384", "ES256", "invalid PEM key: ES256 needs an EC key on the curve P-256"),
    ("P-521", "ES384", "invalid PEM key: ES384 needs an EC key on the curve P-384"),
    ("RSA", "EdDSA", "invalid PEM key: EdDSA needs an Ed25519 or Ed448 key"),
    ("RSA", "HS256", "invalid secret: a key pair is no secret"),
]


@pytest.mark.parametrize(("kind", "algorithm", "message"), REFUSED)
def test_keys_of_another_kind_are_refused(fails: Fails, kind: str, algorithm: str, message: str) -> None:
    assert fails(f'crypto.jwt_sign({{}}, {lua(pair(kind).pem())}, "{algorithm}")') == f"crypto.jwt_sign: {message}"


def test_public_and_encrypted_keys_are_refused(fails: Fails) -> None:
    public, locked = pair("RSA").public(), pair("RSA").pem(password=b"pw")
    assert fails(f"crypto.jwt_sign({{}}, {lua(public)})") == (
        "crypto.jwt_sign: encoding failed: a public key cannot sign"
    )
    assert fails(f"crypto.jwt_sign({{}}, {lua(locked)})") == "crypto.jwt_sign: invalid PEM key: it is encrypted"
    assert fails(f'crypto.jwt_sign({{}}, {lua(public)}, "HS256")') == (
        "crypto.jwt_sign: invalid secret: a key pair is no secret"
    )


@pytest.mark.parametrize("damage", [lambda pem: pem[:-60], lambda pem: pem.replace("M", "!", 1), lambda pem: pem[40:]])
def test_no_part_of_a_damaged_key_is_in_the_error(fails: Fails, damage: object) -> None:
    pem = pair("RSA").pem()
    assert callable(damage)
    message = fails(f"crypto.jwt_sign({{}}, {lua(damage(pem))})")
    assert message == "crypto.jwt_sign: invalid PEM key: it is not a private key in PEM form"
    assert not any(line in message for line in pem.splitlines())


def test_keys_are_never_shown_again() -> None:
    with Runtime() as runtime:
        runtime.evaluate(f'return crypto.jwt_sign({{}}, "{SECRET}", "HS256")')
        assert SECRET not in runtime.redactor.text(f"the secret was {SECRET}")
        pem = pair("P-256").pem()
        runtime.evaluate(f'return crypto.jwt_sign({{}}, {lua(pem)}, "ES256")')
        assert pem.splitlines()[1] not in runtime.redactor.text(f"first line {pem.splitlines()[1]}")


def test_an_unknown_option_is_an_error_under_strict(run: Run) -> None:
    with pytest.raises(ScriptError, match=r"crypto\.jwt_sign: unknown option"):
        run(f'return crypto.jwt_sign({{}}, "{SECRET}", "HS256", {{ kit = "x" }})', strict=True)
