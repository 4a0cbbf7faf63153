"""`deadLetters`: the rejects that were kept, newest first, as `GET /v1/dead-letters` answers.

In: arguments with REST's names, `first` and `after` for `limit` and `cursor`. Out: the letters of
`analytics_hub/api/rest/dead_letters_wire.py`.
"""

from typing import Annotated

import strawberry

from analytics_hub.api.graphql.arguments import After, First, From, To, page_named
from analytics_hub.api.graphql.asking import Info, MakeBody
from analytics_hub.api.graphql.pages import PageInfo, page_body
from analytics_hub.api.graphql.scalars import Count, DateTime
from analytics_hub.api.graphql.shapes import Body
from analytics_hub.api.graphql.typed import shape
from analytics_hub.api.rest.dead_letters import PAGE_DEFAULT
from analytics_hub.api.rest.dead_letters_wire import dead_letter_body
from analytics_hub.domain.dead_letter import DeadLetterFilter, DeadLetterPage
from analytics_hub.query.cursor import read_cursor, write_cursor
from analytics_hub.query.dead_letters import place_of


@shape
class Replay:
    """What became of a letter that was submitted again."""

    replayed_at: DateTime
    outcome: str = strawberry.field(description="accepted, rejected or not_replayable.")
    code: str = strawberry.field(description="Why not; empty for an accepted one.")


@shape
class DeadLetter:
    """An event that was refused. The payload of a list is its beginning."""

    id: Count
    received_at: DateTime
    origin: str = strawberry.field(description="The file, the request or the partition that it came from.")
    position: Count = strawberry.field(description="Its line or ordinal there.")
    at_byte: Count | None = strawberry.field(
        description="Where the syntax broke; null when it is no matter of syntax."
    )
    code: str
    field: str
    message: str
    payload: str
    payload_encoding: str = strawberry.field(description="utf-8 or base64.")
    payload_bytes: Count = strawberry.field(description="How much is kept.")
    payload_truncated: bool = strawberry.field(
        description="Less is kept than was received: it cannot be replayed."
    )
    last_replay: Replay | None


@shape
class DeadLetterEdge:
    """A dead letter and its place."""

    cursor: str
    node: DeadLetter


@shape
class DeadLetterConnection:
    """Some dead letters, newest first."""

    edges: list[DeadLetterEdge]
    nodes: list[DeadLetter]
    page_info: PageInfo


async def ask_dead_letters(
    info: Info,
    *,
    from_: From = "-24h",
    to: To = "now",
    code: Annotated[list[str], strawberry.argument(description="Only these reject codes.")] = [],  # noqa: B006
    origin: Annotated[list[str], strawberry.argument(description="Only from these origins.")] = [],  # noqa: B006
    first: First = None,
    after: After = None,
) -> MakeBody:
    asking = info.context
    start, end = asking.range(from_, to)
    question = DeadLetterFilter(asking.caller.tenant, start, end, tuple(code), tuple(origin))
    service = asking.services.dead_letters
    with page_named():
        place = None if after is None else read_cursor(after, question)
        page = await service.page(
            question, min(PAGE_DEFAULT, service.page_max) if first is None else first, place
        )
    return lambda: _body(page, question, after)


def _body(page: DeadLetterPage, question: DeadLetterFilter, after: str | None) -> Body:
    return page_body(
        [dead_letter_body(letter) for letter in page.letters],
        [write_cursor(place_of(letter), question) for letter in page.letters],
        None if page.next is None else write_cursor(page.next, question),
        after,
    )
