"""`GET /graphql`: GraphiQL, a page to write documents in. Off unless HUB_GRAPHQL_GRAPHIQL asks for it.

In: nothing. Out: the page that strawberry brings. Its scripts come from unpkg.com, each held to a hash by the page: no
package that fits brings them along (docs/adr/0020-graphql-bounded-before-it-runs.md). The page itself shows nothing of
a tenant: whoever uses it types a key under "Headers".
"""

from functools import cache
from importlib.resources import files
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse

from analytics_hub.api.access import open_to_all

router = APIRouter(include_in_schema=False)

_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline' https://unpkg.com; style-src 'unsafe-inline' https://unpkg.com; "
    "img-src data:; font-src data: https://unpkg.com; connect-src 'self'; worker-src blob:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


@router.get("/graphql")
async def graphiql(_: Annotated[None, Depends(open_to_all)]) -> HTMLResponse:
    return HTMLResponse(_page(), headers={"Content-Security-Policy": _POLICY})


@cache
def _page() -> str:
    page = files("strawberry").joinpath("static/graphiql.html").read_text(encoding="utf-8")
    # As it comes, it would leave the key in the browser for everybody who uses that after us.
    return page.replace("shouldPersistHeaders: true", "shouldPersistHeaders: false")
