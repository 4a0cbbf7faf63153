"""Bounds of loading months of old events, which are closed while the load goes on."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from analytics_hub.settings.concern import Concern


class HistorySettings(Concern):
    """The closing beside `hub load --history`."""

    model_config = SettingsConfigDict(env_prefix="HUB_HISTORY_")

    marks_max: int = Field(
        default=100_000,
        ge=24,
        le=100_000_000,
        description="Marks of hours that wait while a history comes in no order; then what is there is closed, "
        "and the next bound is twice as high.",
    )
    transactions_max: int = Field(
        default=4,
        ge=1,
        le=10_000,
        description="Closing transactions between two looks at whether somebody asked to stop.",
    )
    stop_wait_s: float = Field(
        default=10.0, gt=0, le=600, description="Longest wait, after a stop, for a closing under way."
    )
