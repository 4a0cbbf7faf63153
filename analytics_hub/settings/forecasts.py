"""Bounds of forecasts that are made when they are asked for. What jobs fit at night is in `settings/jobs.py`."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from analytics_hub.domain.forecast_query import ForecastCaps
from analytics_hub.settings.concern import Concern

_CAPS = ForecastCaps()


class ForecastSettings(Concern):
    """Forecasts on demand."""

    model_config = SettingsConfigDict(env_prefix="HUB_FORECAST_")

    horizon_hours_max: int = Field(
        default=_CAPS.horizon_hours_max, ge=1, le=744, description="Most hours of one forecast."
    )
    horizon_days_max: int = Field(
        default=_CAPS.horizon_days_max, ge=1, le=366, description="Most days of one forecast."
    )
    history_hours_days: int = Field(
        default=_CAPS.history_hours_days,
        ge=1,
        le=92,
        description="Days whose hours a forecast of hours learns from.",
    )
    history_days: int = Field(
        default=_CAPS.history_days, ge=7, le=1_096, description="Days that a forecast of days learns from."
    )
    series_max: int = Field(
        default=_CAPS.series_max, ge=1, le=200, description="Most series (groups x metrics) of one question."
    )
    fits_max: int = Field(
        default=120, ge=8, le=10_000, description="Fits that choosing the model of one series may take."
    )
    threads: int = Field(
        default=2, ge=1, le=64, description="Forecasts made at a time in a process; more wait."
    )
    tenant_max: int = Field(
        default=2,
        ge=1,
        le=1_000,
        description="Forecasts of one tenant at a time in a process, waiting ones too.",
    )
    wait_s: float = Field(
        default=10.0, gt=0, le=300, description="Longest wait for a forecast, its turn included."
    )
    stored_h_max: float = Field(
        default=26.0,
        ge=0,
        le=744,
        description="A job's forecast is taken while what it learned from is no older than this; 0: never.",
    )

    def caps(self) -> ForecastCaps:
        """The part that a question checks itself against."""
        return ForecastCaps(
            horizon_hours_max=self.horizon_hours_max,
            horizon_days_max=self.horizon_days_max,
            history_hours_days=self.history_hours_days,
            history_days=self.history_days,
            series_max=self.series_max,
        )
