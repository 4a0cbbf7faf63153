"""Bounds of the collector: bodies, memory, quotas, keys."""

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from analytics_hub.settings.concern import MIB, Concern


class CollectorSettings(Concern):
    """The collector: bodies of events over HTTP, in `hub up` and `hub collector`."""

    model_config = SettingsConfigDict(env_prefix="HUB_COLLECTOR_")

    host: str = Field(
        default="127.0.0.1", min_length=1, description="Address that `hub collector` listens on."
    )
    port: int = Field(default=8481, ge=0, le=65535, description="Its port; 0 takes a free one.")
    clients_max: int = Field(
        default=2_000,
        ge=1,
        le=100_000,
        description="Its most connections of clients at a time, idle ones too; more wait to be let in.",
    )
    body_bytes_max: int = Field(
        default=20 * MIB, ge=1024, le=1024 * MIB, description="Longest body, decompressed."
    )
    received_bytes_max: int = Field(
        default=20 * MIB,
        ge=1024,
        le=1024 * MIB,
        description="Longest body as it arrives, compressed or not.",
    )
    body_wait_s: float = Field(default=30.0, gt=0, le=600, description="Longest wait for a whole body.")
    discard_bytes_max: int = Field(
        default=64 * MIB,
        ge=0,
        description="Most bytes of a refused body that are read and thrown away, so that its client sees the answer.",
    )
    discard_wait_s: float = Field(
        default=5.0, gt=0, le=600, description="Longest wait for them; then the connection is cut."
    )
    bodies_bytes_max: int = Field(
        default=256 * MIB, ge=MIB, description="Most bytes of all bodies in hand; beyond it 503."
    )
    members_max: int = Field(
        default=64, ge=1, le=100_000, description="Most gzip members or zstd frames of one body."
    )
    inflate_threads: int = Field(default=2, ge=1, le=64, description="Threads that decompress long bodies.")
    inflate_inline_bytes_max: int = Field(
        default=4096,
        ge=0,
        le=MIB,
        description="Longest compressed piece that is decompressed without a thread.",
    )
    rejects_shown_max: int = Field(
        default=100,
        ge=0,
        le=100_000,
        description="Most refused events that one answer lists; all are counted.",
    )
    events_per_s: float = Field(
        default=0.0, ge=0, description="Events a second that a tenant may send; 0: any."
    )
    bytes_per_s: float = Field(
        default=0.0, ge=0, description="Decompressed bytes a second that a tenant may send; 0: any."
    )
    burst_s: float = Field(
        default=10.0, gt=0, le=3600, description="Seconds of both rates that an idle tenant saves up."
    )
    quota_tenants_max: int = Field(
        default=100_000, ge=1, description="Most tenants whose rates are remembered."
    )
    key_stale_s: float = Field(
        default=600.0,
        ge=0,
        le=86_400,
        description="How long a known key and its tenant still count while the database is away.",
    )
    look_up_wait_s: float = Field(
        default=2.0, gt=0, le=60, description="Longest wait for the database to name a key or a tenant."
    )
    tenant_cache_s: float = Field(
        default=5.0, gt=0, le=300, description="How long a tenant's rules are kept; a change takes that long."
    )
    tenant_cache_max: int = Field(default=100_000, ge=1, description="Most tenants whose rules are kept.")
    queue_bodies_max: int = Field(
        default=2_000, ge=1, description="Embedded: most bodies that wait for a commit; beyond it 503."
    )
    queue_bytes_max: int = Field(
        default=128 * MIB, ge=MIB, description="Embedded: most bytes that wait for a commit; beyond it 503."
    )
    gather_ms_max: int = Field(
        default=2, ge=0, le=1_000, description="Embedded: longest wait for more bodies to commit together."
    )
    connections: int = Field(
        default=2, ge=1, le=64, description="Embedded: commits at a time, each on a connection."
    )
    answer_wait_s: float = Field(
        default=10.0, gt=0, le=600, description="Longest wait until a body is durable; beyond it 503."
    )
    stop_notice_s: float = Field(
        default=0.0,
        ge=0,
        le=300,
        description="How long a stopping process still takes bodies while it says that it is not ready.",
    )
    grace_s: float = Field(
        default=25.0, gt=0, le=3600, description="Longest stop: what was taken is finished and answered."
    )

    @model_validator(mode="after")
    def _room(self) -> "CollectorSettings":
        if self.bodies_bytes_max < self.body_bytes_max + self.received_bytes_max:
            raise ValueError("bodies_bytes_max must hold one body, received and decompressed")
        return self
