"""`hub dead-letters`: read the events that were refused, and submit them again after a fix.

In: a tenant and a choice of dead letters. Out: tables, or the same JSON that the API gives. What a code means is told
by `hub rejects`; the use cases are `analytics_hub/query/dead_letters.py` and `replay.py`.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from analytics_hub.api.rest.dead_letters_wire import dead_letter_body, dead_letters_body, payload_text
from analytics_hub.api.rest.replays_wire import report_body
from analytics_hub.api.services import Services
from analytics_hub.cli.collecting import open_group_commit
from analytics_hub.cli.console import OUT, note, note_more, print_json
from analytics_hub.cli.opened import OpenedHub, opened
from analytics_hub.cli.replaying import open_replays
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.services import asked, open_services
from analytics_hub.cli.tenants import find_tenant
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.dead_letter import (
    DeadLetter,
    DeadLetterFilter,
    DeadLetterId,
    DeadLetterPage,
    ReplayOutcome,
    ReplayReport,
)
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.moment import parse_moment

app = typer.Typer(no_args_is_help=True, help="Read and replay the events that were refused.")

Tenant = Annotated[str, typer.Option(help="The tenant's slug.")]
Start = Annotated[str, typer.Option("--from", help="Received since: 2026-11-16, -24h, or RFC 3339.")]
End = Annotated[str, typer.Option("--to", help="Received before.")]
Codes = Annotated[list[str] | None, typer.Option("--code", help="Only this code; repeat for more.")]
Origins = Annotated[list[str] | None, typer.Option("--origin", help="Only from here; repeat for more.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
@guarded
def list_(
    context: typer.Context,
    tenant: Tenant,
    start: Start = "-24h",
    end: End = "now",
    code: Codes = None,
    origin: Origins = None,
    limit: Annotated[int, typer.Option(help="Most letters shown.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List dead letters, newest first."""
    with opened(settings_of(context)) as hub:
        question = _question(find_tenant(hub, tenant).tenant_id, start, end, code, origin)

        async def ask(services: Services) -> DeadLetterPage:
            return await services.dead_letters.page(question, limit)

        page = asked(hub, ask)
    if as_json:
        print_json(dead_letters_body(page, None))
        return
    _print_letters(page.letters)
    if page.next is not None:
        note_more(limit)


@app.command("show")
@guarded
def show(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="The letter's number, from the list.", min=1)],
    tenant: Tenant,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter with all that was kept of it."""
    with opened(settings_of(context)) as hub:
        owner = find_tenant(hub, tenant).tenant_id

        async def ask(services: Services) -> DeadLetter:
            return await services.dead_letters.one(owner, DeadLetterId(number))

        letter = asked(hub, ask)
    if as_json:
        print_json(dead_letter_body(letter))
        return
    facts = Table(box=None, show_header=False, pad_edge=False)
    for name, value in _facts(letter).items():
        facts.add_row(f"[dim]{name}[/dim]", value.replace("[", r"\["))
    OUT.print(facts)
    text, encoding = payload_text(letter)
    note(f"payload, {letter.payload_bytes:,} bytes, {encoding}{', cut' if letter.payload_truncated else ''}")
    OUT.print(text, markup=False)


@app.command("replay")
@guarded
def replay(
    context: typer.Context,
    tenant: Tenant,
    numbers: Annotated[list[int] | None, typer.Argument(help="Their numbers.", metavar="ID")] = None,
    start: Annotated[str, typer.Option("--from", help="Or all received since: -24h, RFC 3339.")] = "",
    end: End = "now",
    code: Codes = None,
    origin: Origins = None,
    submit: Annotated[bool, typer.Option("--submit", help="Do it; else it is only said.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what would become of dead letters today; with --submit, submit them again."""
    if bool(numbers) == bool(start):
        raise InvalidInput("bad_ids", "ID", "either numbers or --from says which dead letters are meant")
    with opened(settings_of(context)) as hub:
        owner = find_tenant(hub, tenant).tenant_id
        if numbers:
            wanted: DeadLetterFilter | Sequence[int] = numbers
        else:
            wanted = _question(owner, start, end, code, origin)
        reports = asyncio.run(_replay(hub, owner, wanted, dry_run=not submit))
    for report in reports:
        if as_json:
            print_json(report_body(report, None))
    if not as_json:
        _print_reports(reports)


async def _replay(
    hub: OpenedHub, tenant: TenantId, wanted: DeadLetterFilter | Sequence[int], *, dry_run: bool
) -> list[ReplayReport]:
    """Numbers at once; a filter request by request until nothing is left of it."""
    async with open_services(hub, "hub-cli") as services, open_group_commit(hub) as acceptor:
        with open_replays(hub, services.dead_letters, acceptor) as replays:
            if isinstance(wanted, DeadLetterFilter):
                reports = [await replays.by_filter(wanted, None, dry_run=dry_run)]
                while (after := reports[-1].next) is not None:
                    reports.append(await replays.by_filter(wanted, after, dry_run=dry_run))
            else:
                ids = [DeadLetterId(one) for one in wanted]
                reports = [await replays.by_ids(tenant, ids, dry_run=dry_run)]
        await acceptor.drain(hub.settings.collector.grace_s)
        return reports


def _question(
    tenant: TenantId, start: str, end: str, codes: list[str] | None, origins: list[str] | None
) -> DeadLetterFilter:
    now = SystemClock().now()
    return DeadLetterFilter(
        tenant,
        parse_moment(start, edge="from", now=now),
        parse_moment(end, edge="to", now=now),
        tuple(codes or ()),
        tuple(origins or ()),
    )


def _print_letters(letters: Sequence[DeadLetter]) -> None:
    if not letters:
        note("no dead letters in this range")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("id", "received", "where", "code", "replayed", "what"):
        table.add_column(title, no_wrap=title not in {"where", "what"}, overflow="fold")
    for letter in letters:
        replayed = letter.last_replay.outcome.value if letter.last_replay else ""
        where = f"{letter.origin}:{letter.position}".replace("[", r"\[")
        table.add_row(
            str(letter.dead_letter_id),
            f"{letter.received_at:%m-%d %H:%M:%S}",
            where,
            letter.code,
            replayed,
            _what(letter),
        )
    OUT.print(table)


def _what(letter: DeadLetter) -> str:
    where = f"{letter.field}: " if letter.field else ""
    return f"{where}{letter.message}".replace("[", r"\[")


def _facts(letter: DeadLetter) -> dict[str, str]:
    replayed = letter.last_replay
    facts = {
        "id": str(letter.dead_letter_id),
        "received": letter.received_at.isoformat(),
        "origin": letter.origin,
        "position": str(letter.position) + (f", byte {letter.at_byte}" if letter.at_byte >= 0 else ""),
        "code": letter.code,
        "field": letter.field,
        "message": letter.message,
    }
    if replayed is not None:
        facts["replayed"] = f"{replayed.replayed_at:%Y-%m-%d %H:%M:%S}Z {replayed.outcome} {replayed.code}"
    return facts


def _print_reports(reports: Sequence[ReplayReport]) -> None:
    verdicts = [verdict for report in reports for verdict in report.verdicts]
    counts = Counter((verdict.outcome.value, verdict.code) for verdict in verdicts)
    table = Table(box=None, pad_edge=False)
    table.add_column("letters", justify="right")
    table.add_column("outcome")
    table.add_column("code")
    for (outcome, code), times in counts.most_common():
        table.add_row(f"{times:,}", outcome, code)
    absent = sum(len(report.absent) for report in reports)
    if absent:
        table.add_row(f"{absent:,}", "absent", "")
    OUT.print(table)
    if reports[0].dry_run:
        note("nothing was written; --submit does it")
    elif any(verdict.outcome is ReplayOutcome.UNDECIDED for verdict in verdicts):
        note("some are undecided: replay again, what was stored counts once")
