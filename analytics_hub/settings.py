"""Every setting of the product: name, default, bounds and help, written once. Nothing else reads the
environment.

In: environment variables `HUB_…`. Out: one frozen object per concern, gathered in `Settings`, read once at
start by `load_settings()`; all faults are reported together. `python -m analytics_hub.settings` prints
`docs/settings.md` from this table (a test keeps the two equal), with `--check` it validates the environment
and exits.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.tenant import LATE_HORIZON_DEFAULT
from analytics_hub.domain.usage import QueryCaps

_MIB = 1024 * 1024
_CAPS = QueryCaps()


class _Concern(BaseSettings):
    """What all concerns share: frozen, and no source but the environment."""

    model_config = SettingsConfigDict(
        env_prefix="HUB_", frozen=True, extra="ignore", hide_input_in_errors=True
    )


class DatabaseSettings(_Concern):
    """Where the data is. Without addresses the hub runs its own PostgreSQL in the data directory."""

    data_dir: Path = Field(
        default=Path("~/.local/share/llm-analytics-hub"),
        description="Directory of the embedded PostgreSQL server.",
    )
    owner_dsn: SecretStr | None = Field(
        default=None, description="External server: address for migrations (hub_owner)."
    )
    writer_dsn: SecretStr | None = Field(
        default=None, description="External server: address for loading (hub_writer)."
    )
    maint_dsn: SecretStr | None = Field(
        default=None, description="External server: address for the closer (hub_maint)."
    )
    reader_dsn: SecretStr | None = Field(
        default=None, description="External server: address for queries (hub_reader)."
    )
    connect_timeout_s: int = Field(default=10, ge=1, le=300, description="Longest wait for a connection.")
    server_start_s: int = Field(
        default=60, ge=5, le=600, description="Longest wait for the embedded server to start."
    )
    reader_pool_min: int = Field(default=1, ge=0, le=100, description="Reader connections kept open.")
    reader_pool_max: int = Field(
        default=8, ge=1, le=200, description="Most reader connections of one process."
    )
    pool_wait_s: float = Field(
        default=5.0, gt=0, le=60, description="Longest wait for a free reader connection."
    )

    @model_validator(mode="after")
    def _whole(self) -> "DatabaseSettings":
        dsns = [self.owner_dsn, self.writer_dsn, self.maint_dsn, self.reader_dsn]
        if any(dsns) and not all(dsns):
            raise ValueError(
                "an external server needs all four: owner_dsn, writer_dsn, maint_dsn, reader_dsn"
            )
        if self.reader_pool_min > self.reader_pool_max:
            raise ValueError("reader_pool_min must not be above reader_pool_max")
        return self

    @property
    def embedded(self) -> bool:
        """True when the hub runs its own server."""
        return self.writer_dsn is None

    @property
    def data_path(self) -> Path:
        return self.data_dir.expanduser()


class ApiSettings(_Concern):
    """The HTTP face."""

    model_config = SettingsConfigDict(env_prefix="HUB_API_")

    host: str = Field(default="127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(default=8480, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    response_bytes_max: int = Field(default=16 * _MIB, ge=4096, description="Longest answer body.")
    query_string_bytes_max: int = Field(
        default=16_384, ge=256, description="Longest query string of a request."
    )
    key_cache_s: float = Field(
        default=5.0, ge=0, le=5, description="How long a key stays known; a revocation takes that long."
    )
    key_cache_max: int = Field(default=10_000, ge=1, description="Most keys kept in memory.")


class QuerySettings(_Concern):
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
    work_mem_mb: int = Field(
        default=64, ge=4, le=4096, description="Memory of one sort of a question before it goes to disk."
    )
    spans_max: int = Field(
        default=500, ge=8, le=10_000, description="Most separate time spans read from one rollup level."
    )

    def caps(self) -> QueryCaps:
        """The part that a question checks itself against."""
        return QueryCaps(
            points_max=self.points_max,
            groups_max=self.groups_max,
            group_by_max=self.group_by_max,
            range_days_max=self.range_days_max,
            filter_values_max=self.filter_values_max,
        )


class DecodeSettings(_Concern):
    """Bounds of decoding events."""

    model_config = SettingsConfigDict(env_prefix="HUB_DECODE_")

    event_bytes_max: int = Field(default=_MIB, ge=1024, le=16 * _MIB, description="Longest single event.")
    depth_max: int = Field(default=64, ge=2, le=256, description="Deepest nesting of an event.")
    ahead_s_max: int = Field(
        default=600, ge=0, le=86_400, description="How far ahead of its receipt an event may be."
    )
    payload_kept_bytes_max: int = Field(
        default=65_536, ge=0, le=_MIB, description="Bytes kept of a rejected event."
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


class IngestSettings(_Concern):
    """Bounds between a source and the flush."""

    model_config = SettingsConfigDict(env_prefix="HUB_INGEST_")

    batch_events_max: int = Field(default=50_000, ge=1, le=1_000_000, description="Most events of one flush.")
    batch_bytes_max: int = Field(default=64 * _MIB, ge=4096, description="Most source bytes of one flush.")
    batch_wait_ms_max: int = Field(
        default=500, ge=1, le=60_000, description="Longest wait for a batch to fill."
    )
    queue_batches_max: int = Field(
        default=2, ge=1, le=64, description="Decoded batches that wait for the flush."
    )
    block_bytes: int = Field(
        default=4 * _MIB, ge=4096, le=64 * _MIB, description="Bytes read from a file at a time."
    )
    json_document_bytes_max: int = Field(
        default=256 * _MIB, ge=4096, description="Longest file that is one JSON document."
    )
    series_cache_max: int = Field(default=1_000_000, ge=1, description="Most series that a writer remembers.")
    dead_letter_bytes_per_flush_max: int = Field(
        default=8 * _MIB,
        ge=0,
        description="Most payload bytes kept of one flush's rejects; beyond it they are counted.",
    )


class FlushSettings(_Concern):
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

    @model_validator(mode="after")
    def _ordered(self) -> "FlushSettings":
        if self.lock_timeout_ms > self.statement_timeout_ms:
            raise ValueError("lock_timeout_ms must not be above statement_timeout_ms")
        if self.statement_timeout_ms > self.deadline_s * 1000:
            raise ValueError("statement_timeout_ms must not be above deadline_s")
        return self


class CloserSettings(_Concern):
    """The closing of hours."""

    model_config = SettingsConfigDict(env_prefix="HUB_CLOSER_")

    every_s: float = Field(
        default=10.0, gt=0, le=3600, description="Pause between two rounds in a serving process."
    )
    hours_max: int = Field(default=48, ge=1, le=10_000, description="Most hours closed in one transaction.")
    retries_max: int = Field(
        default=5, ge=0, le=100, description="Times a round is tried again after a conflict."
    )
    statement_timeout_ms: int = Field(
        default=120_000, ge=100, le=3_600_000, description="Longest statement of a round."
    )


class FaultSettings(_Concern):
    """Faults planted on purpose, for tests of crashes. Off in production."""

    failpoints: str = Field(default="", description="Planted faults, like `flush.after_copy=crash@0.5`.")
    failpoint_seed: int = Field(default=0, ge=0, description="Seed of their probabilities.")


class LogSettings(_Concern):
    """What the process says about itself."""

    model_config = SettingsConfigDict(env_prefix="HUB_LOG_")

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level that is written."
    )
    format: Literal["console", "json"] = Field(
        default="console", description="For people, or one JSON object a line."
    )


@dataclass(frozen=True)
class Settings:
    """All concerns of one process."""

    database: DatabaseSettings
    api: ApiSettings
    query: QuerySettings
    decode: DecodeSettings
    ingest: IngestSettings
    flush: FlushSettings
    closer: CloserSettings
    faults: FaultSettings
    log: LogSettings


_CONCERNS: dict[str, type[_Concern]] = {
    field.name: field.type for field in fields(Settings) if isinstance(field.type, type)
}


def load_settings() -> Settings:
    """The settings of this process. Raises one InvalidInput that lists every fault."""
    loaded: dict[str, Any] = {}
    faults: list[str] = []
    for name, concern in _CONCERNS.items():
        try:
            loaded[name] = concern()
        except ValidationError as error:
            faults += [_fault(concern, detail["loc"], detail["msg"]) for detail in error.errors()]
    if faults:
        raise InvalidInput("bad_settings", "environment", "; ".join(faults))
    return Settings(**loaded)


def default_settings(**changed: _Concern) -> Settings:
    """The defaults with some concerns replaced, blind to the environment: for tests and embedding."""
    defaults: dict[str, Any] = {name: concern.model_construct() for name, concern in _CONCERNS.items()}
    return Settings(**(defaults | changed))


def unknown_variables() -> list[str]:
    """HUB_ variables that no setting reads: most likely misspelt. HUB_TEST_ belongs to the tests."""
    known = {row.variable for row in table()}
    return sorted(
        name
        for name in os.environ
        if name.startswith("HUB_") and not name.startswith("HUB_TEST_") and name not in known
    )


@dataclass(frozen=True)
class Row:
    """One line of the settings table."""

    concern: str
    variable: str
    default: str
    allowed: str
    help: str


def table() -> Iterator[Row]:
    """Every setting in order; documentation and checks are made from it."""
    for concern in _CONCERNS.values():
        for name, info in concern.model_fields.items():
            default = "" if info.default is None else str(info.default)
            yield Row(
                concern.__name__, _variable(concern, name), default, _allowed(info), info.description or ""
            )


def markdown() -> str:
    """The content of docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Environment variables, read once at start. Made from `analytics_hub/settings.py` by",
        "`python -m analytics_hub.settings > docs/settings.md`; do not edit by hand.",
    ]
    for concern in _CONCERNS.values():
        lines += ["", f"## {concern.__name__.removesuffix('Settings')}", "", concern.__doc__ or "", ""]
        lines += ["| variable | default | allowed | what |", "|---|---|---|---|"]
        lines += [
            f"| `{row.variable}` | {_code(row.default)} | {row.allowed or '-'} | {row.help} |"
            for row in table()
            if row.concern == concern.__name__
        ]
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    return f"`{text}`" if text else "-"


def _variable(concern: type[_Concern], name: str) -> str:
    return f"{concern.model_config.get('env_prefix', '')}{name}".upper()


def _fault(concern: type[_Concern], where: tuple[int | str, ...], message: str) -> str:
    """A fault in the operator's words: the variable's name, or the concern for a rule across several."""
    name = _variable(concern, str(where[0])) if where else concern.__name__
    return f"{name}: {message.removeprefix('Value error, ')}"


def _allowed(info: FieldInfo) -> str:
    if get_origin(info.annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(info.annotation))
    words = {"Ge": "from {}", "Gt": "above {}", "Le": "to {}"}
    parts = []
    for rule in info.metadata:
        kind = type(rule).__name__
        if kind in words:
            parts.append(words[kind].format(getattr(rule, kind.lower())))
    return " ".join(parts)


def _main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        try:
            load_settings()
        except InvalidInput as error:
            sys.stderr.write(f"{error}\n")
            return 1
        return 0
    sys.stdout.write(markdown())
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
