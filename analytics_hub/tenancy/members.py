"""Members of tenants: where a person's role is looked up, and how people come, change roles and go.

In: an issuer, a subject and a tenant's slug, all from a credential that somebody has checked; or what an admin wants.
Out: a `StoredMember`; a `Member`.
"""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID, uuid4

from analytics_hub.domain.access import Actor, Role
from analytics_hub.domain.audit import Action
from analytics_hub.domain.errors import Conflict, InvalidInput, NotFound
from analytics_hub.domain.member import Member, NewMember, Person, StoredMember
from analytics_hub.domain.tenant import TenantId
from analytics_hub.tenancy.audit import AuditBook, act


class MemberStore(Protocol):
    """Where people are looked up. None: there is no such tenant."""

    async def find(self, issuer: str, subject: str, slug: str) -> StoredMember | None: ...


class MemberBook(AuditBook, Protocol):
    """Where members are written. `add_member` raises Conflict for somebody who is one already."""

    def add_member(self, member: NewMember) -> None: ...

    def named(self, tenant: TenantId, name: str) -> Sequence[Member]:
        """Those in force with this subject or this e-mail address, held until the transaction ends."""

    def set_role(self, tenant: TenantId, member_id: UUID, role: Role) -> None: ...

    def remove_member(self, tenant: TenantId, member_id: UUID) -> None: ...


def add_member(
    book: MemberBook, tenant: TenantId, person: Person, role: Role | str, *, by: Actor, email: str = ""
) -> NewMember:
    """Let somebody in."""
    member = NewMember(uuid4(), tenant, person, checked_role(role), email)
    with act(book, by, Action.MEMBER_ADD, tenant, person.subject) as detail:
        book.add_member(member)
        detail |= {"issuer": person.issuer, "role": member.role}
    return member


def change_role(
    book: MemberBook, tenant: TenantId, name: str, role: Role | str, *, by: Actor, issuer: str | None = None
) -> Member:
    """Give somebody another role; returns what they were."""
    wanted = checked_role(role)
    with book.transaction():
        member = _one(book, tenant, name, issuer)
        with act(book, by, Action.MEMBER_ROLE, tenant, member.person.subject) as detail:
            book.set_role(tenant, member.member_id, wanted)
            detail |= {"issuer": member.person.issuer, "before": member.role, "role": wanted}
    return member


def remove_member(
    book: MemberBook, tenant: TenantId, name: str, *, by: Actor, issuer: str | None = None
) -> Member:
    """Let somebody go; returns what they were."""
    with book.transaction():
        member = _one(book, tenant, name, issuer)
        with act(book, by, Action.MEMBER_REMOVE, tenant, member.person.subject) as detail:
            book.remove_member(tenant, member.member_id)
            detail |= {"issuer": member.person.issuer, "role": member.role}
    return member


def checked_role(name: Role | str) -> Role:
    try:
        return Role(name)
    except ValueError as error:
        raise InvalidInput("unknown_role", "role", f"A role is one of {', '.join(Role)}.") from error


def _one(book: MemberBook, tenant: TenantId, name: str, issuer: str | None) -> Member:
    """The member that is meant: a name that fits two is none."""
    found = [one for one in book.named(tenant, name) if issuer in (None, one.person.issuer)]
    if not found:
        raise NotFound("no_such_member", f"Nobody here has the subject or address {name!r}.", field="member")
    if len(found) > 1:
        subjects = ", ".join(f"{one.person.subject} of {one.person.issuer}" for one in found)
        raise Conflict("member_unclear", f"{name!r} may be {subjects}: name one.", field="member")
    return found[0]
