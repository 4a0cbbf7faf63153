"""`hub worker` between a real broker and a real database: what comes in is stored once, and it stops in order."""

import uuid
from pathlib import Path

from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.ledger import LedgerCount
from ingest.broker.process import Broker
from ingest.file_source import FileSource
from ingest.kafka.topics import delete_topic, ensure_topics
from ingest.pipeline import Pipeline
from rust_core import TenantRules
from tests.support.command import hub
from tests.support.database import Database
from tests.support.ingest import NOW, SETTINGS, PostgresStored, decoder, events
from tests.support.stream import WAIT_S, Topic, a_worker, offsets, stored_up_to, wait_for

EVENTS = 600


def test_the_stream_comes_to_what_a_load_of_the_same_events_comes_to(
    db: Database, stream: Topic, stored: PostgresStored, tmp_path: Path
) -> None:
    ends = stream.fill(stored.tenant_id, range(EVENTS))
    with a_worker(db, stream, tmp_path) as worker:
        stored_up_to(db, worker, ends)
        assert worker.ready() == (True, "ok")
        assert worker.metric("hub_events_total", outcome="stored") == EVENTS
        assert worker.stop() == 0

    loaded = PostgresStored(db, "loaded")
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(events(range(EVENTS))))
    source = FileSource(str(file), SETTINGS.ingest, SETTINGS.decode)
    pipeline = Pipeline(decoder(), loaded.sink, SETTINGS.ingest, FixedClock(NOW))
    pipeline.run(source, TenantRules(loaded.tenant_id, "loaded", None, ()))
    assert stored.totals() == loaded.totals()
    assert stored.raw_totals() == loaded.raw_totals()
    assert stored.ledger() == loaded.ledger() == LedgerCount(EVENTS, EVENTS, 0, 0)
    loaded.close()


def test_events_that_come_again_are_counted_as_duplicates(
    db: Database, stream: Topic, stored: PostgresStored, tmp_path: Path
) -> None:
    stream.fill(stored.tenant_id, range(EVENTS))
    ends = stream.fill(stored.tenant_id, range(EVENTS), a_message=30)
    with a_worker(db, stream, tmp_path) as worker:
        stored_up_to(db, worker, ends)
    assert stored.raw_totals()["events"] == stored.totals()["events"] == EVENTS
    assert stored.ledger() == LedgerCount(2 * EVENTS, EVENTS, EVENTS, 0)


def test_what_is_buffered_is_stored_before_a_clean_stop(
    db: Database, stream: Topic, stored: PostgresStored, tmp_path: Path
) -> None:
    ends = stream.fill(stored.tenant_id, range(EVENTS))
    with a_worker(db, stream, tmp_path, HUB_INGEST_BATCH_WAIT_MS_MAX="60000") as worker:
        wait_for(
            lambda: worker.metric("hub_worker_buffered_events") == EVENTS, worker, "events in the buffer"
        )
        assert sum(offsets(db).values()) == 0
        assert worker.stop() == 0
    assert offsets(db) == ends
    assert stream.told() == ends
    assert stored.totals()["events"] == EVENTS


def test_a_worker_that_is_told_wrong_by_kafka_goes_on_where_the_database_stands(
    db: Database, stream: Topic, stored: PostgresStored, tmp_path: Path
) -> None:
    first = stream.fill(stored.tenant_id, range(EVENTS))
    with a_worker(db, stream, tmp_path) as worker:
        stored_up_to(db, worker, first)
        assert worker.stop() == 0
    ends = stream.fill(stored.tenant_id, range(EVENTS, 2 * EVENTS))
    stream.tell(max(ends.values()))
    with a_worker(db, stream, tmp_path) as worker:
        stored_up_to(db, worker, ends)
    assert stored.ledger() == LedgerCount(2 * EVENTS, 2 * EVENTS, 0, 0)


def test_a_worker_of_a_new_group_goes_on_where_the_database_stands(
    db: Database, stream: Topic, stored: PostgresStored, tmp_path: Path
) -> None:
    first = stream.fill(stored.tenant_id, range(EVENTS))
    with a_worker(db, stream, tmp_path) as worker:
        stored_up_to(db, worker, first)
    ends = stream.fill(stored.tenant_id, range(EVENTS, 2 * EVENTS))
    with a_worker(db, stream, tmp_path, HUB_KAFKA_GROUP=f"another-{stream.name}") as worker:
        stored_up_to(db, worker, ends)
    assert stored.ledger() == LedgerCount(2 * EVENTS, 2 * EVENTS, 0, 0)


def test_a_worker_whose_topic_is_missing_is_not_ready_until_it_is_made(
    db: Database, broker: Broker, stored: PostgresStored, tmp_path: Path
) -> None:
    stream = Topic(broker.bootstrap_servers, f"later-{uuid.uuid4().hex[:12]}", 2)
    with a_worker(db, stream, tmp_path, HUB_WORKER_TOPIC_CHECK_S="0.2") as worker:
        wait_for(lambda: f"{stream.name}: topic_missing" in worker.ready()[1], worker, "word of the topic")
        assert not worker.ready()[0]
        ensure_topics(stream.bootstrap_servers, [stream.name], stream.partitions, wait_s=WAIT_S)
        stored_up_to(db, worker, stream.fill(stored.tenant_id, range(20)))
        wait_for(lambda: worker.ready()[0], worker, "a worker that is ready")
    assert stored.totals()["events"] == 20
    delete_topic(stream.bootstrap_servers, stream.name, wait_s=WAIT_S)


def test_a_worker_older_than_the_schema_does_not_start(db: Database, stream: Topic) -> None:
    with db.connect("hub_owner") as conn:
        conn.execute(
            "INSERT INTO hub_migrations._yoyo_migration (migration_hash, migration_id, applied_at_utc)"
            " VALUES ('later', '9999_later', now())"
        )
    done = hub(db, "worker", HUB_KAFKA_BOOTSTRAP_SERVERS=stream.bootstrap_servers, HUB_WORKER_PORT="0")
    assert done.returncode == 1
    assert "schema_newer" in done.stderr


def test_a_worker_that_could_step_over_the_barrier_does_not_start(db: Database, stream: Topic) -> None:
    done = hub(
        db,
        "worker",
        HUB_WRITER_DSN=db.admin_dsn,
        HUB_KAFKA_BOOTSTRAP_SERVERS=stream.bootstrap_servers,
        HUB_WORKER_PORT="0",
    )
    assert done.returncode == 1
    assert "unsafe_role" in done.stderr
