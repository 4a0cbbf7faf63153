"""Every route says here who may call it: `Allow(right)` for callers with a credential, `open_to_all` for the rest.

A test walks the routes and fails for one that says neither. Whoever asks also waits here for a place among the
questions of its tenant (`admission.py`) and gives it back when the answer is made: no route can forget it.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from analytics_hub.api.admission import Admission
from analytics_hub.api.services import Services
from analytics_hub.domain.access import Right
from analytics_hub.domain.errors import NotAuthenticated
from analytics_hub.tenancy.authenticate import Caller

_bearer = HTTPBearer(
    auto_error=False, scheme_name="API key", description="`hub tenant create` prints a key once."
)


async def _until_answered() -> AsyncIterator[AsyncExitStack]:
    """Ends when the route has made its answer, or failed; before the answer is sent."""
    async with AsyncExitStack() as stack:
        yield stack


class Allow:
    """Lets a caller through who has the right, when it is its tenant's turn. Sending has bounds of its own."""

    def __init__(self, right: Right) -> None:
        self.right = right

    async def __call__(
        self,
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
        until: Annotated[AsyncExitStack, Depends(_until_answered, scope="function")],
    ) -> Caller:
        if credentials is None:
            raise NotAuthenticated("no_key", "Send an API key: `Authorization: Bearer hub_…`.")
        caller = await services_of(request).authenticator.caller(credentials.credentials)
        caller.require(self.right)
        if self.right is not Right.SEND:
            await admission_of(request).admit(caller.tenant, until)
        return caller


async def open_to_all() -> None:
    """For health, metrics and documentation: nothing of a tenant is in them."""


def credential_of(request: Request) -> str:
    """As it was sent, of a request that `Allow` let through."""
    return request.headers["authorization"].partition(" ")[2]


def services_of(request: Request) -> Services:
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


def admission_of(request: Request) -> Admission:
    admission = request.app.state.admission
    assert isinstance(admission, Admission)
    return admission
