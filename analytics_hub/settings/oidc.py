"""Signing in with an OpenID Connect issuer: whom to believe, which claims to read, and the bounds of asking it."""

from typing import Final, Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from analytics_hub.domain.web_address import is_trustworthy
from analytics_hub.settings.concern import MIB, Concern

ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
)
"""Signatures that only the issuer can make; none that a public key or no key at all could."""


class OidcSettings(Concern):
    """People who sign in with an OpenID Connect issuer. Without `HUB_OIDC_ISSUER` there are keys alone."""

    model_config = SettingsConfigDict(env_prefix="HUB_OIDC_")

    issuer: str | None = Field(
        default=None,
        max_length=500,
        description="The issuer whose tokens hold, exactly as it names itself; https, or http to this machine.",
    )
    audience: str | None = Field(
        default=None,
        min_length=1,
        max_length=512,
        description="What a token's `aud` must contain; needed with an issuer.",
    )
    client_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=512,
        description="The client that a dashboard signs in as; without it `/v1/sign-in` answers 404.",
    )
    scopes: str = Field(
        default="openid profile", min_length=1, description="The scopes that a dashboard asks for."
    )
    algorithms: str = Field(
        default="RS256,ES256,EdDSA",
        min_length=1,
        description=f"Signatures that hold, separated by commas; of {', '.join(ALGORITHMS)}.",
    )
    tenant_claim: str = Field(
        default="hub_tenant", min_length=1, max_length=256, description="The claim with the tenant's slug."
    )
    role_claim: str = Field(
        default="hub_role",
        min_length=1,
        max_length=256,
        description="The claim with the role; without it the role is that of `hub member`.",
    )
    leeway_s: float = Field(
        default=60.0, ge=0, le=300, description="How far the issuer's clock may be from ours."
    )
    token_bytes_max: int = Field(default=8_192, ge=1_024, le=65_536, description="Longest token.")
    keys_fresh_s: float = Field(
        default=600.0, ge=10, le=86_400, description="After so long the issuer's keys are fetched again."
    )
    keys_pause_s: float = Field(
        default=10.0,
        ge=0,
        le=600,
        description="Shortest pause between two fetches: an unknown key asks for one, a silent issuer too.",
    )
    keys_stale_s: float = Field(
        default=3_600.0,
        ge=0,
        le=604_800,
        description="How much longer known keys hold while the issuer does not answer.",
    )
    keys_max: int = Field(default=64, ge=1, le=1_000, description="Most keys of the issuer; more are left.")
    wait_s: float = Field(default=5.0, gt=0, le=60, description="Longest wait for a document of the issuer.")
    document_bytes_max: int = Field(
        default=262_144, ge=1_024, le=MIB, description="Longest document of the issuer."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        self.allowed()
        if self.issuer is None:
            if given := [name for name in ("audience", "client_id") if getattr(self, name) is not None]:
                raise ValueError(f"{', '.join(given)}: only with an issuer")
        elif self.audience is None:
            raise ValueError("issuer needs audience: a token for somebody else must not hold here")
        elif not is_trustworthy(self.issuer) or "?" in self.issuer:
            raise ValueError("issuer: an https address without user, query and fragment")
        if self.keys_pause_s > self.keys_fresh_s:
            raise ValueError("keys_pause_s must not be above keys_fresh_s: keys could not be fetched in time")
        return self

    def allowed(self) -> frozenset[str]:
        """The algorithms that hold. Raises ValueError for an unknown one."""
        names = frozenset(name.strip() for name in self.algorithms.split(","))
        if unknown := sorted(names - set(ALGORITHMS)):
            raise ValueError(f"algorithms: {', '.join(map(repr, unknown))}: not of {', '.join(ALGORITHMS)}")
        return names
