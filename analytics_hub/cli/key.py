"""`hub key`: give out, list, rotate and revoke the API keys of a tenant. A key is shown once and never again."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer

from analytics_hub.api.rest.access_wire import key_body
from analytics_hub.api.services import Services
from analytics_hub.cli.console import OUT, note, print_json
from analytics_hub.cli.every_page import every_row
from analytics_hub.cli.opened import OpenedHub, opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.services import asked
from analytics_hub.cli.table import print_table
from analytics_hub.cli.tenants import find_tenant, open_books, operator
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.key import KeyState, ListedKey
from analytics_hub.tenancy.issue import IssuedKey, issue_key
from analytics_hub.tenancy.retire import revoke_key, rotate_key

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Give out, rotate and revoke API keys.")

SCOPES_DEFAULT = ("ingest", "query")
_PREFIX = re.compile(r"(?:hub_)?([a-z2-7]{12})(?:_.*)?")

Slug = Annotated[str, typer.Argument(help="The tenant's slug.", metavar="TENANT")]
Prefix = Annotated[str, typer.Argument(help="The key's prefix, from `hub key list`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("create")
@guarded
def create(
    context: typer.Context,
    slug: Slug,
    scope: Annotated[
        list[str] | None, typer.Option(help="ingest, query or admin; repeat it. Ingest and query by default.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name for people: where the key is used.")] = "",
    expires_days: Annotated[
        int | None, typer.Option(help="Ends by itself after so many days.", min=1, max=36_600)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key and print it, once."""
    expires_at = SystemClock().now() + timedelta(days=expires_days) if expires_days else None
    with opened(settings_of(context)) as hub, open_books(hub) as books:
        tenant = books.tenants.find(slug).tenant_id
        key = issue_key(
            books.keys, tenant, scope or SCOPES_DEFAULT, by=operator(), name=name, expires_at=expires_at
        )
    if as_json:
        print_json({"tenant": slug, **issued_body(key)})
        return
    print_issued(key)


@app.command("list")
@guarded
def list_(
    context: typer.Context,
    slug: Slug,
    show_ended: Annotated[bool, typer.Option("--all", help="Expired and revoked ones too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the keys in force: prefixes, scopes, last uses; never a key itself."""
    now = SystemClock().now()
    with opened(settings_of(context)) as hub:
        keys = _keys(hub, slug)
    shown = [key for key in keys if show_ended or key.state(now) is KeyState.IN_FORCE]
    if as_json:
        print_json([key_body(key, now) for key in shown])
        return
    if shown:
        names = ("prefix", "name", "scopes", "state", "made", "last used", "ends")
        print_table(names, _rows(shown, now), numbers=())
    if len(shown) < len(keys):
        note(f"{len(keys) - len(shown)} ended; --all shows them")
    elif not keys:
        note(f"no key yet; make one with: hub key create {slug}")


@app.command("rotate")
@guarded
def rotate(
    context: typer.Context,
    slug: Slug,
    prefix: Prefix,
    grace_hours: Annotated[
        float | None, typer.Option(help="How long the old key still holds; 0 ends it now.", min=0, max=8_784)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a successor with the same name and scopes and print it, once; the old key ends after a while."""
    settings = settings_of(context)
    hours = settings.access.rotation_grace_h if grace_hours is None else grace_hours
    old = _prefix(prefix)
    with opened(settings) as hub, open_books(hub) as books:
        tenant = books.tenants.find(slug).tenant_id
        turn = rotate_key(books.keys, tenant, old, grace=timedelta(hours=hours), by=operator())
    if as_json:
        body = {"tenant": slug, **issued_body(turn.key)}
        print_json({**body, "old": {"prefix": turn.old_prefix, "ends_at": turn.old_ends_at}})
        return
    print_issued(turn.key)
    note(f"the old key, {turn.old_prefix}, holds until {_moment(turn.old_ends_at)} UTC")


@app.command("revoke")
@guarded
def revoke(context: typer.Context, slug: Slug, prefix: Prefix, as_json: AsJson = False) -> None:
    """End a key now. Serving processes refuse it within seconds, and close its streams."""
    ended = _prefix(prefix)
    with opened(settings_of(context)) as hub, open_books(hub) as books:
        revoke_key(books.keys, books.tenants.find(slug).tenant_id, ended, by=operator())
    if as_json:
        print_json({"tenant": slug, "revoked": ended})
        return
    OUT.print(f"revoked  {ended}")


def issued_body(key: IssuedKey) -> dict[str, object]:
    return {
        "api_key": key.text,
        "prefix": key.prefix,
        "scopes": sorted(key.scopes),
        "expires_at": key.expires_at,
    }


def print_issued(key: IssuedKey) -> None:
    OUT.print(f"api key  {key.text}")
    ends = f", until {_moment(key.expires_at)} UTC" if key.expires_at else ""
    note(f"may {', '.join(sorted(key.scopes))}{ends}; it is not shown again")


def _keys(hub: OpenedHub, slug: str) -> list[ListedKey]:
    tenant = find_tenant(hub, slug).tenant_id

    async def ask(services: Services) -> list[ListedKey]:
        access = services.access
        return await every_row(lambda after: access.keys(tenant, access.page_max, after))

    return asked(hub, ask)


def _rows(keys: Sequence[ListedKey], now: datetime) -> Iterator[list[str]]:
    for key in keys:
        state = key.state(now)
        ends = key.revoked_at if state is KeyState.REVOKED else key.expires_at
        yield [
            key.prefix,
            key.name,
            ", ".join(sorted(key.scopes)),
            state.value.replace("_", " "),
            _moment(key.created_at),
            _moment(key.last_used_at) if key.last_used_at else "never",
            _moment(ends) if ends else "never",
        ]


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _prefix(text: str) -> str:
    """Whoever has the key itself at hand may give that."""
    found = _PREFIX.fullmatch(text.strip())
    if found is None:
        raise InvalidInput("bad_prefix", "prefix", "A prefix is 12 letters and digits, from `hub key list`.")
    return found[1]
