"""Who may do what, as values: rights, the roles of people that bring them, and whoever acts.

A route declares the one right that it asks for (`analytics_hub/api/access.py`). A key has rights by its scopes, a
member by the role; nothing else knows which is which.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from analytics_hub.domain.key import Scope


class Right(StrEnum):
    """What a caller may do with its tenant's data."""

    SEND = "send"
    """Send events, and dead letters once more."""
    VIEW = "view"
    """Sums: usage, forecasts, incidents, the ledger, live; no row of an end-user."""
    QUERY = "query"
    """Single events, end-users, dead letters; and answering incidents, which changes what all are told."""
    ADMIN = "admin"
    """Keys, members, the audit log."""


class Role(StrEnum):
    """What a person is in a tenant."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    ADMIN = "admin"


SCOPE_RIGHTS: Final[Mapping[Scope, frozenset[Right]]] = MappingProxyType(
    {
        Scope.INGEST: frozenset({Right.SEND}),
        Scope.QUERY: frozenset({Right.VIEW, Right.QUERY}),
        Scope.ADMIN: frozenset({Right.ADMIN}),
    }
)

ROLE_RIGHTS: Final[Mapping[Role, frozenset[Right]]] = MappingProxyType(
    {
        Role.VIEWER: frozenset({Right.VIEW}),
        Role.ANALYST: frozenset({Right.VIEW, Right.QUERY}),
        Role.ADMIN: frozenset({Right.VIEW, Right.QUERY, Right.ADMIN}),
    }
)


class ActorKind(StrEnum):
    """What kind of credential acts."""

    KEY = "key"
    MEMBER = "member"
    OPERATOR = "operator"
    """The command line, with the database's own credentials."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, in the words of the audit log: the prefix of a key, issuer and subject of a member, the name
    of the operating system's user.
    """

    kind: ActorKind
    name: str


UNNAMED_OPERATOR: Final = Actor(ActorKind.OPERATOR, "unnamed")
"""A program with the database's own credentials that says nothing of who started it."""
