"""How long each level of data is kept, and how gently the rest is dropped."""

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from analytics_hub.settings.concern import MIB, Concern

_BOARD_DAYS = 90  # ops_usage_1h sums the hours of this time again


class RetentionSettings(Concern):
    """What is dropped when: whole UTC days, never one with an hour that is not closed. 0 keeps for ever."""

    model_config = SettingsConfigDict(env_prefix="HUB_RETENTION_")

    events_days: int = Field(
        default=90,
        ge=0,
        le=36_500,
        description="Days that raw events are kept; never less than a tenant's late horizon.",
    )
    minutes_days: int = Field(default=35, ge=0, le=36_500, description="Days that sums by minute are kept.")
    hours_days: int = Field(
        default=400,
        ge=0,
        le=36_500,
        description=f"Days that sums by hour are kept, {_BOARD_DAYS} at least. Days are kept for ever.",
    )
    dead_letters_days: int = Field(
        default=30, ge=0, le=36_500, description="Days that rejects and their replays are kept."
    )
    every_s: float = Field(default=3600.0, gt=0, le=86_400, description="Pause between two runs.")
    lock_wait_ms: int = Field(
        default=500,
        ge=10,
        le=60_000,
        description="Longest wait for questions that are running; new questions wait behind it.",
    )
    attempts_max: int = Field(
        default=5, ge=1, le=100, description="Tries for one day or chunk before the next run has it."
    )
    statement_timeout_ms: int = Field(
        default=600_000, ge=1_000, le=86_400_000, description="Longest time for one day or chunk."
    )
    parts_max: int = Field(
        default=400, ge=1, le=100_000, description="Days or chunks of each level dropped in one run."
    )
    rows_max: int = Field(default=10_000, ge=1, le=1_000_000, description="Rejects deleted in one statement.")
    compact_bytes_min: int = Field(
        default=64 * MIB,
        ge=0,
        description="TimescaleDB: late rows in a chunk of columns that make it worth compacting.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> "RetentionSettings":
        if self.hours_days and not 0 < self.minutes_days <= self.hours_days:
            raise ValueError(
                "hours_days needs minutes_days, not more than itself: hours are made from minutes"
            )
        if 0 < self.hours_days < _BOARD_DAYS:
            raise ValueError(
                f"hours_days is 0 or {_BOARD_DAYS} at least: the operator's board reads so far back"
            )
        return self
