"""Every route says here who may call it: `Allow(right)` for callers with a credential, `open_to_all` for the rest.

A test walks the routes and fails for one that says neither.
"""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from analytics_hub.api.services import Services
from analytics_hub.domain.access import Right
from analytics_hub.domain.errors import NotAuthenticated
from analytics_hub.tenancy.authenticate import Caller

_bearer = HTTPBearer(
    auto_error=False, scheme_name="API key", description="`hub tenant create` prints a key once."
)


class Allow:
    """Lets a caller through who has the right."""

    def __init__(self, right: Right) -> None:
        self.right = right

    async def __call__(
        self, request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> Caller:
        if credentials is None:
            raise NotAuthenticated("no_key", "Send an API key: `Authorization: Bearer hub_…`.")
        caller = await services_of(request).authenticator.caller(credentials.credentials)
        caller.require(self.right)
        return caller


async def open_to_all() -> None:
    """For health, metrics and documentation: nothing of a tenant is in them."""


def services_of(request: Request) -> Services:
    services = request.app.state.services
    assert isinstance(services, Services)
    return services
