"""What any process may be told: logs, traces, planted faults; and the bounds of made-up load."""

from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from analytics_hub.settings.concern import Concern


class LogSettings(Concern):
    """What the process says about itself."""

    model_config = SettingsConfigDict(env_prefix="HUB_LOG_")

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level that is written."
    )
    format: Literal["console", "json"] = Field(
        default="console", description="For people, or one JSON object a line."
    )


class TraceSettings(Concern):
    """OpenTelemetry traces from the request to the flush. Off by default."""

    model_config = SettingsConfigDict(env_prefix="HUB_TRACE_")

    enabled: bool = Field(default=False, description="Trace; needs the extra `otel`.")
    endpoint: str = Field(
        default="http://127.0.0.1:4318/v1/traces",
        pattern=r"^https?://.+",
        description="Where spans go, by OTLP over HTTP.",
    )
    sample_ratio: float = Field(
        default=0.01, ge=0, le=1, description="Share of requests traced when the caller has not decided it."
    )
    queue_spans_max: int = Field(
        default=2_048,
        ge=1,
        le=1_000_000,
        description="Spans that wait for sending; beyond it they are dropped.",
    )
    export_timeout_s: float = Field(default=10.0, gt=0, le=300, description="Longest sending of spans.")


class FaultSettings(Concern):
    """Faults planted on purpose, for tests of crashes. Off in production."""

    failpoints: str = Field(default="", description="Planted faults, like `flush.after_copy=crash@0.5`.")
    failpoint_seed: int = Field(default=0, ge=0, description="Seed of their probabilities.")


class SimulatorSettings(Concern):
    """Bounds of the load generator, `hub simulate`."""

    model_config = SettingsConfigDict(env_prefix="HUB_SIMULATOR_")

    queue_bodies_max: int = Field(
        default=64, ge=1, le=100_000, description="Bodies made ahead of the connections that send them."
    )
    answer_wait_s: float = Field(default=30.0, gt=0, le=600, description="Longest wait for one answer.")
    give_up_s: float = Field(
        default=120.0, gt=0, le=86_400, description="How long a body is sent again while nobody takes it."
    )
    resend_memory_events: int = Field(
        default=1000, ge=1, le=1_000_000, description="Latest events of a tenant that a resend may repeat."
    )
    answers_kept_max: int = Field(
        default=100_000, ge=100, le=10_000_000, description="Latest answer times kept for the quantiles."
    )
