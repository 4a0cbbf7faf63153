"""The text of a token, before anything of it is believed; and what is in it once the key of the issuer fits.

In: text. Out: an `UnverifiedToken` with the names of the key and the algorithm to try; then, with that key, the claims.
Whatever tries to choose the key by itself (`jwk`, `jku`, `x5u`, `x5c`), to change what is signed (`b64`, `zip`) or asks
for what nobody here knows (`crit`) is refused. Codes: see `refusal.py`.
"""

import binascii
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any, Final

from jwt import PyJWK, PyJWS, PyJWTError

from analytics_hub.tenancy.oidc.refusal import TokenRefused
from analytics_hub.tenancy.oidc.strict_json import read_object

KID_CHARS_MAX: Final = 256
_PARTS = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
_REFUSED_HEADERS: Final = frozenset(
    {"crit", "jku", "jwk", "x5u", "x5c", "b64", "zip", "enc", "cty", "epk", "p2c"}
)
_JWS = PyJWS()


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """Says which key it wants to be checked with. Its text never shows in a log."""

    text: str
    key_id: str
    algorithm: str

    def __repr__(self) -> str:
        return f"UnverifiedToken({self.key_id!r}, {self.algorithm!r}, …)"


def read_token(text: str, *, algorithms: Set[str], bytes_max: int) -> UnverifiedToken:
    """The token of a text, else TokenRefused."""
    if len(text) > bytes_max:
        raise TokenRefused("too long")
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise TokenRefused("not three parts of base64url")
    header = _header(parts[1])
    if refused := sorted(_REFUSED_HEADERS & header.keys()):
        raise TokenRefused(f"header {', '.join(refused)}")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise TokenRefused("header typ")
    algorithm, key_id = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise TokenRefused("header alg")
    if not isinstance(key_id, str) or not 0 < len(key_id) <= KID_CHARS_MAX:
        raise TokenRefused("header kid")
    return UnverifiedToken(text, key_id, algorithm)


def verified_claims(token: UnverifiedToken, key: PyJWK) -> Mapping[str, Any]:
    """What the holder of the key has signed, else TokenRefused. The algorithm is the key's, never the token's."""
    try:
        signed = _JWS.decode_complete(
            token.text,
            key,
            algorithms=[key.algorithm_name],
            options={"verify_signature": True, "enforce_minimum_key_length": True},
        )
        return read_object(signed["payload"])
    except (PyJWTError, ValueError) as error:
        raise TokenRefused(f"signature or claims: {type(error).__name__}") from error


def _header(part: str) -> Mapping[str, Any]:
    try:
        return read_object(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError) as error:
        raise TokenRefused("header is no object") from error
