"""The flush on a real PostgreSQL: faults between its steps, commits whose answer is lost, frozen writers,
budgets.
"""

import threading
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.errors import Broken, TryLater
from analytics_hub.domain.ledger import LedgerCount
from analytics_hub.storage.connections import connect
from analytics_hub.storage.statements import statements
from ingest.failpoint import FLUSH_STEPS, Failpoints, Planted
from ingest.flush import PostgresSink
from ingest.ports import Fenced
from rust_core import DELTA_COLUMNS, EVENT_COLUMNS, SERIES_COLUMNS
from tests.support.database import Database
from tests.support.ingest import NOW, SETTINGS, PostgresStored, event, events, prepared

AFTER_COMMIT = "flush.after_commit"


@pytest.mark.parametrize("step", FLUSH_STEPS)
def test_a_fault_at_any_step_leaves_all_or_nothing(postgres: PostgresStored, step: str) -> None:
    sink = postgres.another(Failpoints.parse(f"{step}=error"))
    with pytest.raises(Planted):
        sink.flush(prepared(events(range(10)), postgres.tenant_id))
    stored = 10 if step == AFTER_COMMIT else 0
    assert postgres.totals()["events"] == postgres.raw_totals()["events"] == stored


@pytest.mark.parametrize("step", FLUSH_STEPS)
def test_a_flush_after_a_fault_gives_exact_totals(postgres: PostgresStored, step: str) -> None:
    sink = postgres.another(Failpoints.parse(f"{step}=error"))
    with pytest.raises(Planted):
        sink.flush(prepared(events(range(10)), postgres.tenant_id))
    postgres.sink.flush(prepared(events(range(10)), postgres.tenant_id))
    assert postgres.totals()["events"] == postgres.raw_totals()["events"] == 10


def test_the_sink_stays_usable_after_a_fault(postgres: PostgresStored) -> None:
    sink = postgres.another(Failpoints.parse("flush.after_events=error@1"))
    with pytest.raises(Planted):
        sink.flush(prepared(events(range(10)), postgres.tenant_id))
    with pytest.raises(Planted):
        sink.flush(prepared(events(range(10)), postgres.tenant_id))
    assert postgres.totals()["events"] == 0


class _AnswerLost(psycopg.Connection[Any]):
    """Commits the flush's transaction, or does not, and loses the answer either way."""

    commits = True

    def commit(self) -> None:
        if self.commits:
            super().commit()
        self.close()
        raise psycopg.OperationalError("the connection was lost")


class _CommitLost(_AnswerLost):
    commits = False


@pytest.mark.parametrize("lost", [_AnswerLost, _CommitLost])
@pytest.mark.parametrize("fenced", [False, True])
def test_a_commit_in_doubt_ends_in_one_account(
    db: Database, postgres: PostgresStored, lost: type[_AnswerLost], fenced: bool
) -> None:
    kinds: list[type[psycopg.Connection[Any]]] = [lost]
    sink = PostgresSink(
        lambda: (kinds.pop() if kinds else psycopg.Connection[Any]).connect(db.writer_dsn),
        SETTINGS.flush,
        SystemClock(),
    )
    fence = postgres.sink.claim("partition", 0) if fenced else None
    flushed = sink.flush(prepared(events(range(10)), postgres.tenant_id), fence, 10)
    sink.close()
    assert flushed.count.received == 10
    assert postgres.ledger() == LedgerCount(received=10, stored=10)
    assert postgres.totals()["events"] == postgres.raw_totals()["events"] == 10


def test_a_server_that_ends_the_connection_costs_a_retry(db: Database, postgres: PostgresStored) -> None:
    postgres.sink.flush(prepared(events(range(5)), postgres.tenant_id))
    with psycopg.connect(db.admin_dsn, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'hub_writer'")
    assert postgres.sink.flush(prepared(events(range(5, 9)), postgres.tenant_id)).count.stored == 4


def test_a_claim_ends_a_writer_that_is_frozen_inside_its_flush(
    db: Database, postgres: PostgresStored
) -> None:
    flush = SETTINGS.flush.model_copy(update={"lock_timeout_ms": 200})
    zombie = postgres.another(Failpoints.parse("flush.after_events=pause(3000)"), flush)
    fence = zombie.claim("partition", 0)
    result: list[Fenced] = []

    def freeze() -> None:
        try:
            zombie.flush(prepared(events(range(5)), postgres.tenant_id), fence, 5)
        except Fenced as error:
            result.append(error)

    frozen = threading.Thread(target=freeze)
    frozen.start()
    _wait_for_backend_in_transaction(db)
    other = postgres.another(flush=flush)
    claimed = other.claim("partition", 0)
    assert claimed.next_offset == 0
    other.flush(prepared(events(range(5)), postgres.tenant_id), claimed, 5)
    frozen.join(30)
    assert len(result) == 1
    assert postgres.totals()["events"] == postgres.raw_totals()["events"] == 5


def _wait_for_backend_in_transaction(db: Database) -> None:
    with psycopg.connect(db.admin_dsn, autocommit=True) as admin:
        for _ in range(200):
            row = admin.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'hub-ingest:%'"
                " AND state = 'idle in transaction' AND datname = current_database()"
            ).fetchone()
            if row is not None and row[0]:
                return
            admin.execute("SELECT pg_sleep(0.02)")
    raise AssertionError("no writer is inside its flush")


def test_two_writers_of_the_same_events_store_them_once(postgres: PostgresStored) -> None:
    lines = events(range(300))
    counts: list[LedgerCount] = []

    def write(sink: PostgresSink, some: list[bytes]) -> None:
        parts = [some[at : at + 50] for at in range(0, len(some), 50)]
        counts.extend(sink.flush(prepared(part, postgres.tenant_id)).count for part in parts)

    writers = [
        threading.Thread(target=write, args=(postgres.another(), order)) for order in (lines, lines[::-1])
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert sum(count.stored for count in counts) == 300
    assert postgres.totals()["events"] == postgres.raw_totals()["events"] == 300
    assert postgres.ledger() == LedgerCount(received=600, stored=300, duplicate=300)


def test_a_silent_server_is_left_at_the_deadline(db: Database, postgres: PostgresStored) -> None:
    flush = SETTINGS.flush.model_copy(
        update={
            "deadline_s": 0.5,
            "lock_timeout_ms": 60_000,
            "statement_timeout_ms": 60_000,
            "retries_max": 0,
        }
    )
    sink = PostgresSink(lambda: connect(db.writer_dsn, "test"), flush, SystemClock())
    with db.connect("hub_owner", autocommit=False) as blocker:
        blocker.execute("LOCK TABLE hub.usage_1m IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(TryLater):
            sink.flush(prepared(events(range(5)), postgres.tenant_id))
        blocker.rollback()
    sink.close()
    assert postgres.totals()["events"] == 0


def test_series_past_the_budget_become_other(db: Database, postgres: PostgresStored) -> None:
    with db.connect("hub_maint") as conn:
        conn.execute("UPDATE hub.tenants SET series_max = 5 WHERE tenant_id = %s", [postgres.tenant_id])
    lines = [event(number, project=f"project-{number}") for number in range(20)]
    for at in range(0, 20, 4):
        postgres.sink.flush(prepared(lines[at : at + 4], postgres.tenant_id))
    with db.connect("hub_maint") as conn:
        found = conn.execute(
            "SELECT s.project, count(*) FROM hub.usage_events e"
            " JOIN hub.series s ON s.tenant_id = e.tenant_id AND s.series_id = e.series_id"
            " WHERE e.tenant_id = %s GROUP BY 1",
            [postgres.tenant_id],
        )
        by_project = dict(found.fetchall())
    assert by_project.pop("other") == 15
    assert len(by_project) == 5
    assert postgres.totals()["events"] == 20


def test_past_the_budget_models_stay_apart_within_a_reserve_and_then_become_other(
    db: Database, postgres: PostgresStored
) -> None:
    with db.connect("hub_maint") as conn:
        conn.execute("UPDATE hub.tenants SET series_max = 20 WHERE tenant_id = %s", [postgres.tenant_id])
    lines = [event(number, project=f"project-{number}", model=f"model-{number}") for number in range(60)]
    for at in range(0, 60, 20):
        postgres.sink.flush(prepared(lines[at : at + 20], postgres.tenant_id))
    with db.connect("hub_maint") as conn:
        found = conn.execute(
            "SELECT s.project = 'other', s.model = 'other', count(*) FROM hub.series s WHERE s.tenant_id = %s"
            " GROUP BY 1, 2 ORDER BY 1, 2",
            [postgres.tenant_id],
        )
        assert found.fetchall() == [(False, False, 20), (True, False, 2), (True, True, 1)]
    assert postgres.totals()["events"] == 60


def test_one_series_id_for_two_sets_of_dimensions_is_refused(db: Database, postgres: PostgresStored) -> None:
    postgres.sink.flush(prepared([event(1)], postgres.tenant_id))
    with db.connect("hub_owner") as conn:
        conn.execute("UPDATE hub.series SET model = 'another' WHERE tenant_id = %s", [postgres.tenant_id])
    with pytest.raises(Broken, match="series_collision"):
        postgres.another().flush(prepared([event(2, project="project-1")], postgres.tenant_id))


def test_a_day_that_vanished_is_made_again(db: Database, postgres: PostgresStored) -> None:
    postgres.sink.flush(prepared([event(1)], postgres.tenant_id))
    with db.connect("hub_owner") as conn:
        conn.execute("DROP TABLE hub.usage_events_20261105, hub.usage_1m_20261105")
    assert postgres.sink.flush(prepared([event(2)], postgres.tenant_id)).count.stored == 1


def test_events_of_many_days_are_stored(postgres: PostgresStored) -> None:
    lines = [
        event(number, time=datetime(2020 + number // 12, 1 + number % 12, 1, tzinfo=UTC).isoformat())
        for number in range(60)
    ]
    flushed = postgres.sink.flush(prepared(lines, postgres.tenant_id, any_age=True))
    assert flushed.count == LedgerCount(received=60, stored=60)


def test_marks_name_every_hour_that_was_touched(db: Database, postgres: PostgresStored) -> None:
    postgres.sink.flush(prepared(events(range(180)), postgres.tenant_id))
    with db.connect("hub_maint") as conn:
        hours = conn.execute(
            "SELECT DISTINCT extract(hour FROM hour AT TIME ZONE 'UTC')::int FROM hub.rollup_marks"
            " WHERE tenant_id = %s ORDER BY 1",
            [postgres.tenant_id],
        ).fetchall()
    assert hours == [(6,), (7,), (8,)]


def test_the_ledger_is_kept_by_hour_of_receipt(db: Database, postgres: PostgresStored) -> None:
    postgres.sink.flush(prepared(events(range(3)), postgres.tenant_id))
    with db.connect("hub_maint") as conn:
        row = conn.execute(
            "SELECT hour, received FROM hub.ingest_ledger WHERE tenant_id = %s", [postgres.tenant_id]
        ).fetchone()
    assert row == (NOW, 3)


@pytest.mark.parametrize(
    ("statement", "columns"),
    [
        ("copy_events", EVENT_COLUMNS),
        ("copy_temp_events", ("row_no", *EVENT_COLUMNS)),
        ("copy_temp_keys", ("row_no", "tenant_id", "ts", "event_key")),
        ("copy_deltas", DELTA_COLUMNS),
        ("copy_temp_series", ("tenant_id", "series_id", *SERIES_COLUMNS, "tags")),
    ],
)
def test_a_copy_names_the_columns_in_the_order_of_the_encoder(
    statement: str, columns: tuple[str, ...]
) -> None:
    text = statements("flush")[statement]
    named = text[text.index("(") + 1 : text.index(")")].replace("\n", " ").split(",")
    assert tuple(name.strip() for name in named) == tuple(columns)


def test_a_server_that_is_away_for_a_while_is_waited_for(db: Database, postgres: PostgresStored) -> None:
    tries: list[int] = []

    def connected() -> psycopg.Connection[Any]:
        tries.append(1)
        if len(tries) < 5:
            raise psycopg.OperationalError("the server is starting")
        return connect(db.writer_dsn, "test")

    flush = SETTINGS.flush.model_copy(update={"retries_max": 0})
    sink = PostgresSink(connected, flush, SystemClock())
    assert sink.flush(prepared(events(range(5)), postgres.tenant_id)).count.stored == 5
    sink.close()


def test_a_server_that_stays_away_is_told_as_passing(postgres: PostgresStored) -> None:
    def refused() -> psycopg.Connection[Any]:
        raise psycopg.OperationalError("connection refused")

    sink = PostgresSink(refused, SETTINGS.flush.model_copy(update={"deadline_s": 0.3}), SystemClock())
    with pytest.raises(TryLater, match="connection refused"):
        sink.flush(prepared(events(range(5)), postgres.tenant_id))


def test_a_missing_right_is_not_waited_for(db: Database, postgres: PostgresStored) -> None:
    with db.connect("hub_owner") as conn:
        conn.execute("REVOKE INSERT ON hub.rollup_marks FROM hub_writer")
    with pytest.raises(Broken, match="permission denied"):
        postgres.another().flush(prepared(events(range(5)), postgres.tenant_id))
    assert postgres.totals()["events"] == 0


def test_a_connection_that_cannot_be_made_ready_is_not_left_open(
    db: Database, postgres: PostgresStored
) -> None:
    opened: list[psycopg.Connection[Any]] = []

    def connected() -> psycopg.Connection[Any]:
        opened.append(connect(db.writer_dsn, "test"))
        return opened[-1]

    with psycopg.connect(db.admin_dsn) as admin:
        admin.execute(f"REVOKE TEMP ON DATABASE {db.name} FROM PUBLIC, hub_writer".encode())
    sink = PostgresSink(connected, SETTINGS.flush, SystemClock())
    with pytest.raises(Broken, match="permission denied"):
        sink.flush(prepared(events(range(5)), postgres.tenant_id))
    assert [conn.closed for conn in opened] == [True]
