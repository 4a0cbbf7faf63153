"""What an issuer publishes, read with care: where its keys are (discovery), and the keys (JWKS).

In: the bytes of a document. Out: the address of the keys; the keys by name and algorithm. A key without a name, for
something else than signatures, too short, secret or private is left out: no token can ask for it.
"""

from collections.abc import Iterator, Mapping, Set
from typing import Any, Final

from jwt import PyJWK, PyJWTError

from analytics_hub.domain.web_address import is_trustworthy
from analytics_hub.tenancy.oidc.strict_json import read_object
from analytics_hub.tenancy.oidc.token import KID_CHARS_MAX

KeysByName = Mapping[tuple[str, str], PyJWK]
"""Public keys by their name and the one algorithm that they check."""

DISCOVERY_PATH: Final = "/.well-known/openid-configuration"
_NUMBER_CHARS_MAX: Final = 1_400  # RSA of 8,192 bits
_CURVES: Final = {("EC", "P-256"): "ES256", ("EC", "P-384"): "ES384", ("EC", "P-521"): "ES512"} | {
    ("OKP", "Ed25519"): "EdDSA"
}
_NUMBERS: Final = {"RSA": ("n", "e"), "EC": ("x", "y"), "OKP": ("x",)}
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def discovery_address(issuer: str) -> str:
    return issuer.removesuffix("/") + DISCOVERY_PATH


def keys_address(document: bytes, issuer: str) -> str:
    """Where the keys are. Raises ValueError for the document of another issuer."""
    found = read_object(document)
    if found.get("issuer") != issuer:
        raise ValueError(f"it is the document of {found.get('issuer')!r}, not of {issuer!r}")
    address = found.get("jwks_uri")
    if not isinstance(address, str) or not is_trustworthy(address):
        raise ValueError(f"jwks_uri {address!r} is not https, nor on this machine")
    return address


def read_keys(document: bytes, algorithms: Set[str], keys_max: int) -> KeysByName:
    """The keys that a token may name. Raises ValueError where there is none."""
    listed = read_object(document).get("keys")
    if not isinstance(listed, list):
        raise ValueError("no list of keys")
    found: dict[tuple[str, str], PyJWK] = {}
    for jwk in listed[:keys_max]:
        if isinstance(jwk, dict) and _is_usable(jwk):
            for algorithm in sorted(set(_algorithms(jwk)) & algorithms):
                key = _public_key(jwk, algorithm)
                if key is not None:
                    found.setdefault((jwk["kid"], algorithm), key)
    if not found:
        raise ValueError(f"no key that fits {', '.join(sorted(algorithms))}")
    return found


def _is_usable(jwk: dict[str, Any]) -> bool:
    """A named public key for checking signatures."""
    name, uses = jwk.get("kid"), jwk.get("key_ops", ["verify"])
    return (
        isinstance(name, str)
        and 0 < len(name) <= KID_CHARS_MAX
        and jwk.get("use", "sig") == "sig"
        and isinstance(uses, list)
        and "verify" in uses
        and not _PRIVATE & jwk.keys()
    )


def _algorithms(jwk: dict[str, Any]) -> Iterator[str]:
    """What the kind of the key can check, and says that it checks."""
    kind, said = jwk.get("kty"), jwk.get("alg")
    if kind == "RSA":
        able = [f"{family}{bits}" for family in ("RS", "PS") for bits in (256, 384, 512)]
    else:
        able = [name for (of, curve), name in _CURVES.items() if (of, curve) == (kind, jwk.get("crv"))]
    yield from (name for name in able if said is None or said == name)


def _public_key(jwk: dict[str, Any], algorithm: str) -> PyJWK | None:
    numbers = [jwk.get(name) for name in _NUMBERS[jwk["kty"]]]
    if not all(isinstance(number, str) and 0 < len(number) <= _NUMBER_CHARS_MAX for number in numbers):
        return None
    try:
        key = PyJWK(jwk, algorithm)
    except (PyJWTError, ValueError):
        return None
    return None if key.Algorithm.check_key_length(key.key) else key
