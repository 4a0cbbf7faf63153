"""Forged, stolen and twisted tokens by name, each made from what anybody can know of an issuer, or from a token that it
signed for something else. Not one of them may become a caller.

In: an `Issuer`. Out: `JWT_ATTACKS`, the text of a token by the name of the attack.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Final

from tests.support.issuer import AUDIENCE, Issuer, SigningKey, new_key, part, rsa_key, sign, signed

Attack = Callable[[Issuer], str]

_DAY_S: Final = 86_400


def _header(key: SigningKey, **changed: object) -> dict[str, object]:
    return {"typ": "JWT", "alg": key.algorithm, "kid": key.kid} | changed


def _with_header(**changed: object) -> Attack:
    """Truly signed, with a header that no honest token has."""
    return lambda issuer: signed(_header(issuer.keys[-1], **changed), issuer.claims(), issuer.keys[-1])


def _with_whole_header(header: Callable[[SigningKey], object]) -> Attack:
    return lambda issuer: signed(header(issuer.keys[-1]), issuer.claims(), issuer.keys[-1])


def _with_claims(**changed: object) -> Attack:
    """Truly signed, with claims that do not hold here."""
    return lambda issuer: sign(issuer.claims(**changed), issuer.keys[-1])


def _with_whole_payload(payload: Callable[[Issuer], object]) -> Attack:
    return lambda issuer: signed(_header(issuer.keys[-1]), payload(issuer), issuer.keys[-1])


def _with_text(change: Callable[[str], str]) -> Attack:
    return lambda issuer: change(issuer.token())


def _with_payload(change: Callable[[str], str]) -> Attack:
    """Truly signed, with claims that are spelled so that readers may differ."""

    def made(issuer: Issuer) -> str:
        key = issuer.keys[-1]
        return signed(_header(key), change(json.dumps(issuer.claims())).encode(), key)

    return made


def _unsigned(algorithm: str, signature: str = "") -> Attack:
    def made(issuer: Issuer) -> str:
        return f"{part(_header(issuer.keys[-1], alg=algorithm))}.{part(issuer.claims())}.{signature}"

    return made


def _by_secret(secret_of: Callable[[SigningKey], bytes], algorithm: str = "RS256") -> Attack:
    """HS256, with something public as the secret."""

    def made(issuer: Issuer) -> str:
        key = issuer.key(algorithm)
        told = f"{part(_header(key, alg='HS256'))}.{part(issuer.claims())}"
        return f"{told}.{part(hmac.digest(secret_of(key), told.encode(), hashlib.sha256))}"

    return made


def _by_own_key(**header: Callable[[SigningKey], object]) -> Attack:
    """Signed by the attacker, who sends the key along."""

    def made(issuer: Issuer) -> str:
        own = new_key(issuer.keys[-1].kid)
        return signed(_header(own) | {name: of(own) for name, of in header.items()}, issuer.claims(), own)

    return made


def _as_algorithm(algorithm: str, of: str) -> Attack:
    """A true signature that claims to be another kind of one."""

    def made(issuer: Issuer) -> str:
        key = issuer.key(of)
        return signed(_header(key, alg=algorithm), issuer.claims(), key)

    return made


def _other_hash(issuer: Issuer) -> str:
    key = issuer.key("RS256")
    other = SigningKey(key.kid, "PS256", key.private)
    return signed(_header(other), issuer.claims(), other)


def _of_weak_key(issuer: Issuer) -> str:
    """The issuer publishes a key that is too short to be believed."""
    weak = SigningKey("weak", "RS256", rsa_key(9, 1024))
    issuer.keys.insert(0, weak)
    return signed(_header(weak), issuer.claims(), weak)


def _nested(issuer: Issuer) -> str:
    header = {"alg": "RSA-OAEP", "enc": "A256GCM", "cty": "JWT", "kid": issuer.keys[-1].kid}
    return ".".join([part(header), part(b"key"), part(b"iv"), part(issuer.token().encode()), part(b"tag")])


def _of_other_issuer(issuer: Issuer) -> str:
    """Somebody else's issuer, whose key has the same name."""
    other = Issuer(issuer.address)
    other.keys = [new_key(issuer.keys[-1].kid)]
    return sign(issuer.claims(), other.keys[-1])


def _pieced_together(issuer: Issuer) -> str:
    """The claims of one token with the signature of another."""
    other = issuer.token(hub_role="admin").split(".")
    return ".".join([*other[:2], issuer.token().split(".")[2]])


_KIDS: Final[Mapping[str, object]] = {
    "kid_path": "../../../../dev/null",
    "kid_sql": "es-1' UNION SELECT 'secret' --",
    "kid_url": "https://attacker.example/keys",
    "kid_command": "es-1|sleep 5",
    "kid_empty": "",
    "kid_array": ["es-1"],
    "kid_number": 1,
    "kid_object": {"kid": "es-1"},
    "kid_null": None,
    "kid_of_another_key": "rsa-1",
    "kid_endless": "k" * 4_000,
}

_DOORS: Final[Mapping[str, Attack]] = {
    "alg_none": _unsigned("none"),
    "alg_None": _unsigned("None"),
    "alg_nOnE": _unsigned("nOnE"),
    "alg_none_with_a_signature": _unsigned("none", part(b"signature")),
    "alg_empty": _unsigned("", part(b"signature")),
    "alg_absent": _with_whole_header(lambda key: {"kid": key.kid}),
    "alg_list": _with_header(alg=["ES256", "none"]),
    "alg_number": _with_header(alg=256),
    "alg_of_another_case": _with_header(alg="es256"),
    "hs256_by_the_public_pem": _by_secret(SigningKey.public_pem),
    "hs256_by_the_public_jwk": _by_secret(lambda key: json.dumps(key.jwk()).encode()),
    "hs256_by_the_modulus": _by_secret(lambda key: str(key.jwk()["n"]).encode()),
    "hs256_by_an_empty_key": _by_secret(lambda _: b""),
    "hs256_by_the_curve_point": _by_secret(lambda key: str(key.jwk()["x"]).encode(), "ES256"),
    "rs_as_es": _as_algorithm("ES256", "RS256"),
    "es_as_rs": _as_algorithm("RS256", "ES256"),
    "rs_as_ps": _as_algorithm("PS256", "RS256"),
    "ed_as_es": _as_algorithm("ES256", "EdDSA"),
    "ps_of_an_rs_key": _other_hash,
    "key_too_short": _of_weak_key,
    "psychic_signature": _unsigned("ES256", part(bytes(64))),
    "signature_as_der_zeros": _unsigned("ES256", part(b"\x30\x06\x02\x01\x00\x02\x01\x00")),
    "signature_empty": _with_text(lambda text: text.rpartition(".")[0] + "."),
    "signature_stripped": _with_text(lambda text: text.rpartition(".")[0]),
    "signature_cut": _with_text(lambda text: text[:-4]),
    "signature_of_another_token": _pieced_together,
    "signature_padded": _with_text(lambda text: text + "=="),
    "signed_by_another_issuer": _of_other_issuer,
    "nested_encrypted": _nested,
    "two_tokens": _with_text(lambda text: f"{text} {text}"),
    "two_tokens_by_comma": _with_text(lambda text: f"{text},{text}"),
    "space_before": _with_text(lambda text: f" {text}"),
    "newline_after": _with_text(lambda text: f"{text}\n"),
    "newline_inside": _with_text(lambda text: text.replace(".", ".\n", 1)),
    "letters_that_are_not_ascii": _with_text(lambda text: text[:-1] + "\uff41"),  # a wide a
    "standard_base64": _with_text(lambda text: text.replace("_", "/").replace("-", "+") + "+"),
    "huge": _with_claims(padding="x" * 20_000),
    "only_dots": lambda _: "..",
    "empty": lambda _: "",
}

_HEADERS: Final[Mapping[str, Attack]] = {
    "jwk_of_the_attacker": _by_own_key(jwk=SigningKey.jwk),
    "jku_of_the_attacker": _by_own_key(jku=lambda _: "https://attacker.example/keys"),
    "x5u_of_the_attacker": _by_own_key(x5u=lambda _: "https://attacker.example/cert.pem"),
    "x5c_of_the_attacker": _by_own_key(x5c=lambda _: ["MIIB"]),
    "jku_of_the_issuer": _with_header(jku="https://127.0.0.1/keys"),
    "crit_unknown": _with_header(crit=["exp"]),
    "crit_empty": _with_header(crit=[]),
    "b64_false": _with_header(b64=False, crit=["b64"]),
    "b64_false_not_critical": _with_header(b64=False),
    "zip": _with_header(zip="DEF"),
    "typ_of_a_logout": _with_header(typ="logout+jwt"),
    "typ_of_a_proof": _with_header(typ="dpop+jwt"),
    "typ_number": _with_header(typ=1),
    "header_list": _with_whole_header(lambda _: ["ES256"]),
    "header_name_twice": _with_whole_header(
        lambda key: f'{{"alg":"none","kid":"{key.kid}","alg":"{key.algorithm}"}}'.encode()
    ),
    "header_in_utf16": _with_whole_header(lambda key: json.dumps(_header(key)).encode("utf-16")),
} | {name: _with_header(kid=kid) for name, kid in _KIDS.items()}

_CLAIMS: Final[Mapping[str, Attack]] = {
    "iss_of_another": _with_claims(iss="https://attacker.example"),
    "iss_with_a_slash": lambda issuer: issuer.token(iss=f"{issuer.address}/"),
    "iss_list": lambda issuer: issuer.token(iss=[issuer.address]),
    "iss_missing": _with_claims(iss=None),
    "aud_of_another": _with_claims(aud="https://other.example"),
    "aud_list_of_others": _with_claims(aud=["https://other.example", "account"]),
    "aud_longer": _with_claims(aud=f"{AUDIENCE}.attacker.example"),
    "aud_object": _with_claims(aud={AUDIENCE: True}),
    "aud_nested_list": _with_claims(aud=[[AUDIENCE]]),
    "aud_missing": _with_claims(aud=None),
    "exp_past": lambda issuer: issuer.token(exp=issuer.now_s() - _DAY_S),
    "exp_missing": _with_claims(exp=None),
    "exp_text": lambda issuer: issuer.token(exp=str(issuer.now_s() + 300)),
    "exp_true": _with_claims(exp=True),
    "exp_list": lambda issuer: issuer.token(exp=[issuer.now_s() + 300]),
    "exp_negative": _with_claims(exp=-1),
    "exp_past_in_fractions": lambda issuer: issuer.token(exp=issuer.now_s() - _DAY_S + 0.5),
    "exp_of_many_digits": _with_claims(exp=10**300),
    "exp_infinite": _with_payload(lambda text: text.replace('"exp": ', '"exp": 9e999, "was": ')),
    "exp_not_a_number": _with_payload(lambda text: text.replace('"exp": ', '"exp": NaN, "was": ')),
    "nbf_future": lambda issuer: issuer.token(nbf=issuer.now_s() + _DAY_S),
    "nbf_text": _with_claims(nbf="now"),
    "iat_future": lambda issuer: issuer.token(iat=issuer.now_s() + _DAY_S),
    "sub_missing": _with_claims(sub=None),
    "sub_empty": _with_claims(sub=""),
    "sub_number": _with_claims(sub=7),
    "sub_list": _with_claims(sub=["ada"]),
    "sub_endless": _with_claims(sub="a" * 256),
    "sub_with_a_null": _with_claims(sub="ada\x00"),
    "sub_half_a_surrogate": _with_payload(lambda text: text.replace('"ada"', '"\\ud800"')),
    "claims_list": _with_whole_payload(lambda issuer: [issuer.claims()]),
    "claims_text": _with_whole_payload(lambda _: b'"ada"'),
    "claims_empty_object": _with_whole_payload(lambda _: {}),
    "claims_in_latin1": _with_whole_payload(lambda _: b'{"sub": "\xe9"}'),
    "claim_twice": _with_payload(lambda text: text[:-1] + ', "hub_tenant": "other"}'),
    "claim_twice_by_escape": _with_payload(lambda text: text[:-1] + ', "hub\\u005ftenant": "other"}'),
    "claims_after_claims": _with_payload(lambda text: text + "{}"),
}

_PEOPLE: Final[Mapping[str, Attack]] = {
    "tenant_missing": _with_claims(hub_tenant=None),
    "tenant_null": _with_payload(lambda text: text.replace('"acme"', "null")),
    "tenant_list": _with_claims(hub_tenant=["acme"]),
    "tenant_number": _with_claims(hub_tenant=1),
    "tenant_true": _with_claims(hub_tenant=True),
    "tenant_of_another_case": _with_claims(hub_tenant="Acme"),
    "tenant_with_a_space": _with_claims(hub_tenant="acme "),
    "tenant_by_a_wildcard": _with_claims(hub_tenant="%"),
    "tenant_in_other_letters": _with_claims(hub_tenant="\u0430cme"),  # a Cyrillic a
    "tenant_in_wide_letters": _with_claims(hub_tenant="\uff41cme"),
    "tenant_by_sql": _with_claims(hub_tenant="acme' OR '1'='1"),
    "tenant_with_a_null": _with_claims(hub_tenant="acme\x00"),
    "tenant_unknown": _with_claims(hub_tenant="nobody"),
    "role_unknown": _with_claims(hub_role="owner"),
    "role_of_another_case": _with_claims(hub_role="ADMIN"),
    "role_list": _with_claims(hub_role=["admin"]),
    "role_number": _with_claims(hub_role=1),
    "role_empty": _with_claims(hub_role=""),
    "role_missing": _with_claims(hub_role=None),
}

JWT_ATTACKS: Final[Mapping[str, Attack]] = {**_DOORS, **_HEADERS, **_CLAIMS, **_PEOPLE}
"""Text of a token by name. The issuer's tenant is `acme`; `ada` is no member of it by herself."""

JWT_CONTROLS: Final[Mapping[str, Attack]] = {
    "as_it_is": _with_claims(),
    "typ_jwt": _with_header(typ="JWT"),
    "typ_access_token": _with_header(typ="application/at+jwt"),
    "typ_absent": _with_whole_header(lambda key: {"alg": key.algorithm, "kid": key.kid}),
    "thumbprint_of_a_certificate": _with_header(x5t="dGh1bWI"),
    "aud_list_with_ours": _with_claims(aud=["account", AUDIENCE]),
    "exp_in_fractions": lambda issuer: issuer.token(exp=issuer.now_s() + 300.5),
    "iat_missing": _with_claims(iat=None),
    "other_spaces": _with_payload(lambda text: text.replace(": ", " :  ")),
    "further_claims": _with_claims(email="ada@acme.example", groups=["a", "b"], nbf=1, jti="x"),
    "signed_with_rs256": lambda issuer: issuer.token(key=issuer.key("RS256")),
    "signed_with_eddsa": lambda issuer: issuer.token(key=issuer.key("EdDSA")),
}
"""Honest tokens, made by the same hands: they must hold, or the attacks prove nothing."""
