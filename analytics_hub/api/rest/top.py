"""`top`, which is also called `limit`: how many groups are told apart.

In: both parameters. Out: the one that was given. What is wrong with it is told under the name that was used.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from analytics_hub.domain.errors import InvalidInput


@contextmanager
def top_of(top: int | None, limit: int | None) -> Iterator[int | None]:
    """Wraps the making of the question that judges it."""
    if top is not None and limit is not None:
        raise InvalidInput("given_twice", "limit", "`top` and `limit` are one parameter: give one of them.")
    try:
        yield limit if top is None else top
    except InvalidInput as refused:
        if refused.field == "limit" and top is not None:
            raise InvalidInput(refused.code, "top", refused.message) from refused
        raise
