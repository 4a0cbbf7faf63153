"""A tenant with a key that may ask, and its questions over HTTP on a real database."""

from collections.abc import Sequence
from typing import Final

from fastapi import FastAPI

from analytics_hub.api.app import create_app
from analytics_hub.domain.tenant import TenantId
from analytics_hub.settings import ApiSettings
from analytics_hub.storage.key_store import PostgresKeyBook
from analytics_hub.tenancy.issue import issue_key
from tests.support.database import Database
from tests.support.http import Answer, request
from tests.support.ingest import PostgresStored, prepared
from tests.support.services import open_services

HOSTILE: Final = (
    "x' OR tenant_id > 0; DROP TABLE hub.usage_events; --",
    "%s %(tenant_id)s {}",
    "\u2028\\",
    "-- \n",
)
"""Words that must be values and nothing else."""


class Reader:
    """One tenant, one path; `params` go with every question."""

    def __init__(
        self,
        db: Database,
        slug: str,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        scope: str = "query",
    ) -> None:
        self._db = db
        self._path = path
        self._params = tuple(params)
        self._stored = PostgresStored(db, slug)
        self.tenant = self._stored.tenant_id
        with db.connect("hub_maint") as connection:
            self.key = issue_key(PostgresKeyBook(connection), TenantId(self.tenant), [scope]).text

    @property
    def app(self) -> FastAPI:
        return create_app(lambda: open_services(self._db.reader_dsn), ApiSettings())

    def flush(self, *lines: bytes) -> None:
        sink = self._stored.another()
        sink.flush(prepared(lines, self.tenant))
        sink.close()

    def get(
        self, *params: tuple[str, str], key: str | None = None, accept: str = "", held: str = ""
    ) -> Answer:
        headers = {"Accept": accept} if accept else {}
        if held:
            headers["If-None-Match"] = held
        return request(
            self.app, self._path, key=key or self.key, params=(*self._params, *params), headers=headers
        )
