"""The shape on the wire of how people sign in."""

from pydantic import BaseModel, ConfigDict, Field


class SignInBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    issuer: str = Field(
        description="Its discovery document is at `/.well-known/openid-configuration` below it."
    )
    client_id: str = Field(description="A public client: authorization code with PKCE, no secret.")
    audience: str = Field(description="What a token must be for.")
    scopes: list[str]
