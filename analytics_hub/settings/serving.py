"""Bounds of what answers questions: HTTP, questions, dead letters, the status view."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from analytics_hub.domain.usage import QueryCaps
from analytics_hub.settings.concern import MIB, Concern

_CAPS = QueryCaps()


class ApiSettings(Concern):
    """The HTTP face."""

    model_config = SettingsConfigDict(env_prefix="HUB_API_")

    host: str = Field(default="127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(default=8480, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    clients_max: int = Field(
        default=2_000,
        ge=1,
        le=100_000,
        description="Most connections of clients at a time, idle ones too; more wait to be let in.",
    )
    client_silent_s: float = Field(
        default=20.0,
        ge=1,
        le=3600,
        description="A client that takes nothing of what was sent for so long loses its connection (Linux).",
    )
    response_bytes_max: int = Field(default=16 * MIB, ge=4096, description="Longest answer body.")
    query_string_bytes_max: int = Field(
        default=16_384, ge=256, description="Longest query string of a request."
    )
    request_bytes_max: int = Field(
        default=262_144, ge=1024, le=16 * MIB, description="Longest body of a request that brings no events."
    )
    request_wait_s: float = Field(default=10.0, gt=0, le=300, description="Longest wait for such a body.")
    key_cache_s: float = Field(
        default=5.0, ge=0, le=5, description="How long a key stays known; a revocation takes that long."
    )
    key_cache_max: int = Field(default=10_000, ge=1, description="Most keys kept in memory.")


class QuerySettings(Concern):
    """Bounds of a usage question."""

    model_config = SettingsConfigDict(env_prefix="HUB_QUERY_")

    statement_timeout_ms: int = Field(
        default=10_000, ge=100, le=600_000, description="Longest statement of a question."
    )
    points_max: int = Field(
        default=_CAPS.points_max,
        ge=1,
        le=1_000_000,
        description="Most points (buckets x groups) of an answer.",
    )
    groups_max: int = Field(
        default=_CAPS.groups_max,
        ge=1,
        le=10_000,
        description="Most groups of an answer; the rest become `other`.",
    )
    group_by_max: int = Field(
        default=_CAPS.group_by_max, ge=1, le=16, description="Most dimensions to group by."
    )
    range_days_max: int = Field(
        default=_CAPS.range_days_max, ge=1, le=36_600, description="Longest range of a question."
    )
    filter_values_max: int = Field(
        default=_CAPS.filter_values_max, ge=1, le=10_000, description="Most values of one filter."
    )
    minutes_max: int = Field(
        default=_CAPS.minutes_max,
        ge=60,
        le=5_256_000,
        description="Most minutes read one by one for groups or filters by 1m, 5m or 15m.",
    )
    work_mem_mb: int = Field(
        default=64, ge=4, le=4096, description="Memory of one sort of a question before it goes to disk."
    )
    spans_max: int = Field(
        default=500, ge=8, le=10_000, description="Most separate time spans read from one rollup level."
    )
    raw_days_max: int = Field(
        default=_CAPS.raw_days_max,
        ge=1,
        le=366,
        description="Days of raw events that one answer about users may read.",
    )
    events_page_max: int = Field(default=1_000, ge=1, le=10_000, description="Most raw events of one page.")
    events_scan_days_max: int = Field(
        default=31, ge=1, le=3_660, description="Days that one page of raw events is searched for in."
    )
    events_scan_s: float = Field(
        default=1.0,
        gt=0,
        le=60,
        description="After so long a page of raw events is not searched for further.",
    )

    def caps(self) -> QueryCaps:
        """The part that a question checks itself against."""
        return QueryCaps(
            points_max=self.points_max,
            groups_max=self.groups_max,
            group_by_max=self.group_by_max,
            range_days_max=self.range_days_max,
            filter_values_max=self.filter_values_max,
            minutes_max=self.minutes_max,
            raw_days_max=self.raw_days_max,
        )


class DeadLetterSettings(Concern):
    """Bounds of reading and replaying dead letters."""

    model_config = SettingsConfigDict(env_prefix="HUB_DEAD_LETTER_")

    page_max: int = Field(default=200, ge=1, le=1_000, description="Most dead letters of one page.")
    payload_shown_bytes_max: int = Field(
        default=4_096,
        ge=0,
        le=65_536,
        description="Bytes of a payload shown in a list; a single letter is whole.",
    )
    replay_max: int = Field(default=1_000, ge=1, le=10_000, description="Most dead letters of one replay.")
    replay_wait_s: float = Field(default=30.0, gt=0, le=600, description="Longest wait for a replay.")
    replay_bodies_max: int = Field(
        default=8, ge=1, le=100, description="Bodies that a replay submits at the same time."
    )


class StatusSettings(Concern):
    """The operator's board, `hub status`."""

    model_config = SettingsConfigDict(env_prefix="HUB_STATUS_")

    every_s: float = Field(default=2.0, ge=0.2, le=3600, description="Pause between two looks.")
    wait_s: float = Field(
        default=2.0, gt=0, le=60, description="Longest wait for a broker's or a process's answer."
    )
