"""`hub member`: who the people of a tenant are, and what they may do. They sign in with an issuer (docs/access.md)."""

from typing import Annotated

import typer

from analytics_hub.api.rest.access_wire import member_body
from analytics_hub.api.services import Services
from analytics_hub.cli.console import OUT, note, print_json
from analytics_hub.cli.every_page import every_row
from analytics_hub.cli.opened import opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.services import asked
from analytics_hub.cli.table import print_table
from analytics_hub.cli.tenants import find_tenant, open_books, operator
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.member import Member, Person
from analytics_hub.tenancy.members import add_member, change_role, remove_member

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Add and remove people, set their roles.")

Slug = Annotated[str, typer.Argument(help="The tenant's slug.", metavar="TENANT")]
Who = Annotated[str, typer.Argument(help="The person's subject, or e-mail address.")]
Role = Annotated[str, typer.Argument(help="viewer, analyst or admin.")]
Issuer = Annotated[str | None, typer.Option(help="Where several members have this subject.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("add")
@guarded
def add(
    context: typer.Context,
    slug: Slug,
    subject: Annotated[str, typer.Argument(help="What the issuer calls the person: the `sub` of a token.")],
    role: Annotated[str, typer.Option(help="viewer, analyst or admin.")] = "viewer",
    issuer: Annotated[
        str | None, typer.Option(help="The `iss` of a token; that of HUB_OIDC_ISSUER by default.")
    ] = None,
    email: Annotated[str, typer.Option(help="For people; nobody signs in by it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Let a person in."""
    settings = settings_of(context)
    named = issuer or settings.oidc.issuer
    if named is None:
        raise InvalidInput("no_issuer", "--issuer", "Say who vouches for the person: --issuer.")
    person = Person(named, subject)
    with opened(settings) as hub, open_books(hub) as books:
        tenant = books.tenants.find(slug).tenant_id
        member = add_member(books.members, tenant, person, role, by=operator(), email=email)
    if as_json:
        print_json(
            {
                "tenant": slug,
                "id": str(member.member_id),
                "issuer": named,
                "subject": subject,
                "email": email,
                "role": member.role,
            }
        )
        return
    OUT.print(f"added    {subject}", markup=False)
    note(f"{member.role} of {slug}, by {named}")


@app.command("list")
@guarded
def list_(
    context: typer.Context,
    slug: Slug,
    show_removed: Annotated[bool, typer.Option("--all", help="Those who left too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the members and their roles."""
    with opened(settings_of(context)) as hub:
        tenant = find_tenant(hub, slug).tenant_id

        async def ask(services: Services) -> list[Member]:
            access = services.access
            return await every_row(lambda after: access.members(tenant, access.page_max, after))

        members = asked(hub, ask)
    shown = [member for member in members if show_removed or member.removed_at is None]
    if as_json:
        print_json([member_body(member) for member in shown])
        return
    if shown:
        print_table(("subject", "e-mail", "role", "issuer", "added", "left"), map(_row, shown), numbers=())
    if len(shown) < len(members):
        note(f"{len(members) - len(shown)} left; --all shows them")
    elif not members:
        note(f"no member yet; add one with: hub member add {slug} SUBJECT --issuer URL")


@app.command("role")
@guarded
def role(
    context: typer.Context, slug: Slug, who: Who, role: Role, issuer: Issuer = None, as_json: AsJson = False
) -> None:
    """Give a member another role."""
    with opened(settings_of(context)) as hub, open_books(hub) as books:
        tenant = books.tenants.find(slug).tenant_id
        before = change_role(books.members, tenant, who, role, by=operator(), issuer=issuer)
    if as_json:
        print_json({"tenant": slug, "subject": before.person.subject, "before": before.role, "role": role})
        return
    OUT.print(f"{role}  {before.person.subject}", markup=False)
    note(f"was {before.role}; serving processes know within seconds")


@app.command("remove")
@guarded
def remove(
    context: typer.Context, slug: Slug, who: Who, issuer: Issuer = None, as_json: AsJson = False
) -> None:
    """Let a member go. Serving processes refuse the person within seconds."""
    with opened(settings_of(context)) as hub, open_books(hub) as books:
        tenant = books.tenants.find(slug).tenant_id
        before = remove_member(books.members, tenant, who, by=operator(), issuer=issuer)
    if as_json:
        print_json({"tenant": slug, "subject": before.person.subject, "removed": True})
        return
    OUT.print(f"removed  {before.person.subject}", markup=False)
    note(f"was {before.role}")


def _row(member: Member) -> list[str]:
    return [
        member.person.subject,
        member.email,
        member.role.value,
        member.person.issuer,
        f"{member.added_at:%Y-%m-%d %H:%M}",
        f"{member.removed_at:%Y-%m-%d %H:%M}" if member.removed_at else "",
    ]
