"""The keys of the issuer, as they were some minutes ago at the most.

They are fetched again from half of their time on, while nobody waits, and when a token names a key that is not known:
that is how a new key comes in. One fetch at a time, and after each one a pause, so that neither
strangers nor a silent issuer make us ask without end. While the issuer does not answer, known keys hold for a bounded
time; an unknown one may be new there, so the answer is "later", not "no". For one event loop.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from jwt import PyJWK

from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import TryLater
from analytics_hub.settings import OidcSettings
from analytics_hub.tenancy.oidc.documents import KeysByName, discovery_address, keys_address, read_keys
from analytics_hub.tenancy.oidc.fetch import FetchFailed, fetch
from analytics_hub.tenancy.oidc.refusal import TokenRefused

_NOTHING: Final[KeysByName] = {}
_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Kept:
    keys: KeysByName
    fetched_s: float


async def fetch_keys(settings: OidcSettings) -> KeysByName:
    """Discovery, then the keys. Raises FetchFailed with words for the operator."""
    assert settings.issuer is not None
    ask = partial(fetch, wait_s=settings.wait_s, bytes_max=settings.document_bytes_max)
    address = discovery_address(settings.issuer)
    try:
        address = keys_address(await ask(address), settings.issuer)
        return read_keys(await ask(address), settings.allowed(), settings.keys_max)
    except ValueError as error:
        raise FetchFailed(f"{address}: {error}") from error


class IssuerKeys:
    """Finds the key that a token names. `published` brings what the issuer publishes, or raises FetchFailed."""

    def __init__(
        self,
        settings: OidcSettings,
        clock: Clock,
        published: Callable[[OidcSettings], Awaitable[KeysByName]] = fetch_keys,
    ) -> None:
        self._settings = settings
        self._published = published
        self._clock = clock
        self._kept: _Kept | None = None
        self._asked_s: float | None = None
        self._answers = True
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, key_id: str, algorithm: str) -> PyJWK:
        """TokenRefused where the issuer has no such key, TryLater where it cannot be asked."""
        name = (key_id, algorithm)
        found = self._known().get(name)
        if found is None:
            await self._fetched()
            found = self._known().get(name)
        elif self._age_s() >= self._settings.keys_fresh_s / 2:
            self._fetch()
        if found is not None:
            return found
        if self._answers and self._kept is not None:
            raise TokenRefused("unknown key")
        raise TryLater(
            "issuer_unavailable",
            "The issuer of the token does not answer.",
            retry_after_s=max(1.0, self._settings.keys_pause_s),
        )

    def _known(self) -> KeysByName:
        """The keys that hold still: beyond their time only while the issuer does not answer, and not for ever."""
        stale_s = 0.0 if self._answers else self._settings.keys_stale_s
        if self._kept is None or self._age_s() > self._settings.keys_fresh_s + stale_s:
            return _NOTHING
        return self._kept.keys

    def _age_s(self) -> float:
        return 0.0 if self._kept is None else self._clock.monotonic_s() - self._kept.fetched_s

    async def _fetched(self) -> None:
        """After a fetch, or at once where the last one was just now."""
        task = self._fetch()
        if task is not None:
            await asyncio.shield(task)

    def _fetch(self) -> "asyncio.Task[None] | None":
        """The fetch under way, a new one, or None in the pause after the last one."""
        if self._fetching is not None:
            return self._fetching
        now_s = self._clock.monotonic_s()
        if self._asked_s is not None and now_s - self._asked_s < self._settings.keys_pause_s:
            return None
        self._asked_s = now_s
        self._fetching = asyncio.get_running_loop().create_task(self._ask())
        self._fetching.add_done_callback(self._done)
        return self._fetching

    def _done(self, _: "asyncio.Task[None]") -> None:
        self._fetching = None

    async def _ask(self) -> None:
        asked_s = self._clock.monotonic_s()
        try:
            keys = await self._published(self._settings)
        except FetchFailed as error:
            self._answers = False
            _LOG.warning("the issuer's keys could not be fetched", reason=str(error))
        else:
            self._answers = True
            self._kept = _Kept(keys, asked_s)
