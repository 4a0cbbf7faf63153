"""`GET /v1/live`: usage by the minute as a stream, for as long as somebody reads it; `/v1/live/incidents`: incidents.

From query parameters to what is watched; the stream is `event_stream.py`, its messages `live_wire.py` and
`incident_live_wire.py`, who may go on reading `analytics_hub/api/live.py`.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from analytics_hub.api.access import Allow, credential_of, services_of
from analytics_hub.api.live import open_incidents, open_stream
from analytics_hub.api.rest.answers import check_parameters
from analytics_hub.api.rest.documented import Responses, problems
from analytics_hub.api.rest.event_stream import EVENT_STREAM, EventStream
from analytics_hub.api.rest.filters import check_known, filters_by_name, filters_documented, split
from analytics_hub.api.rest.incident_live_wire import INCIDENT_EVENT_SCHEMA, incident_event_of
from analytics_hub.api.rest.live_wire import EVENT_SCHEMA, event_of
from analytics_hub.domain.access import Right
from analytics_hub.domain.errors import NotAcceptable
from analytics_hub.domain.incident_live import IncidentWatch
from analytics_hub.domain.live import MINUTES_DEFAULT, LiveQuery
from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.series import DIMENSIONS
from analytics_hub.tenancy.authenticate import Caller

router = APIRouter(tags=["usage"])

_SINGLE: Final = ("minutes", "top")
_LISTS: Final = ("metrics", "group_by")
_STREAM: Final[Responses] = {
    200: {
        "description": "Events `snapshot`, then `change`, at last `end`; comments while nothing happens.",
        "content": {EVENT_STREAM: {"schema": EVENT_SCHEMA}},
    }
}
_INCIDENTS: Final[Responses] = {
    200: {
        "description": "Events `snapshot`, then `incident`, at last `end`; comments while nothing happens.",
        "content": {EVENT_STREAM: {"schema": INCIDENT_EVENT_SCHEMA}},
    }
}
_LAST_EVENT_ID: Final[dict[str, Any]] = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": "`id` of the last event you have: only what has changed since, where that is still known.",
    "schema": {"type": "string"},
}
_TAKEN: Final = frozenset({EVENT_STREAM, "text/*", "*/*"})


@router.get(
    "/v1/live",
    summary="Usage of your tenant by the minute, as it comes in",
    response_class=Response,
    responses={**_STREAM, **problems(401, 403, 406, 422, 503)},
    openapi_extra={
        "parameters": filters_documented("Only events with one of these values; repeat it for several.")
    },
)
async def live(
    *,
    request: Request,
    caller: Annotated[Caller, Depends(Allow(Right.VIEW))],
    minutes: Annotated[
        int, Query(description="The last minutes, the running one among them.")
    ] = MINUTES_DEFAULT,
    metrics: Annotated[
        list[str] | None, Query(description=f"Repeat, or separate by commas: {', '.join(METRICS)}.")
    ] = None,
    group_by: Annotated[
        list[str] | None, Query(description=f"One of {', '.join(DIMENSIONS)} or tag.<key>.")
    ] = None,
    top: Annotated[
        int | None, Query(description="Groups told apart; the rest are one series, `other`.")
    ] = None,
) -> Response:
    services = services_of(request)
    check_known(request, single=_SINGLE, lists=_LISTS)
    _check_taken(request)
    query = LiveQuery.ask(
        caller.tenant,
        minutes=minutes,
        metrics=split(metrics),
        group_by=split(group_by),
        filters=filters_by_name(request),
        limit=top,
        caps=services.caps,
        live_caps=services.live.caps,
    )
    credential = credential_of(request)
    return EventStream(lambda: open_stream(services, caller, credential, query), event_of, services.streams)


@router.get(
    "/v1/live/incidents",
    summary="Incidents of your tenant: those there are, then what becomes of them",
    response_class=Response,
    responses={**_INCIDENTS, **problems(401, 403, 406, 422, 503)},
    openapi_extra={"parameters": [_LAST_EVENT_ID]},
)
async def live_incidents(request: Request, caller: Annotated[Caller, Depends(Allow(Right.VIEW))]) -> Response:
    services = services_of(request)
    check_parameters(request, single=())
    _check_taken(request)
    watch = IncidentWatch(caller.tenant, request.headers.get("last-event-id"))
    credential = credential_of(request)
    return EventStream(
        lambda: open_incidents(services, caller, credential, watch), incident_event_of, services.streams
    )


def _check_taken(request: Request) -> None:
    accepted = ",".join(request.headers.getlist("accept")) or EVENT_STREAM
    ranges: list[Any] = [part.partition(";")[0].strip().lower() for part in accepted.split(",")]
    if not _TAKEN & set(ranges):
        raise NotAcceptable("not_acceptable", "Accept", f"A live stream is {EVENT_STREAM}.")
