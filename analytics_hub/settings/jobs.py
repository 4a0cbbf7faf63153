"""Bounds of the jobs: how many at a time, how long, how much they look at, how long findings are kept.

What decides an incident is told by `models/incidents/rules.py`; docs/jobs.md says what each job does.
"""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from analytics_hub.settings.concern import Concern


class JobSettings(Concern):
    """Forecasts and incidents are made by jobs, in a process of their own: `hub jobs run`, or beside `hub up`."""

    model_config = SettingsConfigDict(env_prefix="HUB_JOBS_")

    host: str = Field(
        default="127.0.0.1", min_length=1, description="Address of the probes and metrics of `hub jobs run`."
    )
    port: int = Field(default=0, ge=0, le=65535, description="Their port; 0 takes a free one, see the log.")
    beside_up: bool = Field(
        default=True,
        description="`hub up` starts the process that runs jobs, and starts it again if it ends.",
    )
    restart_wait_s: float = Field(
        default=1.0, gt=0, le=3_600, description="First wait before it is started again; doubled each time."
    )
    restart_wait_s_max: float = Field(default=60.0, gt=0, le=3_600, description="Longest such wait.")
    at_once: int = Field(default=2, ge=1, le=64, description="Jobs at a time in a process.")
    poll_s: float = Field(default=5.0, gt=0, le=60, description="How often an idle process looks for jobs.")
    deadline_s: float = Field(
        default=600.0,
        gt=0,
        le=86_400,
        description="Longest run of one job; its process ends with it when a model cannot be stopped.",
    )
    stop_s: float = Field(
        default=20.0, gt=0, le=3_600, description="Longest wait of a stopping process for the jobs at work."
    )
    heartbeat_s: float = Field(
        default=10.0, gt=0, le=600, description="How often a process says that it lives."
    )
    stalled_s: float = Field(
        default=60.0,
        gt=0,
        le=86_400,
        description="Jobs of a process that was silent for so long are given to another one.",
    )
    attempts_max: int = Field(
        default=3, ge=1, le=100, description="How often a job is begun whose process ends under it."
    )
    statement_timeout_ms: int = Field(
        default=60_000, ge=1_000, le=3_600_000, description="Longest statement of a job that writes."
    )
    page_tenants: int = Field(
        default=500, ge=1, le=10_000, description="Tenants whose jobs are queued in one statement."
    )
    block_tenants: int = Field(
        default=50,
        ge=1,
        le=10_000,
        description="Tenants that one job of the queue scores, one after the other; 1: a job each.",
    )
    queue_days: int = Field(default=2, ge=1, le=365, description="Days that ended jobs stay in the queue.")
    score_minute: int = Field(
        default=7, ge=0, le=59, description="Minute of each hour in which the hours before are scored."
    )
    refit_hour: int = Field(default=2, ge=0, le=23, description="Hour (UTC) of the nightly forecasts.")
    score_days: int = Field(
        default=37,
        ge=3,
        le=60,
        description="Days of hours that scoring goes by: five weeks before the newest.",
    )
    score_again_h: int = Field(
        default=3, ge=1, le=72, description="Newest hours that are scored each time: late events change them."
    )
    score_hours_max: int = Field(
        default=48, ge=1, le=720, description="Most hours that are scored after a pause; older ones are left."
    )
    places_max: int = Field(
        default=5, ge=0, le=50, description="Projects and models of a tenant that are watched one by one."
    )
    incidents_known_max: int = Field(
        default=500, ge=10, le=10_000, description="Most earlier incidents that scoring goes by."
    )
    floor_usd: float = Field(
        default=0.01, ge=0, description="An incident with less at stake (USD) is never told."
    )
    alerts_a_week: int = Field(
        default=7, ge=0, le=1_000, description="Incidents that a tenant is told of in a week; 0: none."
    )
    sensitivity: float = Field(
        default=1.0, gt=0, le=10, description="What is found divides its thresholds by this."
    )
    history_hours_days: int = Field(
        default=56, ge=7, le=365, description="Days of hours that hourly forecasts learn from."
    )
    history_days: int = Field(
        default=365, ge=28, le=3_650, description="Days that daily and monthly forecasts learn from."
    )
    horizon_h: int = Field(default=168, ge=1, le=720, description="Hours that are forecast every night.")
    horizon_days: int = Field(default=35, ge=1, le=366, description="Days that are forecast every night.")
    fits_max: int = Field(
        default=120, ge=2, le=10_000, description="Budget, in fits, of choosing the model of one series."
    )
    forecasts_days: int = Field(default=60, ge=8, le=3_650, description="Days that forecasts are kept.")
    findings_days: int = Field(
        default=400, ge=8, le=36_500, description="Days that anomalies and incidents are kept."
    )
    runs_days: int = Field(default=30, ge=1, le=3_650, description="Days that runs of jobs are on record.")
