"""Hours of one tenant as arrays, over a connection of hub_reader that is kept: the real side of `query/hours.py`.

In: plans, made into statements by the builders handed in, because storage knows no query. Out: `HourColumns`. Each
snapshot is a transaction of its own, with its tenant set, through the barrier views. Arrays come in PostgreSQL's
binary form (arrayfuncs.c, array_send): a header of five int32, then each element's length and its eight bytes; a NULL
has no bytes, so that statements let none through.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import psycopg
from psycopg.adapt import Loader
from psycopg.pq import Format

from analytics_hub.domain.errors import Broken
from analytics_hub.domain.hours import HourColumns
from analytics_hub.domain.plan import Marks, Plan, Span
from analytics_hub.domain.tenant import TenantId
from analytics_hub.storage.connections import tenant_transaction
from analytics_hub.storage.reader_pool import translated
from analytics_hub.storage.statements import statements
from analytics_hub.storage.usage_store import Build, marks_of

Connect = Callable[[], psycopg.Connection[Any]]

_HEADER: Final = struct.Struct(">5i")
_ELEMENT_BYTES: Final = 12
_EPOCH_OFFSET_S: Final = 946_684_800  # PostgreSQL counts from 2000
_US_PER_S: Final = 1e6


class PostgresHourStore:
    """Keeps as many connections as there were snapshots at a time."""

    def __init__(self, connect: Connect, build: Build, build_arrays: Build, *, work_mem_mb: int) -> None:
        self._connect = connect
        self._build = build
        self._build_arrays = build_arrays
        self._work_mem_mb = work_mem_mb
        self._kept: list[psycopg.Connection[Any]] = []
        self._closed = False

    @contextmanager
    def snapshot(self, tenant: TenantId) -> Iterator["PostgresHourSnapshot"]:
        with translated():
            connection = self._taken()
            try:
                with tenant_transaction(connection, tenant) as cursor:
                    cursor.execute(statements("usage")["no_nested_loops"])
                    yield PostgresHourSnapshot(cursor, tenant, self._build, self._build_arrays)
            except BaseException:
                connection.close()
                raise
            self._kept.append(connection)
            if self._closed:
                self.close()

    def close(self) -> None:
        self._closed = True
        while self._kept:
            self._kept.pop().close()

    def _taken(self) -> psycopg.Connection[Any]:
        """One that still answers, or a new one. Lists pop and append whole, whichever thread does."""
        while self._kept:
            connection = self._kept.pop()
            try:
                connection.execute(statements("usage")["ready"])
            except psycopg.OperationalError:
                connection.close()
            else:
                return connection
        connection = self._connect()
        connection.prepare_threshold = None  # a question of its own each time
        work_mem = {"work_mem": f"{self._work_mem_mb}MB"}
        connection.execute(statements("usage")["work_mem"], work_mem)
        return connection


class PostgresHourSnapshot:
    """One open transaction."""

    def __init__(
        self, cursor: psycopg.Cursor[Any], tenant: TenantId, build: Build, build_arrays: Build
    ) -> None:
        self._cursor = cursor
        self._tenant = tenant
        self._build = build
        self._build_arrays = build_arrays

    def marks(self, span: Span, facets: Sequence[str]) -> Marks:
        args = {
            "tenant_id": int(self._tenant),
            "start": span.start,
            "end": span.end,
            "facets": list(facets),
        }
        self._cursor.execute(statements("usage")["marks"], args)
        return marks_of(self._cursor.fetchone())

    def groups(self, plan: Plan) -> list[tuple[str, ...]]:
        text, args = self._build(plan)
        self._cursor.execute(text.encode(), args)
        last = 2 + len(plan.query.group_by)
        return [tuple(group) for _, other, *group in (row[:last] for row in self._cursor) if not other]

    def hours(self, plan: Plan) -> list[HourColumns]:
        text, args = self._build_arrays(plan)
        dimension = plan.query.group_by[0] if plan.query.group_by else ""
        with self._cursor.connection.cursor(binary=True) as cursor:
            for name in ("timestamptz", "float8"):
                array = cursor.adapters.types[name].array_oid
                cursor.adapters.register_loader(array, _BytesLoader)
            cursor.execute(text.encode(), args)
            return [
                HourColumns(
                    dimension,
                    "".join(row[: -1 - len(plan.columns)]),
                    _starts_s(buckets),
                    {
                        name: _elements(column, "d")
                        for name, column in zip(plan.columns, columns, strict=True)
                    },
                )
                for row in cursor
                for buckets, *columns in [row[-1 - len(plan.columns) :]]
                if buckets is not None  # one row of nothing
            ]


class _BytesLoader(Loader):
    """As it came."""

    format = Format.BINARY

    def load(self, data: Any) -> bytes:
        return bytes(data)


def _starts_s(array: bytes) -> tuple[float, ...]:
    return tuple(us / _US_PER_S + _EPOCH_OFFSET_S for us in _elements(array, "q"))


def _elements(array: bytes, code: str) -> tuple[float, ...]:
    dimensions, has_null, _, count, _ = _HEADER.unpack_from(array)
    if dimensions != 1 or has_null or len(array) != _HEADER.size + count * _ELEMENT_BYTES:
        raise Broken("database_error", "The database gave an array of another form.")
    return _layout(count, code).unpack_from(array, _HEADER.size)


@cache
def _layout(count: int, code: str) -> struct.Struct:
    """Each element's length is passed over."""
    return struct.Struct(">" + f"4x{code}" * count)
