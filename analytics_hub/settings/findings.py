"""Bounds of reading anomalies and incidents. How they are found is in `analytics_hub/settings/jobs.py`."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from analytics_hub.settings.concern import Concern


class FindingSettings(Concern):
    """Reading anomalies and incidents."""

    model_config = SettingsConfigDict(env_prefix="HUB_FINDING_")

    page_max: int = Field(default=500, ge=1, le=1_000, description="Most anomalies or incidents of one page.")
