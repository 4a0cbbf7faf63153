"""`GET /v1/sign-in`: where a dashboard sends people to sign in. Open to all: it is asked before anybody is known."""

from fastapi import APIRouter, Depends, Request

from analytics_hub.api.access import open_to_all, services_of
from analytics_hub.api.rest.documented import problems
from analytics_hub.api.rest.sign_in_wire import SignInBody
from analytics_hub.domain.errors import NotFound

router = APIRouter(tags=["access"], dependencies=[Depends(open_to_all)])


@router.get(
    "/v1/sign-in",
    summary="The issuer whose tokens hold here",
    response_model=SignInBody,
    responses=problems(404),
)
async def sign_in(request: Request) -> SignInBody:
    """404 where there are keys alone, or no client for a dashboard."""
    oidc = services_of(request).oidc
    if oidc is None or oidc.issuer is None or oidc.audience is None or oidc.client_id is None:
        raise NotFound("no_sign_in", "People cannot sign in here: use an API key.")
    return SignInBody(
        issuer=oidc.issuer, client_id=oidc.client_id, audience=oidc.audience, scopes=oidc.scopes.split()
    )
