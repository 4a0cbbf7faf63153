"""Bounds between a source and what is durable: decoding, batches, the flush, the closing of hours, the ledger."""

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from analytics_hub.domain.tenant import LATE_HORIZON_DEFAULT
from analytics_hub.settings.concern import MIB, Concern


class DecodeSettings(Concern):
    """Bounds of decoding events."""

    model_config = SettingsConfigDict(env_prefix="HUB_DECODE_")

    event_bytes_max: int = Field(default=MIB, ge=1024, le=16 * MIB, description="Longest single event.")
    depth_max: int = Field(default=64, ge=2, le=256, description="Deepest nesting of an event.")
    ahead_s_max: int = Field(
        default=600, ge=0, le=86_400, description="How far ahead of its receipt an event may be."
    )
    payload_kept_bytes_max: int = Field(
        default=65_536, ge=0, le=MIB, description="Bytes kept of a rejected event."
    )
    rejects_kept_max: int = Field(
        default=100_000, ge=1, description="Most rejects of one batch kept with payload."
    )
    late_horizon_days: int = Field(
        default=LATE_HORIZON_DEFAULT.days,
        ge=1,
        le=36_500,
        description="Oldest event accepted, for new tenants.",
    )


class IngestSettings(Concern):
    """Bounds between a source and the flush."""

    model_config = SettingsConfigDict(env_prefix="HUB_INGEST_")

    batch_events_max: int = Field(default=50_000, ge=1, le=1_000_000, description="Most events of one flush.")
    batch_bytes_max: int = Field(default=64 * MIB, ge=4096, description="Most source bytes of one flush.")
    batch_wait_ms_max: int = Field(
        default=500, ge=1, le=60_000, description="Longest wait for a batch to fill."
    )
    queue_batches_max: int = Field(
        default=2, ge=1, le=64, description="Decoded batches that wait for the flush."
    )
    block_bytes: int = Field(
        default=4 * MIB, ge=4096, le=64 * MIB, description="Bytes read from a file at a time."
    )
    json_document_bytes_max: int = Field(
        default=256 * MIB, ge=4096, description="Longest file that is one JSON document."
    )
    series_cache_max: int = Field(default=1_000_000, ge=1, description="Most series that a writer remembers.")
    dead_letter_bytes_per_flush_max: int = Field(
        default=8 * MIB,
        ge=0,
        description="Most payload bytes kept of one flush's rejects; beyond it they are counted.",
    )


class FlushSettings(Concern):
    """Deadlines and retries of the flush."""

    model_config = SettingsConfigDict(env_prefix="HUB_FLUSH_")

    lock_timeout_ms: int = Field(
        default=5_000, ge=10, le=600_000, description="Longest wait for a database lock."
    )
    statement_timeout_ms: int = Field(
        default=60_000, ge=100, le=3_600_000, description="Longest statement of a flush."
    )
    deadline_s: float = Field(
        default=120.0, gt=0, le=3600, description="Longest flush, seen from the client."
    )
    retries_max: int = Field(
        default=5, ge=0, le=100, description="Times a flush is tried again after a passing fault."
    )
    careful_flushes: int = Field(
        default=32, ge=0, le=10_000, description="Flushes that expect duplicates after one was met."
    )
    dead_letters_per_day_max: int = Field(
        default=100_000,
        ge=0,
        description="Most dead letters kept of a tenant and UTC day of receipt; beyond it they are counted only.",
    )
    dead_letter_bytes_per_day_max: int = Field(
        default=256 * MIB,
        ge=0,
        description="Most payload bytes kept of a tenant and day; beyond it letters are kept without payload.",
    )

    @model_validator(mode="after")
    def _ordered(self) -> "FlushSettings":
        if self.lock_timeout_ms > self.statement_timeout_ms:
            raise ValueError("lock_timeout_ms must not be above statement_timeout_ms")
        if self.statement_timeout_ms > self.deadline_s * 1000:
            raise ValueError("statement_timeout_ms must not be above deadline_s")
        return self


class CloserSettings(Concern):
    """The closing of hours: one bounded transaction of a tenant after the other."""

    model_config = SettingsConfigDict(env_prefix="HUB_CLOSER_")

    every_s: float = Field(
        default=10.0, gt=0, le=3600, description="Pause between two rounds in a serving process."
    )
    hours_max: int = Field(default=48, ge=1, le=10_000, description="Most hours closed in one transaction.")
    days_max: int = Field(
        default=31, ge=1, le=3_660, description="Most old day marks looked at in one transaction."
    )
    transaction_s_max: float = Field(
        default=5.0, gt=0, le=600, description="After so long a transaction begins no further hours or days."
    )
    transactions_max: int = Field(
        default=100_000, ge=1, le=10_000_000, description="Most transactions of one round over all tenants."
    )
    facet_values_max: int = Field(
        default=1_000,
        ge=1,
        le=100_000,
        description="Most values of a dimension in an hour that are worth a facet; beyond it, series are read.",
    )
    copy_rows_max: int = Field(
        default=60_000,
        ge=1,
        le=10_000_000,
        description="Most rows (series times hours) summed at a time; one hour always is.",
    )
    copy_bytes_max: int = Field(
        default=32 * MIB, ge=4096, le=1024 * MIB, description="Bytes held before their sketches are merged."
    )
    user_hours_days: int = Field(
        default=3,
        ge=1,
        le=366,
        description="Whole days before today of which end-users are kept by hour as well; older hours are raw events.",
    )
    statistics_hours: int = Field(
        default=24, ge=1, le=100_000, description="Hours closed at once that call for new statistics."
    )
    retries_max: int = Field(
        default=5, ge=0, le=100, description="Times a transaction is tried again after a conflict."
    )
    statement_timeout_ms: int = Field(
        default=120_000, ge=100, le=3_600_000, description="Longest statement of a round."
    )


class LedgerSettings(Concern):
    """The check that the ledger holds, in the process that closes hours."""

    model_config = SettingsConfigDict(env_prefix="HUB_LEDGER_")

    check_every_s: float = Field(default=600.0, gt=0, le=86_400, description="Pause between two checks.")
    check_hours: int = Field(
        default=24, ge=1, le=8_784, description="Hours of receipt that a check looks back on."
    )
