from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any

import jwt as reference
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_shell.runtime.errors import ScriptError
from assay_shell.runtime.vm import Runtime
from tests.support.keys import ALGORITHMS, KIND, SECRET, certificate_of, keys_for, lua, pair

if TYPE_CHECKING:
    from tests.conftest import Fails, Run

MISMATCH = "crypto.jwt_verify: signature mismatch"
CONFUSED = [
    (algorithm, other)
    for algorithm in ALGORITHMS
    for other in ("RS256", "ES256", "ES384", "EdDSA")
    if KIND.get(algorithm) != KIND[other]
]


def token_of(claims: object, algorithm: str = "HS256", headers: dict[str, Any] | None = None) -> str:
    return reference.encode(claims, keys_for(algorithm)[0], algorithm, headers=headers)  # type: ignore[arg-type]


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def forged(header: object, claims: object, secret: bytes = b"") -> str:
    """Return a token with any header at all; signed by HMAC where there is a secret."""
    unsigned = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    signature = hmac.digest(secret, unsigned.encode(), hashlib.sha256) if secret else b""
    return f"{unsigned}.{encoded(signature)}"


def jwk_of(kind: str, **members: object) -> str:
    """Return a JSON Web Key as a Lua table."""
    name = {"RSA": "RSAAlgorithm", "P-256": "ECAlgorithm", "P-384": "ECAlgorithm"}.get(kind, "OKPAlgorithm")
    jwk = json.loads(getattr(reference.algorithms, name).to_jwk(pair(kind).private.public_key()))
    return f"json.parse({lua(json.dumps({**jwk, **members}))})"


class TestRoundTrips:
    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_what_is_signed_here_verifies(self, run: Run, algorithm: str) -> None:
        private, public = keys_for(algorithm)
        code = f"""
            local claims = {{ sub = "robot", n = {{ 1, 2.5 }} }}
            local token = crypto.jwt_sign(claims, {lua(private)}, "{algorithm}", {{ kid = "k" }})
            local claims, header = crypto.jwt_verify(token, {lua(public)})
            return {{ claims.sub, claims.n[1], claims.n[2], header.alg, header.kid, header.typ }}
        """
        assert run(code) == ["robot", 1, 2.5, algorithm, "k", "JWT"]

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_what_others_sign_verifies(self, run: Run, algorithm: str) -> None:
        token = token_of({"sub": "robot"}, algorithm)
        assert run(f"return crypto.jwt_verify('{token}', {lua(keys_for(algorithm)[1])})") == {"sub": "robot"}

    @given(st.dictionaries(st.text(), st.text() | st.integers(-(2**63), 2**63 - 1) | st.booleans(), max_size=4))
    @settings(max_examples=25, deadline=None)
    def test_any_claims_come_back(self, claims: dict[str, Any]) -> None:
        for name in ("exp", "nbf", "iat", "aud"):
            claims.pop(name, None)
        with Runtime() as runtime:
            [found, _] = runtime.evaluate(f"return crypto.jwt_verify('{token_of(claims)}', '{SECRET}')")
        assert found == (claims or [])

    def test_empty_claims_verify(self, run: Run) -> None:
        code = f'return next((crypto.jwt_verify(crypto.jwt_sign({{}}, "{SECRET}", "HS256"), "{SECRET}")))'
        assert run(code) is None

    def test_secrets_may_be_any_bytes(self, run: Run) -> None:
        secret = lua(bytes(range(256)))
        code = f'return crypto.jwt_verify(crypto.jwt_sign({{ a = 1 }}, {secret}, "HS512"), {secret}).a'
        assert run(code) == 1


class TestKeys:
    @pytest.mark.parametrize(
        "key",
        [
            pytest.param(lambda: pair("RSA").public(), id="public PEM"),
            pytest.param(lambda: pair("RSA").public(form=PublicFormat.PKCS1), id="PKCS#1 public PEM"),
            pytest.param(lambda: pair("RSA").pem().encode(), id="private PEM"),
            pytest.param(lambda: pair("RSA").public(Encoding.DER), id="DER"),
            pytest.param(lambda: base64.b64encode(pair("RSA").public(Encoding.DER)), id="bare base64"),
            pytest.param(lambda: pair("RSA").public(Encoding.OpenSSH, PublicFormat.OpenSSH), id="SSH"),
            pytest.param(lambda: certificate_of(pair("RSA").private), id="certificate"),
            pytest.param(lambda: b"\n  " + pair("RSA").public(), id="blanks before"),
        ],
    )
    def test_every_form_of_a_public_key_verifies_and_is_no_secret(self, run: Run, fails: Fails, key: Any) -> None:
        text = lua(key())
        assert run(f"return crypto.jwt_verify('{token_of({'a': 1}, 'RS256')}', {text}).a") == 1
        confused = forged({"typ": "JWT", "alg": "HS256"}, {"a": 1}, key())
        assert fails(f"crypto.jwt_verify('{confused}', {text})") == (
            "crypto.jwt_verify: algorithm HS256 does not fit the key"
        )
        assert "HS256" in fails(f"crypto.jwt_verify('{confused}', {text}, {{ algorithms = 'HS256' }})")

    @pytest.mark.parametrize("algorithm", ["RS256", "ES256", "ES384", "EdDSA"])
    def test_a_json_web_key_verifies(self, run: Run, algorithm: str) -> None:
        token = token_of({"a": 1}, algorithm, {"kid": "not checked"})
        assert run(f"return crypto.jwt_verify('{token}', {jwk_of(KIND[algorithm])}).a") == 1

    def test_a_secret_as_json_web_key_verifies_and_is_hidden(self) -> None:
        key = f'{{ kty = "oct", k = "{encoded(SECRET.encode())}" }}'
        with Runtime() as runtime:
            assert runtime.evaluate(f"return crypto.jwt_verify('{token_of({'a': 1})}', {key}).a") == [1]
            assert SECRET not in runtime.redactor.text(SECRET)

    @pytest.mark.parametrize(
        ("key", "message"),
        [
            ("", "the key is empty"),
            (" \n", "the key is empty"),
            ("-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----", "the key cannot be read"),
            ("ssh-rsa AAAA", "the key cannot be read"),
            ('{"kty":"oct","k":"AA"}', "a JSON Web Key must be given as a table"),
        ],
    )
    def test_keys_that_are_none_are_refused(self, fails: Fails, key: str, message: str) -> None:
        assert fails(f"crypto.jwt_verify('{token_of({})}', {lua(key)})") == f"crypto.jwt_verify: {message}"

    @pytest.mark.parametrize(
        ("jwk", "message"),
        [
            ('{ kty = "RSA" }', "the JSON Web Key has missing or wrong members"),
            ('{ kty = "EC", crv = "P-521", x = "AA", y = "AA" }', "the JSON Web Key has missing or wrong members"),
            ('{ kty = "EC", crv = "P-256", x = "AQ", y = "AQ" }', "the JSON Web Key has missing or wrong members"),
            ('{ kty = "OKP", crv = "X25519", x = "AA" }', "the JSON Web Key has missing or wrong members"),
            ('{ kty = "RSA", n = 5, e = "AQAB" }', "the JSON Web Key has missing or wrong members"),
            ('{ kty = "oct", k = "" }', "the JSON Web Key has missing or wrong members"),
            ('{ kty = "oct", k = "YQ", use = "enc" }', "algorithm HS256 does not fit the key"),
            ('{ kty = "oct", k = "YQ", alg = "HS512" }', "algorithm HS256 does not fit the key"),
            ('{ kty = "oct", k = "YQ", key_ops = { "sign" } }', "algorithm HS256 does not fit the key"),
            ('{ kty = "new" }', "the JSON Web Key has an unknown type (kty)"),
            ("{}", "a key set must hold a list of keys"),
            ("{ keys = { 1 } }", "a key set must hold a list of keys"),
            ("{ keys = {} }", "a key set must hold a list of keys"),
        ],
    )
    def test_json_web_keys_that_do_not_fit_are_refused(self, fails: Fails, jwk: str, message: str) -> None:
        assert fails(f"crypto.jwt_verify('{token_of({})}', {jwk})") == f"crypto.jwt_verify: {message}"

    def test_the_kid_chooses_from_a_key_set(self, run: Run, fails: Fails) -> None:
        keys = f"{{ keys = {{ {jwk_of('P-256', kid='a')}, {jwk_of('RSA', kid='b')}, {{ kty = 'new', kid = 'c' }} }} }}"
        for algorithm, kid in (("ES256", "a"), ("RS384", "b")):
            token = token_of({"a": 1}, algorithm, {"kid": kid})
            assert run(f"return crypto.jwt_verify('{token}', nil, {{ jwks = {keys} }}).a") == 1
            assert run(f"return crypto.jwt_verify('{token}', {keys}).a") == 1
            assert run(f"return crypto.jwt_verify('{token}', ({keys}).keys).a") == 1
        assert run(f"return crypto.jwt_verify('{token_of({'a': 1}, 'ES256')}', {keys}).a") == 1
        refusals = {"b": "algorithm ES256 does not fit the key", "x": "the key set has no key with the token's kid"}
        for kid, message in refusals.items():
            token = token_of({"a": 1}, "ES256", {"kid": kid})
            assert fails(f"crypto.jwt_verify('{token}', {keys})") == f"crypto.jwt_verify: {message}"

    def test_one_of_key_and_key_set_must_be_given(self, fails: Fails) -> None:
        token = token_of({})
        assert fails(f"crypto.jwt_verify('{token}')") == "crypto.jwt_verify: give a key or opts.jwks"
        both = f"crypto.jwt_verify('{token}', 'k', {{ jwks = {{}} }})"
        assert fails(both) == "crypto.jwt_verify: give a key or opts.jwks, not both"


class TestForgeries:
    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_a_change_of_any_character_is_refused(self, algorithm: str) -> None:
        token = token_of({"sub": "robot"}, algorithm)
        code = f"local token = ... return crypto.jwt_verify(token, {lua(keys_for(algorithm)[1])})"
        with Runtime() as runtime:
            runtime.evaluate(code, args=[token])
            for at in range(0, len(token), 1 if len(token) < 200 else 7):
                for other in {"A", "B", "-", ".", "=", "\n"} - {token[at]}:
                    with pytest.raises(ScriptError, match=r"^crypto\.jwt_verify: "):
                        runtime.evaluate(code, args=[token[:at] + other + token[at + 1 :]])

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_spare_bits_of_the_last_character_count(self, fails: Fails, algorithm: str) -> None:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        token = token_of({"a": 1}, algorithm)
        changed = token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]
        assert fails(f"crypto.jwt_verify('{changed}', {lua(keys_for(algorithm)[1])})").startswith("crypto.jwt_verify: ")

    @pytest.mark.parametrize(
        "name", ["none", "None", "NONE", "nOnE", "", "hs256", "RS257", "PS256", None, 5, ["HS256"]]
    )
    @pytest.mark.parametrize("key", [SECRET, ""], ids=["secret", "no secret"])
    def test_no_algorithm_but_the_known_ones_is_accepted(self, fails: Fails, name: object, key: str) -> None:
        token = forged({"typ": "JWT", "alg": name}, {"a": 1})
        assert "not allowed" in fails(f"crypto.jwt_verify('{token}', '{SECRET}')")
        assert "crypto.jwt_verify" in fails(f"crypto.jwt_verify('{token}', '{key}', {{ algorithms = {{ 'HS256' }} }})")

    def test_a_header_without_algorithm_is_refused(self, fails: Fails) -> None:
        token = forged({}, {}, SECRET.encode())
        assert fails(f"crypto.jwt_verify('{token}', '{SECRET}')") == (
            "crypto.jwt_verify: algorithm of the token is not allowed"
        )

    def test_none_cannot_be_asked_for(self, fails: Fails) -> None:
        for names in ("'none'", "{ 'HS256', 'none' }"):
            message = fails(f"crypto.jwt_verify('{token_of({})}', '{SECRET}', {{ algorithms = {names} }})")
            assert message == "crypto.jwt_verify: unsupported algorithm: none"

    @pytest.mark.parametrize(("algorithm", "other"), CONFUSED)
    def test_an_algorithm_of_another_family_does_not_fit_the_key(
        self, fails: Fails, algorithm: str, other: str
    ) -> None:
        message = fails(f"crypto.jwt_verify('{token_of({}, algorithm)}', {lua(keys_for(other)[1])})")
        assert message == f"crypto.jwt_verify: algorithm {algorithm} does not fit the key"

    def test_only_named_algorithms_are_accepted(self, run: Run, fails: Fails) -> None:
        token = token_of({"a": 1}, "HS512")
        for names in ("'HS512'", "'hs512'", "{ 'HS256', 'HS512' }"):
            assert run(f"return crypto.jwt_verify('{token}', '{SECRET}', {{ algorithms = {names} }}).a") == 1
        message = fails(f"crypto.jwt_verify('{token}', '{SECRET}', {{ algorithms = {{ 'HS256', 'RS256' }} }})")
        assert message == "crypto.jwt_verify: algorithm HS512 is not allowed"

    @pytest.mark.parametrize("algorithm", ["RS256", "HS256"])
    def test_another_key_does_not_verify(self, fails: Fails, algorithm: str) -> None:
        key = pair("another RSA").public() if algorithm == "RS256" else "another secret"
        assert fails(f"crypto.jwt_verify('{token_of({}, algorithm)}', {lua(key)})") == MISMATCH

    def test_a_signature_of_the_wrong_length_does_not_verify(self, fails: Fails) -> None:
        token = token_of({}, "ES256").rpartition(".")[0]
        for signature in ("", "AA", "A" * 84, "A" * 86, "A" * 128):
            assert fails(f"crypto.jwt_verify('{token}.{signature}', {lua(keys_for('ES256')[1])})") == MISMATCH

    def test_an_extension_that_must_be_understood_is_refused(self, fails: Fails) -> None:
        token = forged({"alg": "HS256", "crit": ["b64"], "b64": False}, {}, SECRET.encode())
        assert "(crit)" in fails(f"crypto.jwt_verify('{token}', '{SECRET}')")


class TestClaims:
    @pytest.fixture
    def verdict(self) -> Any:
        """Verify a token with these claims; None when it is fine, else the reason."""

        def verdict(claims: object, options: str = "") -> str | None:
            with Runtime() as runtime:
                try:
                    runtime.evaluate(f"return crypto.jwt_verify('{token_of(claims)}', '{SECRET}', {{ {options} }})")
                except ScriptError as exc:
                    return exc.message.removeprefix("crypto.jwt_verify: ")
            return None

        return verdict

    @pytest.mark.parametrize(
        ("claims", "options", "reason"),
        [
            ({"exp": 60}, "", None),
            ({"exp": -1}, "", "token expired"),
            ({"exp": 0}, "", "token expired"),
            ({"exp": -10}, "leeway = 60", None),
            ({"exp": -100}, "leeway = 60", "token expired"),
            ({"exp": 0.5 + 60}, "", None),
            ({"nbf": -1}, "", None),
            ({"nbf": 60}, "", "token is not valid yet"),
            ({"nbf": 30}, "leeway = 60", None),
            ({"iat": -1}, "", None),
            ({"iat": 60}, "", "token was issued in the future"),
            ({"iat": 30}, "leeway = '60'", None),
            ({"exp": 60, "nbf": -60, "iat": -60}, "", None),
        ],
    )
    def test_times(self, verdict: Any, claims: dict[str, float], options: str, reason: str | None) -> None:
        now = time.time()
        assert verdict({name: now + seconds for name, seconds in claims.items()}, options) == reason

    @pytest.mark.parametrize("wrong", ["soon", True, [1], {}, "99999999999"])
    @pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
    def test_times_must_be_numbers(self, fails: Fails, name: str, wrong: object) -> None:
        token = forged({"alg": "HS256"}, {name: wrong}, SECRET.encode())
        message = fails(f"crypto.jwt_verify('{token}', '{SECRET}')")
        assert message == f"crypto.jwt_verify: claim {name} is not a number"

    @pytest.mark.parametrize("leeway", ["-1", "0/0", "1/0"])
    def test_a_leeway_that_is_none_is_refused(self, verdict: Any, leeway: str) -> None:
        assert verdict({}, f"leeway = {leeway}") == "opts.leeway must be a number of seconds, 0 or more"

    @pytest.mark.parametrize(
        ("audience", "options", "reason"),
        [
            ("a", "audience = 'a'", None),
            ("a", "audience = { 'b', 'a' }", None),
            (["x", "a"], "audience = 'a'", None),
            ("a", "audience = 'b'", "audience mismatch"),
            (["x", "y"], "audience = { 'a', 'b' }", "audience mismatch"),
            ("a", "audience = {}", "audience mismatch"),
            (None, "audience = 'a'", "the token has no audience"),
            ("a", "", "the token is meant for an audience: give opts.audience (false accepts any)"),
            ("a", "audience = false", None),
            (None, "", None),
            ("a", "audience = 5", "opts.audience must be a string or a list of strings"),
            ("a", "audience = true", "opts.audience must be a string or a list of strings"),
            ("a", "audience = { 5 }", "opts.audience must be a string or a list of strings"),
        ],
    )
    def test_audience(self, verdict: Any, audience: object, options: str, reason: str | None) -> None:
        assert verdict({"aud": audience} if audience else {}, options) == reason

    @pytest.mark.parametrize(
        ("issuer", "options", "reason"),
        [
            ("i", "issuer = 'i'", None),
            ("i", "issuer = { 'j', 'i' }", None),
            ("i", "", None),
            ("i", "issuer = 'j'", "issuer mismatch"),
            (None, "issuer = 'i'", "the token has no issuer"),
            ("i", "issuer = 1", "opts.issuer must be a string or a list of strings"),
        ],
    )
    def test_issuer(self, verdict: Any, issuer: str | None, options: str, reason: str | None) -> None:
        assert verdict({"iss": issuer} if issuer else {}, options) == reason

    def test_required_claims_must_be_there(self, verdict: Any) -> None:
        assert verdict({"exp": time.time() + 60}, "require = { 'exp' }") is None
        assert verdict({"sub": "x"}, "require = 'exp'") == "claim exp is missing"

    def test_claims_are_looked_at_only_behind_a_good_signature(self, fails: Fails) -> None:
        assert fails(f"crypto.jwt_verify('{forged({'alg': 'HS256'}, {'exp': 1}, b'x')}', '{SECRET}')") == MISMATCH


MALFORMED = [
    ("", "three parts expected, got 1"),
    ("a.b", "three parts expected, got 2"),
    ("a.b.c.d", "three parts expected, got 4"),
    ("!.e30.AA", "the header is not base64url"),
    ("e30=.e30.AA", "the header is padded"),
    ("e31.e30.AA", "the header is not base64url"),
    ("AAAA.e30.AA", "the header is not JSON"),
    ("MQ.e30.AA", "the header is not a JSON object"),
    ("e30.Ig.AA", "the payload is not JSON"),
    ("e30.IiI.AA", "the payload is not a JSON object"),
    ("e30.e30.A", "the signature is not base64url"),
    ("e30.e30.AB", "the signature is not base64url"),
    ("e30.e30.A A", "the signature is not base64url"),
]


@pytest.mark.parametrize(("token", "reason"), MALFORMED)
def test_what_is_no_token_is_refused(fails: Fails, token: str, reason: str) -> None:
    assert fails(f"crypto.jwt_verify({lua(token)}, 'k')") == f"crypto.jwt_verify: malformed token: {reason}"
    assert fails(f"crypto.jwt_decode({lua(token)})") == f"crypto.jwt_decode: malformed token: {reason}"


@given(st.binary(max_size=40), st.sampled_from([b"", b".", b"e30.", b"e30.e30."]))
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_refused_politely(data: bytes, start: bytes) -> None:
    with Runtime() as runtime, pytest.raises(ScriptError, match=r"^crypto\.jwt_verify: "):
        runtime.evaluate(f"return crypto.jwt_verify({lua(start + data)}, 'k')")


def test_no_part_of_token_or_key_is_in_an_error(fails: Fails) -> None:
    token = token_of({"sub": "robot"})
    for message in (
        fails(f"crypto.jwt_verify('{token}', 'another secret')"),
        fails(f"crypto.jwt_verify('{token}x.', '{SECRET}')"),
        fails(f"crypto.jwt_decode('{token}!')"),
    ):
        assert not any(part in message for part in (*token.split("."), SECRET, "another secret", "robot"))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("verify(5, 'k')", "verify: first argument must be a token string"),
        ("verify('t', 5)", "verify: second argument must be a key string, a key table or nil"),
        ("verify('t', 'k', 'x')", "verify: third argument must be an options table or nil"),
        ("decode(nil)", "decode: first argument must be a token string"),
        ("decode({})", "decode: first argument must be a token string"),
    ],
)
def test_wrong_arguments_are_named(fails: Fails, call: str, message: str) -> None:
    assert fails(f"crypto.jwt_{call}") == f"crypto.jwt_{message}"


def test_decode_shows_what_is_inside_without_verifying(run: Run) -> None:
    token = token_of({"sub": "robot", "n": None}, headers={"kid": "k"})
    found = run(f"return crypto.jwt_decode('{token}')")
    signature = base64.urlsafe_b64decode(token.rpartition(".")[2] + "=").decode("utf-8", "surrogateescape")
    assert found == {
        "header": {"alg": "HS256", "typ": "JWT", "kid": "k"},
        "claims": {"sub": "robot"},
        "signature": signature,
    }
    assert run(f"return crypto.jwt_decode('{forged({'alg': 'none'}, {})}').signature") is None
