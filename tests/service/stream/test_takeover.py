"""Workers that come, go, die and freeze: every event is stored once, whoever has the partition."""

import signal
from pathlib import Path

import psycopg
import pytest

from analytics_hub.domain.ledger import LedgerCount
from ingest.failpoint import WORKER_STEPS
from tests.support.database import Database
from tests.support.ingest import PostgresStored
from tests.support.stream import WAIT_S, Topic, a_worker, offsets, stored_up_to, wait_for

EVENTS = 600
SMALL = {"HUB_INGEST_BATCH_EVENTS_MAX": "20", "HUB_WORKER_POLL_MESSAGES_MAX": "2"}


def _all_once(stored: PostgresStored, events: int) -> None:
    assert stored.raw_totals()["events"] == stored.totals()["events"] == events
    assert stored.ledger() == LedgerCount(events, events, 0, 0)


# Every step of the flush is died at in tests/service/crash and tests/service/chaos; here those that the fence turns on.
@pytest.mark.parametrize(
    "step",
    [
        *WORKER_STEPS,
        "flush.after_fence",
        "flush.inside_copy",
        "flush.after_dead_letters",
        "flush.after_commit",
    ],
)
def test_a_worker_killed_at_any_step_is_followed_by_one_that_loses_and_repeats_nothing(
    db: Database, stream: Topic, stored: PostgresStored, tmp_path: Path, step: str
) -> None:
    ends = stream.fill(stored.tenant_id, range(EVENTS))
    # Not at once, so that something is durable before it dies; but an assignment comes only once, and so does a stop.
    early = step in {"worker.after_assign", "worker.after_kafka_commit"}
    with a_worker(
        db, stream, tmp_path, HUB_FAILPOINTS=f"{step}=crash{'' if early else '+3'}", **SMALL
    ) as worker:
        if step == "worker.after_kafka_commit":
            stored_up_to(db, worker, ends)
            worker.process.terminate()
        assert worker.process.wait(WAIT_S) == -signal.SIGKILL
    with a_worker(db, stream, tmp_path, **SMALL) as worker:
        stored_up_to(db, worker, ends)
    _all_once(stored, EVENTS)


def test_a_second_worker_takes_its_share_while_events_come(
    db: Database, stream: Topic, stored: PostgresStored, tmp_path: Path
) -> None:
    with a_worker(db, stream, tmp_path, **SMALL) as first:
        stored_up_to(db, first, stream.fill(stored.tenant_id, range(EVENTS)))
        with a_worker(db, stream, tmp_path, **SMALL) as second:
            sent = EVENTS
            while second.metric("hub_events_total", outcome="received") == 0:
                stream.fill(stored.tenant_id, range(sent, sent + 120))
                sent += 120
                assert second.process.poll() is None
            assert first.ready()[0]
            # And the share comes back when it goes.
            assert second.stop() == 0
            stored_up_to(db, first, stream.fill(stored.tenant_id, range(sent, sent + EVENTS)))
        assert first.metric("hub_partition_halted") == 0
        assert first.stop() == 0
    _all_once(stored, sent + EVENTS)


def test_a_worker_frozen_inside_a_copy_is_put_out_and_its_flush_counts_nothing(
    db: Database, stream: Topic, stored: PostgresStored, tmp_path: Path
) -> None:
    ends = stream.fill(stored.tenant_id, range(EVENTS))
    waits = {"HUB_FLUSH_LOCK_TIMEOUT_MS": "500"}
    with a_worker(
        db, stream, tmp_path, HUB_FAILPOINTS="flush.inside_copy=pause(6000)+4*1", **SMALL
    ) as zombie:
        # Frozen where it holds the row of a partition's offset and half a COPY.
        wait_for(lambda: sum(offsets(db).values()) >= 4, zombie, "four flushes")
        wait_for(lambda: _is_inside_a_copy(db), zombie, "a flush inside its COPY")
        zombie.freeze()
        with a_worker(db, stream, tmp_path, **SMALL, **waits) as heir:
            stored_up_to(db, heir, ends)
            _all_once(stored, EVENTS)
            zombie.thaw()
            # It learns that it has lost everything, takes its share again, and nothing is counted twice.
            sent = EVENTS
            stored_up_to(db, heir, stream.fill(stored.tenant_id, range(sent, sent + EVENTS)))
            assert heir.stop() == 0
    _all_once(stored, 2 * EVENTS)


def test_a_worker_frozen_before_its_flush_is_fenced_off_when_it_wakes(
    db: Database, stream: Topic, stored: PostgresStored, tmp_path: Path
) -> None:
    ends = stream.fill(stored.tenant_id, range(EVENTS))
    with a_worker(
        db,
        stream,
        tmp_path,
        HUB_FAILPOINTS="worker.before_flush=pause(6000)+4*1",
        HUB_WORKER_CONNECTIONS="1",
        **SMALL,
    ) as zombie:
        wait_for(lambda: sum(offsets(db).values()) >= 4, zombie, "four flushes")
        zombie.freeze()
        with a_worker(db, stream, tmp_path, **SMALL) as heir:
            stored_up_to(db, heir, ends)
            zombie.thaw()
            wait_for(
                lambda: zombie.metric("hub_flush_fenced_total") > 0, zombie, "a flush that is fenced off"
            )
            assert zombie.metric("hub_partition_halted") == 0
        stored_up_to(db, zombie, stream.fill(stored.tenant_id, range(EVENTS, 2 * EVENTS)))
    _all_once(stored, 2 * EVENTS)


def _is_inside_a_copy(db: Database) -> bool:
    with psycopg.connect(db.admin_dsn) as conn:  # what a session does is shown to nobody else
        row = conn.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'hub-ingest:%'"
            " AND query LIKE 'COPY hub.usage_events%' AND state = 'active'"
        ).fetchone()
    return row is not None and row[0] > 0
