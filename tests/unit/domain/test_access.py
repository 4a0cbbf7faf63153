"""Rights, and who has them."""

import pytest

from analytics_hub.domain.access import ROLE_RIGHTS, SCOPE_RIGHTS, Actor, ActorKind, Right, Role
from analytics_hub.domain.errors import NotAllowed
from analytics_hub.domain.key import Scope
from analytics_hub.domain.tenant import TenantId
from analytics_hub.tenancy.authenticate import Caller


def member(role: Role) -> Caller:
    return Caller(TenantId(1), "acme", Actor(ActorKind.MEMBER, "https://issuer|ann"), ROLE_RIGHTS[role])


def test_every_scope_and_every_role_gives_something() -> None:
    assert set(SCOPE_RIGHTS) == set(Scope)
    assert set(ROLE_RIGHTS) == set(Role)
    assert all((*SCOPE_RIGHTS.values(), *ROLE_RIGHTS.values()))


def test_each_role_may_what_the_one_below_may() -> None:
    assert ROLE_RIGHTS[Role.VIEWER] < ROLE_RIGHTS[Role.ANALYST] < ROLE_RIGHTS[Role.ADMIN]


def test_no_role_of_a_person_sends_events() -> None:
    assert Right.SEND not in frozenset[Right]().union(*ROLE_RIGHTS.values())


def test_a_viewer_sees_sums_and_no_end_users() -> None:
    viewer = member(Role.VIEWER)
    viewer.require(Right.VIEW)
    with pytest.raises(NotAllowed, match="role_missing") as refused:
        viewer.require(Right.QUERY)
    assert "'analyst' or 'admin'" in refused.value.message
