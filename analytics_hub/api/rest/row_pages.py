"""Pages of lists by the moment of their rows: how long one is, and where the next begins.

In: `limit` and `cursor` as they were asked, the page that was found. Out: a size and a place; the cursor of the next
page, good for this tenant and this list only (`analytics_hub/query/cursor.py`).
"""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Query

from analytics_hub.domain.page import RowPlace
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.cursor import read_row_cursor, write_row_cursor

PAGE_DEFAULT: Final = 100

Limit = Annotated[int | None, Query(description=f"Rows of a page; {PAGE_DEFAULT} by default.")]
Cursor = Annotated[str | None, Query(description="`next` of the page before.")]


@dataclass(frozen=True, slots=True)
class RowPages:
    """One list of one tenant."""

    tenant: TenantId
    name: str

    def asked(self, page_max: int, limit: int | None, cursor: str | None) -> tuple[int, RowPlace | None]:
        """Rows wanted, and after which one."""
        after = None if cursor is None else read_row_cursor(cursor, self.tenant, self.name)
        return min(PAGE_DEFAULT, page_max) if limit is None else limit, after

    def cursor(self, place: RowPlace | None) -> str | None:
        return None if place is None else write_row_cursor(place, self.tenant, self.name)
