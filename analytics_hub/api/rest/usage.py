"""`GET /v1/usage`: from query parameters to a `UsageQuery`, and its answer back.

Everything about meaning is checked by the constructor of `UsageQuery`; here there are only spellings, and
the refusal of parameters that nobody reads (a misspelt filter must not answer a different question).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, services_of
from analytics_hub.api.rest.answers import answer
from analytics_hub.api.rest.documented import IF_NONE_MATCH, answers_of, problems
from analytics_hub.api.rest.etag import version_now
from analytics_hub.api.rest.formats import wanted_format
from analytics_hub.api.rest.tables import usage_table
from analytics_hub.api.rest.usage_example import USAGE_EXAMPLE
from analytics_hub.api.rest.wire import UsageBody, usage_body
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.key import Scope
from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.series import DIMENSIONS
from analytics_hub.domain.usage import INTERVAL_NAMES, UsageQuery
from analytics_hub.query.moment import parse_moment
from analytics_hub.telemetry import QUERY_MINUTES
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["usage"])

FILTER_PREFIX: Final = "filter."
_SINGLE: Final = ("from", "to", "interval", "tz", "order", "top", "limit", "compare", "fill")
_LISTS: Final = ("metrics", "group_by")
FROM_DEFAULT: Final = "-24h"


def _filters(description: str) -> list[dict[str, Any]]:
    """Filters are named after dimensions, so they are documented from the same list."""
    return [
        {
            "name": f"{FILTER_PREFIX}{dimension}",
            "in": "query",
            "required": False,
            "description": description,
            "schema": {"type": "array", "items": {"type": "string"}},
        }
        for dimension in (*DIMENSIONS, "tag.<key>")
    ]


@router.get(
    "/v1/usage",
    summary="Usage, cost and latency of your tenant over time",
    response_class=Response,
    responses={**answers_of(UsageBody, USAGE_EXAMPLE), **problems(401, 403, 406, 422, 503)},
    openapi_extra={
        "parameters": [
            *_filters("Only events with one of these values; repeat it for several."),
            IF_NONE_MATCH,
        ]
    },
)
async def usage(
    *,
    request: Request,
    caller: Annotated[Caller, Depends(Allow(Scope.QUERY))],
    start: Annotated[
        str,
        Query(
            alias="from", description="`now`, `-24h`, a date, or RFC 3339; whole minutes.", examples=["-7d"]
        ),
    ] = FROM_DEFAULT,
    end: Annotated[str, Query(alias="to", description="Excluded end.", examples=["now"])] = "now",
    interval: Annotated[str, Query(description=f"One of {', '.join(INTERVAL_NAMES)}.")] = "none",
    tz: Annotated[str, Query(description="IANA zone of hours, days, weeks, months and plain dates.")] = "UTC",
    metrics: Annotated[
        list[str] | None, Query(description=f"Repeat, or separate by commas: {', '.join(METRICS)}.")
    ] = None,
    group_by: Annotated[
        list[str] | None, Query(description=f"{', '.join(DIMENSIONS)} or tag.<key>; repeat or commas.")
    ] = None,
    order: Annotated[
        str | None, Query(description="`-cost_usd`: greatest first; `cost_usd`: least first.")
    ] = None,
    top: Annotated[
        int | None, Query(description="Groups told apart; the rest are one series, `other`.")
    ] = None,
    limit: Annotated[int | None, Query(description="The same as `top`.")] = None,
    compare: Annotated[str | None, Query(description="`previous`: the period just before as well.")] = None,
    fill: Annotated[bool, Query(description="Give buckets without events as well, with zeros.")] = False,
) -> Response:
    wanted = wanted_format(request)
    services = services_of(request)
    _check_known(request)
    now = services.clock.now()
    with _one_of(top, limit) as groups_max:
        query = UsageQuery.ask(
            caller.tenant,
            parse_moment(start, edge="from", now=now, tz=tz),
            parse_moment(end, edge="to", now=now, tz=tz),
            interval=interval,
            tz=tz,
            metrics=_split(metrics),
            group_by=_split(group_by),
            filters=_given_filters(request),
            order=order,
            limit=groups_max,
            compare=compare,
            fill=fill,
            caps=services.caps,
        )
    version = await version_now(request, caller.tenant, wanted, (query, query.groups_max))
    if version.held:
        return version.held
    found = await services.usage.ask(query)
    for read in found.levels:
        QUERY_MINUTES.labels(read.level.value).inc(read.minutes)
    return await answer(
        request,
        wanted,
        body=lambda: usage_body(found),
        table=lambda: usage_table(found),
        version=version,
    )


@contextmanager
def _one_of(top: int | None, limit: int | None) -> Iterator[int | None]:
    """The bound under either of its names; what is wrong with it is told under the name that was used."""
    if top is not None and limit is not None:
        raise InvalidInput("given_twice", "limit", "`top` and `limit` are one parameter: give one of them.")
    try:
        yield limit if top is None else top
    except InvalidInput as refused:
        if refused.field == "limit" and top is not None:
            raise InvalidInput(refused.code, "top", refused.message) from refused
        raise


def _split(given: Sequence[str] | None) -> list[str]:
    return [name.strip() for text in given or () for name in text.split(",") if name.strip()]


def _given_filters(request: Request) -> dict[str, list[str]]:
    names = [name for name in request.query_params if name.startswith(FILTER_PREFIX)]
    return {name.removeprefix(FILTER_PREFIX): request.query_params.getlist(name) for name in names}


def _check_known(request: Request) -> None:
    for name in request.query_params:
        if name not in _SINGLE and name not in _LISTS and not name.startswith(FILTER_PREFIX):
            known = ", ".join((*_SINGLE, *_LISTS, "filter.<dimension>"))
            raise InvalidInput("unknown_parameter", name, f"There is no such parameter; there are {known}.")
        if name in _SINGLE and len(request.query_params.getlist(name)) > 1:
            raise InvalidInput("given_twice", name, "This parameter is given once.")
