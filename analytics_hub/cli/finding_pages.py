"""Pages of anomalies and of incidents, for people: a table, or why there is none, and whether there is more.

In: a page, and how a row of it is written. Out: text.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from analytics_hub.cli.console import note, note_more
from analytics_hub.cli.table import print_table
from analytics_hub.domain.page import Page

_Row = TypeVar("_Row")


def print_page(
    page: Page[_Row],
    names: Sequence[str],
    row: Callable[[_Row], list[str]],
    *,
    numbers: Sequence[str],
    limit: int,
    nothing: str,
) -> None:
    """`nothing`: what there is none of, the beginning of a sentence."""
    if page.rows:
        print_table(names, map(row, page.rows), numbers=numbers)
        note("times of UTC")
    else:
        note(f"{nothing} in this range; hours are scored by: hub jobs run")
    if page.next is not None:
        note_more(limit)
