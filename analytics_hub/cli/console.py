"""What the command line prints: results on standard output, everything else on standard error; errors in
one line.

In: values and errors of the product. Out: text for people, or one JSON object for programs. Tables of results
are made by the commands themselves.
"""

import sys
from typing import Any

import orjson
from rich.console import Console

from analytics_hub.domain.errors import HubError

OUT = Console(highlight=False, soft_wrap=True)
ERR = Console(stderr=True, highlight=False, soft_wrap=True)

# What to do next, by error code: the sentence that a newcomer needs and the domain cannot know.
HINTS = {
    "no_such_tenant": "make one with: hub tenant create NAME (hub tenant list shows them)",
    "slug_taken": "another key for it: hub key create NAME",
    "no_such_key": "hub key list TENANT shows the keys in force",
    "bad_prefix": "hub key list TENANT shows the keys in force",
    "no_such_member": "hub member list TENANT shows them",
    "member_already": "another role: hub member role TENANT SUBJECT ROLE",
    "member_unclear": "name the person by the subject, and say --issuer where two issuers have it",
    "bad_settings": "every setting is listed in docs/settings.md",
    "schema_older": "run: hub migrate",
    "queue_older": "run: hub migrate",
    "jobs_failed": "hub jobs list --failed says why",
}


def print_json(value: Any) -> None:
    """One JSON object and a line end, nothing else: for programs."""
    sys.stdout.write(orjson.dumps(value).decode() + "\n")
    sys.stdout.flush()


def print_error(error: HubError) -> None:
    """One line: what is wrong, its code, and what to do about it."""
    line = f"[red]error[/red] {_escaped(error.message)} [dim]({error.code})[/dim]"
    hint = HINTS.get(error.code)
    if hint is not None:
        line += f"\n[cyan]hint[/cyan]  {_escaped(hint)}"
    ERR.print(line)


def note(text: str) -> None:
    """Something worth knowing that is not the result."""
    ERR.print(f"[dim]{_escaped(text)}[/dim]")


def note_more(limit: int) -> None:
    """There are older ones than those that are listed."""
    note(f"the newest {limit} are shown; --limit, --from and --to choose others")


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
