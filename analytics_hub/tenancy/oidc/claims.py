"""What the signed claims of a token must say before anybody is let in.

In: claims whose signature holds, and the time. Out: `Claims`: who, until when, for which tenant, in which role. Every
claim has one type; a number is no text, a list no name. Dates are believed up to the leeway.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from analytics_hub.domain.access import Role
from analytics_hub.domain.errors import InvalidInput, NotAllowed
from analytics_hub.domain.member import Person
from analytics_hub.domain.tenant import checked_slug
from analytics_hub.settings import OidcSettings
from analytics_hub.tenancy.oidc.refusal import TokenRefused

_MOMENT_S_MAX: Final = 253_402_300_000.0  # the last day of the year 9999, where datetime ends


@dataclass(frozen=True, slots=True)
class Claims:
    """A person, whom the issuer has named. No role: it is that of the member."""

    person: Person
    slug: str
    role: Role | None
    expires_at: datetime
    """From then on the token is refused: its `exp`, and the leeway."""


def check_claims(claims: Mapping[str, Any], settings: OidcSettings, now: datetime) -> Claims:
    """TokenRefused for what does not hold here and now, NotAllowed for somebody who has no tenant."""
    if claims.get("iss") != settings.issuer:
        raise TokenRefused("claim iss")
    audience = claims.get("aud")
    if settings.audience not in (audience if isinstance(audience, list) else [audience]):
        raise TokenRefused("claim aud", "wrong_audience", "The token is for somebody else.")
    expires_s = _check_dates(claims, settings.leeway_s, now.timestamp())
    subject = claims.get("sub")
    if not isinstance(subject, str) or settings.issuer is None:
        raise TokenRefused("claim sub")
    try:
        person = Person(settings.issuer, subject)
    except InvalidInput as error:
        raise TokenRefused("claim sub") from error
    return Claims(
        person,
        _slug(claims.get(settings.tenant_claim)),
        _role(claims.get(settings.role_claim)),
        datetime.fromtimestamp(expires_s, UTC),
    )


def _check_dates(claims: Mapping[str, Any], leeway_s: float, now_s: float) -> float:
    """When the token ends, leeway and all."""
    ends_s = _moment_s(claims, "exp")
    if ends_s is None:
        raise TokenRefused("claim exp")
    if now_s >= ends_s + leeway_s:
        raise TokenRefused("claim exp", "token_expired", "The token has expired: sign in again.")
    for name in ("nbf", "iat"):
        begins_s = _moment_s(claims, name)
        if begins_s is not None and begins_s > now_s + leeway_s:
            raise TokenRefused(f"claim {name}", "token_not_yet_valid", "The token does not hold yet.")
    return ends_s + leeway_s


def _moment_s(claims: Mapping[str, Any], name: str) -> float | None:
    """Seconds since 1970, or None where the claim is absent."""
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOMENT_S_MAX:
        raise TokenRefused(f"claim {name}")
    return float(value)


def _slug(value: object) -> str:
    """Letter by letter: no other case, no other form of a letter."""
    try:
        if isinstance(value, str):
            return checked_slug(value)
    except InvalidInput:
        pass
    raise NotAllowed("no_tenant", "The token names no tenant.")


def _role(value: object) -> Role | None:
    """A role that is there and unknown is no role, and nobody guesses another."""
    if value is None:
        return None
    try:
        if isinstance(value, str):
            return Role(value)
    except ValueError:
        pass
    raise NotAllowed("unknown_role", "The token names a role that is not known here.")
