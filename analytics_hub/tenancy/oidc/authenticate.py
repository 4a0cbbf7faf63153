"""From the text of a token to the caller: what the issuer vouches for, unless the membership was taken away.

The tenant and, where it is there, the role are those of the claims; else the role is that of the member. A member who
was removed is refused whatever the claims say. Members are kept for seconds, as keys are.
"""

import structlog

from analytics_hub.domain.access import ROLE_RIGHTS, Actor, ActorKind
from analytics_hub.domain.clock import Clock
from analytics_hub.domain.errors import NotAllowed, NotAuthenticated
from analytics_hub.domain.member import Person, StoredMember
from analytics_hub.settings import OidcSettings
from analytics_hub.tenancy.authenticate import Caller
from analytics_hub.tenancy.members import MemberStore
from analytics_hub.tenancy.oidc.claims import Claims, check_claims
from analytics_hub.tenancy.oidc.issuer_keys import IssuerKeys
from analytics_hub.tenancy.oidc.refusal import TokenRefused
from analytics_hub.tenancy.oidc.token import read_token, verified_claims
from analytics_hub.tenancy.row_cache import RowCache

_LOG = structlog.get_logger(__name__)


class TokenAuthenticator:
    """Checks tokens of one issuer: an `Authenticates`. For one event loop."""

    def __init__(
        self,
        settings: OidcSettings,
        keys: IssuerKeys,
        members: MemberStore,
        clock: Clock,
        *,
        cache_s: float,
        cache_max: int,
        wait_s: float = 10,
    ) -> None:
        self._settings = settings
        self._algorithms = settings.allowed()
        self._clock = clock
        self._keys = keys
        self._members: RowCache[tuple[Person, str], StoredMember] = RowCache(
            lambda key: members.find(key[0].issuer, key[0].subject, key[1]),
            clock,
            cache_s=cache_s,
            cache_max=cache_max,
            wait_s=wait_s,
        )

    async def caller(self, text: str) -> Caller:
        """The caller of a token, else NotAuthenticated; NotAllowed for somebody we know who is no member."""
        try:
            claims = await self._claims(text)
        except TokenRefused as error:
            _LOG.debug("token refused", code=error.code, reason=error.reason)
            raise NotAuthenticated(error.code, error.message) from error
        member = await self._members.row((claims.person, claims.slug))
        if member is None or member.removed_at is not None:
            raise _no_member()
        role = claims.role or member.role
        if role is None:
            raise _no_member()
        actor = Actor(ActorKind.MEMBER, f"{claims.person.issuer}|{claims.person.subject}")
        return Caller(member.tenant_id, member.slug, actor, ROLE_RIGHTS[role], claims.expires_at)

    async def _claims(self, text: str) -> Claims:
        token = read_token(text, algorithms=self._algorithms, bytes_max=self._settings.token_bytes_max)
        key = await self._keys.key(token.key_id, token.algorithm)
        return check_claims(verified_claims(token, key), self._settings, self._clock.now())


def _no_member() -> NotAllowed:
    """The same for a tenant that is not there: whose tenants there are is nobody's business."""
    return NotAllowed("not_a_member", "You are no member of this tenant.")
