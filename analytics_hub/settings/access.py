"""Bounds of keys, members and the audit log."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from analytics_hub.settings.concern import Concern


class AccessSettings(Concern):
    """Keys, members and the audit log."""

    model_config = SettingsConfigDict(env_prefix="HUB_ACCESS_")

    page_max: int = Field(
        default=200, ge=1, le=1_000, description="Most keys, members or lines of the audit log of one page."
    )
    rotation_grace_h: float = Field(
        default=24.0,
        ge=0,
        le=8_784,
        description="Hours that a rotated key still holds beside its successor.",
    )
    last_use_every_s: float = Field(
        default=60.0,
        ge=60,
        le=86_400,
        description="The last use of a key is written at most so often by a process.",
    )
    last_use_wait_s: float = Field(
        default=2.0, gt=0, le=60, description="Longest wait for this; a use that is not written is left out."
    )
    last_use_keys_max: int = Field(
        default=10_000, ge=1, le=1_000_000, description="Most keys whose last use a process remembers."
    )
