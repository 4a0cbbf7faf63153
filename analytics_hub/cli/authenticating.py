"""Who says who is asking: keys always, and tokens where the settings name an issuer.

In: settings and the reader pool. Out: an `Authenticates` for the API. The issuer is asked at the first token, not
before: a hub starts without it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from analytics_hub.domain.clock import Clock
from analytics_hub.settings import Settings
from analytics_hub.storage.key_store import PostgresKeyStore
from analytics_hub.storage.member_store import PostgresMemberStore
from analytics_hub.storage.reader_pool import ReaderPool
from analytics_hub.tenancy.authenticate import Authenticates, Authenticator
from analytics_hub.tenancy.bearer import BearerAuthenticator
from analytics_hub.tenancy.last_use import LastUse
from analytics_hub.tenancy.oidc.authenticate import TokenAuthenticator
from analytics_hub.tenancy.oidc.issuer_keys import IssuerKeys


@asynccontextmanager
async def open_last_use(settings: Settings, pool: ReaderPool, clock: Clock) -> AsyncIterator[LastUse]:
    """Writes down which keys were used, until it is closed; over connections of the pool."""
    access = settings.access
    uses = LastUse(
        PostgresKeyStore(pool).touch,
        clock,
        every_s=access.last_use_every_s,
        wait_s=access.last_use_wait_s,
        keys_max=access.last_use_keys_max,
    )
    try:
        yield uses
    finally:
        await uses.close()


def authenticator(settings: Settings, pool: ReaderPool, clock: Clock, uses: LastUse) -> Authenticates:
    """Keys and members are kept as long as each other."""
    cache_s, cache_max = settings.api.key_cache_s, settings.api.key_cache_max
    keys = Authenticator(PostgresKeyStore(pool), clock, cache_s=cache_s, cache_max=cache_max, used=uses.note)
    oidc = settings.oidc
    if oidc.issuer is None:
        return keys
    tokens = TokenAuthenticator(
        oidc,
        IssuerKeys(oidc, clock),
        PostgresMemberStore(pool),
        clock,
        cache_s=cache_s,
        cache_max=cache_max,
    )
    return BearerAuthenticator(keys, tokens)
