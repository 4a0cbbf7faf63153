"""All rows of a list that comes in pages, for commands that show it whole."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from analytics_hub.domain.page import Page, RowPlace

_Row = TypeVar("_Row")


async def every_row(page: Callable[[RowPlace | None], Awaitable[Page[_Row]]]) -> list[_Row]:
    """`page` gives the one after a place."""
    found = await page(None)
    rows = [*found.rows]
    while found.next is not None:
        found = await page(found.next)
        rows += found.rows
    return rows
