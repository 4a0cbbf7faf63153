"""Health and metrics for whoever runs the process. Open to all: nothing of a tenant is in them."""

from fastapi import APIRouter, Depends, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from analytics_hub.api.access import open_to_all, services_of
from analytics_hub.api.rest.documented import problems
from analytics_hub.telemetry import REGISTRY

router = APIRouter(tags=["health"], dependencies=[Depends(open_to_all)])


@router.get("/healthz", summary="The process is alive")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/readyz", summary="The process can answer: its database does", responses=problems(503))
async def readyz(request: Request) -> dict[str, str]:
    await services_of(request).ready()
    return {"status": "ready"}


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def metrics() -> Response:
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
