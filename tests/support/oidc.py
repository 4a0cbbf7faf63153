"""Somebody who checks the tokens of a test's issuer, over the in-memory twins: one tenant, `acme`, and its members."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from analytics_hub.domain.access import Role
from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.errors import HubError
from analytics_hub.domain.member import NewMember, Person
from analytics_hub.domain.tenant import NewTenant
from analytics_hub.tenancy.authenticate import Authenticates, Caller
from analytics_hub.tenancy.memory import MemoryMemberStore, MemoryTenants
from analytics_hub.tenancy.oidc.authenticate import TokenAuthenticator
from analytics_hub.tenancy.oidc.issuer_keys import IssuerKeys
from tests.support.issuer import Issuer

NOW = datetime(2026, 11, 5, 12, 30, tzinfo=UTC)


class TokenWorld:
    """An issuer and who believes it, on one clock."""

    def __init__(self, **changed: object) -> None:
        self.clock = FixedClock(NOW)
        self.issuer = Issuer(clock=self.clock)
        self.settings = self.issuer.settings(**changed)
        self.tenants = MemoryTenants(NOW)
        self.tenant = self.tenants.create(NewTenant("acme"))
        self.members = MemoryMemberStore(self.tenants)
        self.tokens: Authenticates = TokenAuthenticator(
            self.settings,
            IssuerKeys(self.settings, self.clock, self.issuer.published),
            self.members,
            self.clock,
            cache_s=5,
            cache_max=10,
        )

    def add_member(self, subject: str, role: Role, removed_at: datetime | None = None) -> UUID:
        member = NewMember(uuid4(), self.tenant.tenant_id, Person(self.issuer.address, subject), role)
        self.tenants.add_member(member, removed_at)
        return member.member_id

    def caller(self, text: str) -> Caller:
        return asyncio.run(self.tokens.caller(text))

    def refusal(self, text: str) -> HubError:
        with pytest.raises(HubError) as refused:
            self.caller(text)
        return refused.value
