"""`viewer`: who is asking. In: the caller. Out: its tenant, its rights, when its credential ends."""

from enum import Enum

import strawberry

from analytics_hub.api.graphql.asking import Info, MakeBody
from analytics_hub.api.graphql.scalars import DateTime
from analytics_hub.api.graphql.typed import shape
from analytics_hub.domain import access


@strawberry.enum(description="What a caller may do with its tenant's data.")
class Right(Enum):
    SEND = access.Right.SEND.value
    VIEW = access.Right.VIEW.value
    QUERY = access.Right.QUERY.value
    ADMIN = access.Right.ADMIN.value


@shape
class Viewer:
    """Who is asking."""

    tenant: str = strawberry.field(description="The slug of the tenant.")
    rights: list[Right]
    expires_at: DateTime | None = strawberry.field(description="When the credential ends by itself.")


async def ask_viewer(info: Info) -> MakeBody:
    caller = info.context.caller
    rights = [Right(right.value) for right in access.Right if right in caller.rights]
    return lambda: {"tenant": caller.slug, "rights": rights, "expires_at": caller.expires_at}
