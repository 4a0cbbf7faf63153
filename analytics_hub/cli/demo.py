"""`hub demo`: a production trace in, a priced answer out, on the real pipeline and a real PostgreSQL.

In: a trace (found, named, or made up). Out: a fresh tenant with its events, what they cost, and a running API
to ask. What it plays is in `demo_data.py`, what it prints in `demo_report.py`.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import timedelta
from typing import Annotated

import typer

from analytics_hub.api.services import Services
from analytics_hub.cli.closing import close_due_hours
from analytics_hub.cli.console import ERR, OUT, note, print_json
from analytics_hub.cli.demo_data import DemoData, synthetic_data, trace_data, trace_files
from analytics_hub.cli.demo_report import GROUP_BY, METRICS, DemoResult, demo_body, print_demo
from analytics_hub.cli.loading import load_sources
from analytics_hub.cli.opened import OpenedHub, opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.services import asked, caps_of
from analytics_hub.cli.serving import serve
from analytics_hub.cli.tenants import make_tenant
from analytics_hub.cli.web import free_port
from analytics_hub.domain.answer import UsageAnswer
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.ledger import Ledger
from analytics_hub.domain.tenant import LATE_HORIZON_DEFAULT, NewTenant, Tenant
from analytics_hub.domain.usage import UsageQuery
from analytics_hub.settings import Settings

_LEDGER_SPAN = timedelta(hours=2)


@guarded
def demo(
    context: typer.Context,
    trace: Annotated[str, typer.Option(help="One trace file of known shape.")] = "",
    trace_dir: Annotated[str, typer.Option(help="Folder with the Azure LLM traces of 2023.")] = "",
    synthetic: Annotated[
        bool, typer.Option("--synthetic", help="Make up an hour even where the traces are at hand.")
    ] = False,
    keep_time: Annotated[bool, typer.Option("--keep-time", help="Leave the trace in its own year.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Do not keep the API running.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object (with --once).")] = False,
) -> None:
    """Load a real LLM trace, price it, and show what it cost."""
    began = time.monotonic()
    settings = settings_of(context)
    if as_json and not once:
        raise InvalidInput(
            "json_needs_once", "--json", "--json goes with --once: the object is printed at the end"
        )
    now = SystemClock().now()
    files = [] if synthetic else trace_files(trace, trace_dir)
    data = trace_data(files, settings.ingest, now, keep_time=keep_time) if files else synthetic_data(now)
    port = 0 if once else free_port(settings.api.host, settings.api.port, "HUB_API_PORT")
    with _opened(settings, serving=not once, quiet=as_json) as hub:
        result, key = _played(hub, data, began, any_age=keep_time, show=not as_json)
        if as_json:
            print_json(demo_body(result))
            return
        print_demo(result)
        if hub.notice:
            note(hub.notice)
        if not once:
            _serve(hub, port, result, key)


@contextmanager
def _opened(settings: Settings, *, serving: bool, quiet: bool) -> Iterator[OpenedHub]:
    """The database; a first start takes some seconds, and somebody is watching."""
    with ExitStack() as stack:
        waiting = nullcontext() if quiet else ERR.status("starting PostgreSQL")
        with waiting:
            hub = stack.enter_context(opened(settings, serve=serving))
        yield hub


def _played(
    hub: OpenedHub, data: DemoData, began: float, *, any_age: bool, show: bool
) -> tuple[DemoResult, str]:
    """Load, close, ask."""
    started = SystemClock().now()
    horizon = None if any_age else LATE_HORIZON_DEFAULT
    slug = f"demo-{started:%m%d-%H%M%S}-{secrets.token_hex(2)}"
    tenant, key = make_tenant(hub, NewTenant(slug, "", horizon), ["ingest", "query"])
    load = load_sources(hub, data.sources, tenant, show=show)
    closed = close_due_hours(hub, tenant.tenant_id)
    answer, ledger, answer_ms = _asked(hub, data, tenant)
    result = DemoResult(
        tenant=slug,
        what=data.what,
        start=data.start,
        end=data.end,
        load=load,
        closed_hours=closed.hours,
        answer=answer,
        answer_ms=answer_ms,
        ledger=ledger,
        total_s=time.monotonic() - began,
    )
    return result, key.text


def _asked(hub: OpenedHub, data: DemoData, tenant: Tenant) -> tuple[UsageAnswer, Ledger, float]:
    question = UsageQuery(
        tenant.tenant_id,
        data.start,
        data.end,
        metrics=METRICS,
        group_by=GROUP_BY,
        caps=caps_of(hub.settings),
    )

    async def ask(services: Services) -> tuple[UsageAnswer, Ledger, float]:
        now = SystemClock().now()
        ledger = await services.ledger.account(tenant.tenant_id, now - _LEDGER_SPAN, now + _LEDGER_SPAN)
        began = time.monotonic()
        answer = await services.usage.ask(question)
        return answer, ledger, (time.monotonic() - began) * 1000

    return asked(hub, ask)


def _serve(hub: OpenedHub, port: int, result: DemoResult, key: str) -> None:
    url = f"http://{hub.settings.api.host}:{port}"
    span = f"from={result.start:%Y-%m-%dT%H:%MZ}&to={result.end:%Y-%m-%dT%H:%MZ}"

    def ready() -> None:
        OUT.print(f"\n[green]The API is running[/green] at {url} (docs: {url}/docs). Ask it:\n")
        OUT.print(
            f"  curl -H 'Authorization: Bearer {key}' \\\n"
            f"    '{url}/v1/usage?{span}&group_by=model&metrics=events,cost_usd'\n",
            markup=False,
        )
        note("Ctrl-C stops it")

    serve(hub, port, ready)
    ERR.print("stopped")
