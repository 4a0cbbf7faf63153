"""Bounds of one tenant's questions beside those of all others."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from analytics_hub.settings.concern import Concern


class AdmissionSettings(Concern):
    """What one tenant may ask at a time and in a while, so that its storm takes nothing from others. Per process."""

    model_config = SettingsConfigDict(env_prefix="HUB_API_TENANT_")

    questions_max: int = Field(
        default=4,
        ge=1,
        le=200,
        description="Most questions of a tenant at a time; never all reader connections, where there are two.",
    )
    waiting_max: int = Field(
        default=100,
        ge=0,
        le=10_000,
        description="Most further questions of a tenant that wait; beyond it 429.",
    )
    waiting_total_max: int = Field(
        default=1_000, ge=0, le=100_000, description="Most that wait of all tenants together; beyond it 503."
    )
    wait_s: float = Field(
        default=5.0,
        gt=0,
        le=60,
        description="Longest wait of a question until it is its turn; then 429 or 503.",
    )
    requests_per_s: float = Field(
        default=100.0, ge=0, description="Questions a second that a tenant may ask; 0: any. Beyond it 429."
    )
    burst_s: float = Field(
        default=10.0, gt=0, le=3600, description="Seconds of this rate that an idle tenant saves up."
    )
    tenants_max: int = Field(default=100_000, ge=1, description="Most tenants whose rates are remembered.")
