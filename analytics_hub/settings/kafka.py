"""Kafka on both sides: the cluster, the producer, the worker that reads, and a broker for development."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from analytics_hub.settings.concern import MIB, Concern


class KafkaSettings(Concern):
    """The stream between the collector and the workers."""

    model_config = SettingsConfigDict(env_prefix="HUB_KAFKA_")

    bootstrap_servers: str = Field(
        default="127.0.0.1:9092", min_length=1, description="Brokers to ask first: host:port, comma between."
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT",
        description="Encryption (`SSL`) and passwords (`SASL`) towards the brokers; `SASL_PLAINTEXT` encrypts nothing.",
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = Field(
        default=None,
        description="How the password is proved: `PLAIN` (shows it to the broker), `SCRAM-SHA-256`, `SCRAM-SHA-512`.",
    )
    sasl_username: str | None = Field(
        default=None, min_length=1, description="Name that the hub logs in with."
    )
    sasl_password: SecretStr | None = Field(default=None, min_length=1, description="Its password.")
    ssl_ca_file: Path | None = Field(
        default=None,
        description="Certificates (PEM) that vouch for the brokers; without it those of the system.",
    )
    topic: str = Field(
        default="llm-events",
        pattern=r"^[A-Za-z0-9._-]{1,249}$",
        description="Topic of the events.",
    )
    partitions: int = Field(
        default=6, ge=1, le=10_000, description="Partitions of the topic, when the hub creates it."
    )
    admin_wait_s: float = Field(
        default=30.0, gt=0, le=600, description="Longest wait for a topic to be made or described."
    )
    group: str = Field(
        default="llm-analytics-hub",
        min_length=1,
        max_length=249,
        description="Consumer group of the workers.",
    )
    direct_topics: str = Field(
        default="",
        description="Topics that producers write to themselves, each bound to a tenant: `topic=slug`, comma between.",
    )
    session_timeout_ms: int = Field(
        default=10_000,
        ge=1_000,
        le=1_800_000,
        description="How long a silent worker keeps its partitions.",
    )
    poll_interval_ms_max: int = Field(
        default=300_000,
        ge=10_000,
        le=86_400_000,
        description="How long a worker that no longer polls keeps its partitions.",
    )
    fetch_buffer_kb_max: int = Field(
        default=16_384,
        ge=1_024,
        le=2_097_151,
        description="Most kilobytes fetched ahead of the worker's own buffers; a pause fetches them again.",
    )
    commit_every_s: float = Field(
        default=5.0,
        gt=0,
        le=3600,
        description="How often offsets are told to Kafka, for lag tools only; those that count are in the database.",
    )

    @model_validator(mode="after")
    def _direct_topics_read(self) -> "KafkaSettings":
        self.direct_slugs()
        return self

    @model_validator(mode="after")
    def _security_whole(self) -> "KafkaSettings":
        """A password that is never sent, or asked for and not there, is a mistake that must not look like none."""
        login = {
            "sasl_mechanism": self.sasl_mechanism,
            "sasl_username": self.sasl_username,
            "sasl_password": self.sasl_password,
        }
        if self.security_protocol.startswith("SASL"):
            if missing := [name for name, value in login.items() if value is None]:
                raise ValueError(f"security_protocol {self.security_protocol} needs {', '.join(missing)}")
        elif given := [name for name, value in login.items() if value is not None]:
            raise ValueError(f"{', '.join(given)}: only for security_protocol SASL_SSL or SASL_PLAINTEXT")
        if self.ssl_ca_file is not None and not self.security_protocol.endswith("SSL"):
            raise ValueError("ssl_ca_file: only for security_protocol SSL or SASL_SSL")
        return self

    def direct_slugs(self) -> dict[str, str]:
        """Slug by direct topic. Raises ValueError for what is not `topic=slug`."""
        slugs: dict[str, str] = {}
        for part in filter(None, (piece.strip() for piece in self.direct_topics.split(","))):
            topic, found, slug = part.partition("=")
            if not (found and topic and slug) or topic in slugs or topic == self.topic:
                raise ValueError(f"direct_topics: {part!r} is not topic=slug, or its topic is taken already")
            slugs[topic] = slug
        return slugs


class ProducerSettings(Concern):
    """From the collector into the stream."""

    model_config = SettingsConfigDict(env_prefix="HUB_PRODUCER_")

    key_spread: int = Field(
        default=4, ge=1, le=1_000, description="Keys, and so partitions, that one tenant is spread over."
    )
    piece_bytes_max: int = Field(
        default=900_000, ge=16_384, le=16 * MIB, description="Longest piece of a body in one message."
    )
    verdict_bytes_max: int = Field(
        default=60_000, ge=1_000, le=1_000_000, description="Longest list of refused events in one message."
    )
    message_bytes_max: int = Field(
        default=1_000_000,
        ge=20_000,
        le=20 * MIB,
        description="Longest message; `max.message.bytes` of the topic must not be lower.",
    )
    queue_bytes_max: int = Field(
        default=64 * MIB,
        ge=MIB,
        le=2_047 * MIB,
        description="Most bytes that wait for the broker; beyond it the answer is 503 at once.",
    )
    queue_messages_max: int = Field(
        default=100_000, ge=1, le=10_000_000, description="Most messages that wait for the broker."
    )
    linger_ms: int = Field(
        default=5, ge=0, le=1_000, description="Longest wait for more messages to send together."
    )
    delivery_timeout_ms: int = Field(
        default=10_000, ge=1_000, le=600_000, description="Longest wait for the broker to have a message."
    )
    answer_wait_s: float = Field(
        default=12.0, gt=0, le=900, description="Longest wait for all messages of one body."
    )

    @model_validator(mode="after")
    def _whole(self) -> "ProducerSettings":
        if self.piece_bytes_max + self.verdict_bytes_max + 1_000 > self.message_bytes_max:
            raise ValueError("message_bytes_max must hold a piece, its verdicts and 1,000 bytes of headers")
        if self.message_bytes_max > self.queue_bytes_max:
            raise ValueError("message_bytes_max must not be above queue_bytes_max")
        if self.delivery_timeout_ms > self.answer_wait_s * 1000:
            raise ValueError("delivery_timeout_ms must not be above answer_wait_s")
        return self


class WorkerSettings(Concern):
    """The worker between Kafka and the database, `hub worker`. Its batches are those of `HUB_INGEST_…`."""

    model_config = SettingsConfigDict(env_prefix="HUB_WORKER_")

    connections: int = Field(default=2, ge=1, le=64, description="Flushes at a time, each on a connection.")
    buffer_bytes_max: int = Field(
        default=256 * MIB,
        ge=MIB,
        description="Most bytes buffered over all partitions before reading pauses.",
    )
    partition_bytes_max: int = Field(
        default=64 * MIB, ge=4096, description="Most bytes buffered of one partition before it pauses."
    )
    partition_events_max: int = Field(
        default=100_000, ge=1, description="Most events buffered of one partition before it pauses."
    )
    poll_messages_max: int = Field(
        default=100, ge=1, le=10_000, description="Most messages taken from the client at a time."
    )
    poll_wait_ms_max: int = Field(default=100, ge=1, le=1_000, description="Longest wait for those messages.")
    message_bytes_max: int = Field(
        default=20 * MIB, ge=4096, description="Longest message of a direct producer, decompressed."
    )
    message_events_max: int = Field(
        default=50_000,
        ge=1,
        description="Most events of one message; beyond it the message is refused whole.",
    )
    retry_s_max: float = Field(
        default=5.0, gt=0, le=300, description="Longest pause between two tries while the database is away."
    )
    reclaim_s: float = Field(
        default=2.0,
        gt=0,
        le=300,
        description="Pause before a partition that was fenced off is claimed again, if it is still ours.",
    )
    revoke_wait_s: float = Field(
        default=10.0, gt=0, le=300, description="Longest wait for a flush when its partition is taken away."
    )
    topic_check_s: float = Field(
        default=10.0, gt=0, le=3600, description="How often a topic is checked for having been made anew."
    )
    grace_s: float = Field(
        default=25.0, gt=0, le=3600, description="Longest stop: flush what is buffered and leave the group."
    )
    unattributed_kept_max: int = Field(
        default=10_000, ge=0, description="Most messages kept that belong to no known tenant."
    )
    host: str = Field(
        default="127.0.0.1", min_length=1, description="Address of /metrics, /healthz and /readyz."
    )
    port: int = Field(default=8482, ge=0, le=65535, description="Their port; 0 takes a free one.")

    @model_validator(mode="after")
    def _ordered(self) -> "WorkerSettings":
        if self.partition_bytes_max > self.buffer_bytes_max:
            raise ValueError("partition_bytes_max must not be above buffer_bytes_max")
        return self


class BrokerSettings(Concern):
    """The Kafka broker of `hub kafka up`: one node on loopback, for development and tests."""

    model_config = SettingsConfigDict(env_prefix="HUB_BROKER_")

    data_dir: Path = Field(
        default=Path("~/.local/share/llm-analytics-hub/kafka"), description="Directory of the broker's log."
    )
    cache_dir: Path | None = Field(
        default=None,
        description="Where Kafka's jars are kept; without it `llm-analytics-hub` in the user's cache directory.",
    )
    port: int = Field(default=9092, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    heap_mb: int = Field(default=256, ge=96, le=65_536, description="Heap of the broker.")
    quick_start: bool = Field(
        default=True,
        description="Compile lightly: starts with about half the CPU; for a measurement of throughput say no.",
    )
    fetch_s: int = Field(
        default=600,
        ge=10,
        le=3600,
        description="Longest wait for Maven, and for another process that fetches.",
    )
    start_s: float = Field(default=60.0, ge=1, le=600, description="Longest wait for the broker to answer.")
    stop_s: float = Field(
        default=20.0,
        ge=1,
        le=600,
        description="Longest wait for a clean stop; after it the broker is killed.",
    )

    @property
    def cache_path(self) -> Path:
        """The folder of the jars: XDG's, unless one is named."""
        if self.cache_dir is not None:
            return self.cache_dir.expanduser()
        return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "llm-analytics-hub"
