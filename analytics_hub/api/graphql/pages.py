"""Pages as Relay's clients know them: edges, nodes, `pageInfo`. Forward only, as the lists are.

In: the items of a page, the cursor of each and of the next page. Out: the part of a connection that all share.
"""

from collections.abc import Sequence

import strawberry

from analytics_hub.api.graphql.shapes import Body
from analytics_hub.api.graphql.typed import shape


@shape
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool = strawberry.field(
        description="With a rare filter a page may be empty and still have a next one."
    )
    has_previous_page: bool = strawberry.field(description="Whether it was asked for by `after`.")
    start_cursor: str | None
    end_cursor: str | None = strawberry.field(description="`after` of the next page.")


def page_body(
    nodes: Sequence[Body], cursors: Sequence[str], following: str | None, after: str | None
) -> Body:
    return {
        "edges": [{"cursor": cursor, "node": node} for cursor, node in zip(cursors, nodes, strict=True)],
        "nodes": nodes,
        "page_info": {
            "has_next_page": following is not None,
            "has_previous_page": after is not None,
            "start_cursor": cursors[0] if cursors else None,
            # Behind the last event, or behind what was searched in vain.
            "end_cursor": following or (cursors[-1] if cursors else None),
        },
    }
