"""Where the data is: the address or the directory of PostgreSQL, and its connections."""

from pathlib import Path

from pydantic import Field, SecretStr, model_validator

from analytics_hub.settings.concern import Concern


class DatabaseSettings(Concern):
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
    reader_pool_min: int = Field(
        default=4,
        ge=0,
        le=100,
        description="Reader connections kept open where questions are served; elsewhere one at the most.",
    )
    reader_pool_max: int = Field(
        default=12,
        ge=1,
        le=200,
        description="Most reader connections of one process; HUB_LIVE_ASKING_MAX of them are for live views.",
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
