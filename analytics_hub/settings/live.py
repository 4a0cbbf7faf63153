"""Bounds of live streams, and of the notices that wake them."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from analytics_hub.domain.live import LiveBounds, LiveCaps
from analytics_hub.settings.concern import Concern

_CAPS = LiveCaps()
_BOUNDS = LiveBounds()


class LiveSettings(Concern):
    """Live streams."""

    model_config = SettingsConfigDict(env_prefix="HUB_LIVE_")

    minutes_max: int = Field(
        default=_CAPS.minutes_max, ge=1, le=240, description="Most minutes of a watched question."
    )
    group_by_max: int = Field(
        default=_CAPS.group_by_max, ge=0, le=4, description="Most dimensions that group a watched question."
    )
    groups_max: int = Field(
        default=_CAPS.groups_max, ge=1, le=100, description="Most groups of a watched question."
    )
    streams_max: int = Field(
        default=_BOUNDS.streams_max,
        ge=1,
        le=100_000,
        description="Most open streams of a process; below HUB_API_CLIENTS_MAX, or they lock everybody out.",
    )
    tenant_streams_max: int = Field(
        default=_BOUNDS.tenant_streams_max,
        ge=1,
        le=100_000,
        description="Most open streams of one tenant in a process.",
    )
    queue_messages_max: int = Field(
        default=_BOUNDS.queue_messages_max,
        ge=2,
        le=1_000,
        description="Messages that wait for a reader before it is dropped as too slow.",
    )
    push_every_s: float = Field(
        default=_BOUNDS.push_every_s,
        ge=0.05,
        le=10,
        description="Shortest time between two changes of one question.",
    )
    look_every_s: float = Field(
        default=_BOUNDS.look_every_s,
        ge=0.1,
        le=60,
        description="How often a watched tenant is looked at without a notice.",
    )
    incidents_every_s: float = Field(
        default=_BOUNDS.incidents_every_s,
        ge=0.1,
        le=60,
        description="How often the incidents of a tenant that somebody watches are looked at.",
    )
    asking_max: int = Field(
        default=_BOUNDS.asking_max,
        ge=1,
        le=100,
        description="Watched questions asked at a time; each takes a reader connection for a moment.",
    )
    unavailable_s_max: float = Field(
        default=_BOUNDS.unavailable_s_max,
        ge=1,
        le=600,
        description="Longest time without an answer before a stream ends.",
    )
    check_every_s: float = Field(
        default=4.0, gt=0, le=5, description="How often the credential of an open stream is checked again."
    )
    unchecked_s_max: float = Field(
        default=15.0,
        ge=1,
        le=600,
        description="Longest time that nobody can say whether it holds before a stream ends.",
    )
    keep_alive_s: float = Field(
        default=10.0, gt=0, le=60, description="A stream is never silent for longer than this."
    )
    write_s_max: float = Field(
        default=10.0, gt=0, le=120, description="Longest wait for a reader to take what was sent."
    )
    end_s_max: float = Field(
        default=2.0, gt=0, le=60, description="Longest wait for a reader to take the last messages."
    )
    stream_s_max: float = Field(
        default=3600.0, gt=0, le=86_400, description="Longest life of a stream; the client opens it again."
    )
    retry_ms: int = Field(
        default=2_000, ge=0, le=60_000, description="What an event source waits before it opens again."
    )
    announce_every_s: float = Field(
        default=0.2, ge=0.01, le=10, description="Shortest time between two notices of a writing process."
    )
    announce_wait_s: float = Field(
        default=5.0, gt=0, le=60, description="Longest wait for the database to take a notice."
    )
    listen_check_s: float = Field(
        default=10.0,
        gt=0,
        le=60,
        description="How often the listening connection is asked whether it is still there, and waited for.",
    )

    def caps(self) -> LiveCaps:
        """The part that a watched question checks itself against."""
        return LiveCaps(self.minutes_max, self.group_by_max, self.groups_max)

    def bounds(self) -> LiveBounds:
        """The part that concerns all streams of a process."""
        return LiveBounds(
            streams_max=self.streams_max,
            tenant_streams_max=self.tenant_streams_max,
            queue_messages_max=self.queue_messages_max,
            push_every_s=self.push_every_s,
            look_every_s=self.look_every_s,
            incidents_every_s=self.incidents_every_s,
            asking_max=self.asking_max,
            unavailable_s_max=self.unavailable_s_max,
        )
