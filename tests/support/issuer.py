"""An OpenID Connect issuer of the tests: its keys, what it publishes, and the tokens that it signs. No socket.

In: a clock. Out: tokens with any claims and headers, the bytes of its documents. `issuer_server.py` serves it on
loopback; `jwt_attacks.py` forges its tokens.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from analytics_hub.domain.clock import Clock, SystemClock
from analytics_hub.settings import OidcSettings
from analytics_hub.tenancy.oidc.documents import KeysByName, read_keys

AUDIENCE: Final = "https://hub.example"
CLIENT: Final = "dashboard"
LASTS: Final = timedelta(minutes=5)

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True)
class SigningKey:
    """A key pair of the issuer, and the algorithm that it is for."""

    kid: str
    algorithm: str
    private: PrivateKey

    def jwk(self) -> dict[str, Any]:
        """The public half, as it is published."""
        return _public_jwk(self.private) | {"kid": self.kid, "alg": self.algorithm, "use": "sig"}

    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


@lru_cache(maxsize=8)
def rsa_key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Made once a process: that takes long."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def new_key(kid: str, algorithm: str = "ES256") -> SigningKey:
    if algorithm.startswith("ES"):
        return SigningKey(kid, algorithm, ec.generate_private_key(ec.SECP256R1()))
    if algorithm == "EdDSA":
        return SigningKey(kid, algorithm, ed25519.Ed25519PrivateKey.generate())
    return SigningKey(kid, algorithm, rsa_key())


class Issuer:
    """Signs with its newest key; publishes all that it has not retired. `shift` moves its clock from ours."""

    def __init__(self, address: str = "http://127.0.0.1:9/realm", clock: Clock | None = None) -> None:
        self.address = address
        self.shift = timedelta()
        self._clock = clock or SystemClock()
        self.keys = [new_key("rsa-1", "RS256"), new_key("ed-1", "EdDSA"), new_key("es-1", "ES256")]

    def settings(self, **changed: object) -> OidcSettings:
        """What a hub that believes this issuer is set to."""
        given: dict[str, Any] = {
            "issuer": self.address,
            "audience": AUDIENCE,
            "client_id": CLIENT,
            "wait_s": 60,
        }
        return OidcSettings(**(given | changed))

    def key(self, algorithm: str) -> SigningKey:
        return next(key for key in reversed(self.keys) if key.algorithm == algorithm)

    def rotate(self, kid: str) -> SigningKey:
        """A new key signs from now on; the old ones are still published."""
        self.keys.append(new_key(kid))
        return self.keys[-1]

    def retire(self, key: SigningKey) -> None:
        self.keys.remove(key)

    def now_s(self) -> int:
        """What its clock says."""
        return int((self._clock.now() + self.shift).timestamp())

    def claims(self, **changed: object) -> dict[str, Any]:
        """Claims that hold, with some changed; None takes one away."""
        now_s = self.now_s()
        claims: dict[str, Any] = {
            "iss": self.address,
            "aud": AUDIENCE,
            "sub": "ada",
            "exp": now_s + int(LASTS.total_seconds()),
            "iat": now_s,
            "hub_tenant": "acme",
            "hub_role": "viewer",
        }
        return {name: value for name, value in (claims | changed).items() if value is not None}

    def token(
        self, *, key: SigningKey | None = None, header: Mapping[str, Any] | None = None, **changed: object
    ) -> str:
        """A token of this issuer."""
        chosen = key or self.keys[-1]
        return sign(self.claims(**changed), chosen, header)

    def discovery(self) -> bytes:
        return json.dumps(
            {
                "issuer": self.address,
                "jwks_uri": f"{self.address}/keys",
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"],
                "id_token_signing_alg_values_supported": [key.algorithm for key in self.keys],
            }
        ).encode()

    def jwks(self) -> bytes:
        return json.dumps({"keys": [key.jwk() for key in self.keys]}).encode()

    async def published(self, settings: OidcSettings) -> KeysByName:
        """What a fetch would find, without one."""
        return read_keys(self.jwks(), settings.allowed(), settings.keys_max)


def sign(claims: Mapping[str, Any], key: SigningKey, header: Mapping[str, Any] | None = None) -> str:
    return signed({"typ": "at+jwt", "alg": key.algorithm, "kid": key.kid} | dict(header or {}), claims, key)


def signed(header: object, payload: object, key: SigningKey) -> str:
    """Signed by this key, whatever stands in it."""
    told = f"{part(header)}.{part(payload)}"
    algorithm: Any = jwt.get_algorithm_by_name(key.algorithm)
    return f"{told}.{part(algorithm.sign(told.encode(), key.private))}"


def part(value: object) -> str:
    """One part of a token, as it is written."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _public_jwk(private: PrivateKey) -> dict[str, Any]:
    public = private.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return dict(RSAAlgorithm.to_jwk(public, as_dict=True))
    if isinstance(public, ec.EllipticCurvePublicKey):
        return dict(ECAlgorithm.to_jwk(public, as_dict=True))
    return dict(OKPAlgorithm.to_jwk(public, as_dict=True))
