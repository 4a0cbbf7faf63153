"""What all concerns share: frozen, and no source but the environment."""

from typing import Final

from pydantic_settings import BaseSettings, SettingsConfigDict

MIB: Final = 1024 * 1024


class Concern(BaseSettings):
    """One group of settings, with a prefix of its own."""

    model_config = SettingsConfigDict(
        env_prefix="HUB_", frozen=True, extra="ignore", hide_input_in_errors=True
    )


def variable(concern: type[Concern], name: str) -> str:
    """The environment variable of a field."""
    return f"{concern.model_config.get('env_prefix', '')}{name}".upper()
