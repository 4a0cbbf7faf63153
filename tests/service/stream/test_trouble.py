"""What a worker does when the database is away, a partition cannot be read, or a record is rubbish."""

import gzip
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import psycopg
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from analytics_hub.domain.ledger import LedgerCount
from ingest.broker.process import Broker
from ingest.kafka.topics import delete_topic, ensure_topics
from tests.support.command import hub
from tests.support.database import Database
from tests.support.ingest import PostgresStored, event, events
from tests.support.stream import WAIT_S, Topic, a_worker, offsets, stamped, stored_up_to, wait_for

EVENTS = 300


def _doors(db: Database, *, open_: bool) -> None:
    """Let nobody into the database any more, and put out who is in it; or let them in again."""
    server = psycopg.conninfo.make_conninfo(db.admin_dsn, dbname="postgres")
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(
            f"ALTER DATABASE {db.name} WITH ALLOW_CONNECTIONS {'true' if open_ else 'false'}".encode()
        )
        if not open_:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [db.name]
            )


def test_while_the_database_is_away_nothing_is_dropped_and_the_session_lives(
    db: Database, stream: Topic, stored: PostgresStored, tmp_path: Path
) -> None:
    first = stream.fill(stored.tenant_id, range(EVENTS))
    with a_worker(
        db,
        stream,
        tmp_path,
        HUB_FLUSH_DEADLINE_S="1",
        HUB_FLUSH_STATEMENT_TIMEOUT_MS="500",
        HUB_FLUSH_LOCK_TIMEOUT_MS="400",
    ) as worker:
        stored_up_to(db, worker, first)
        _doors(db, open_=False)
        try:
            stream.fill(stored.tenant_id, range(EVENTS, 2 * EVENTS))
            wait_for(lambda: not worker.ready()[0], worker, "a worker that says that it is not ready")
            assert "database_unavailable" in worker.ready()[1]
        finally:
            _doors(db, open_=True)
        stored_up_to(db, worker, stream.ends())
        wait_for(lambda: worker.ready()[0], worker, "a worker that is ready again")
        assert "revoked" not in worker.said()
        assert worker.stop() == 0
    assert stored.ledger() == LedgerCount(2 * EVENTS, 2 * EVENTS, 0, 0)


def test_a_worker_stops_in_order_though_the_broker_is_frozen(
    db: Database, own_broker: Callable[[], Broker], stored: PostgresStored, tmp_path: Path
) -> None:
    broker = own_broker()
    stream = Topic(broker.bootstrap_servers, "events", 2)
    ensure_topics(broker.bootstrap_servers, [stream.name], 2, wait_s=WAIT_S)
    ends = stream.fill(stored.tenant_id, range(EVENTS))
    with a_worker(db, stream, tmp_path) as worker:
        stored_up_to(db, worker, ends)
        broker.freeze()
        assert worker.stop() == 0
        broker.thaw()
    assert stored.ledger() == LedgerCount(EVENTS, EVENTS, 0, 0)


def test_a_broker_that_dies_and_comes_back_costs_nothing(
    db: Database, own_broker: Callable[[], Broker], stored: PostgresStored, tmp_path: Path
) -> None:
    broker = own_broker()
    stream = Topic(broker.bootstrap_servers, "events", 2)
    ensure_topics(broker.bootstrap_servers, [stream.name], 2, wait_s=WAIT_S)
    ends = stream.fill(stored.tenant_id, range(EVENTS))
    with a_worker(db, stream, tmp_path) as worker:
        stored_up_to(db, worker, ends)
        broker.kill()
        broker.start()
        stored_up_to(db, worker, stream.fill(stored.tenant_id, range(EVENTS, 2 * EVENTS)))
        assert worker.metric("hub_partition_halted") == 0
        assert worker.stop() == 0
    assert stored.ledger() == LedgerCount(2 * EVENTS, 2 * EVENTS, 0, 0)


def test_an_offset_that_kafka_no_longer_has_halts_its_partition_and_no_other(
    db: Database, stream: Topic, stored: PostgresStored, tmp_path: Path
) -> None:
    first = stream.fill(stored.tenant_id, range(EVENTS))
    with a_worker(db, stream, tmp_path) as worker:
        stored_up_to(db, worker, first)
    ends = stream.fill(stored.tenant_id, range(EVENTS, 2 * EVENTS))
    admin = AdminClient({"bootstrap.servers": stream.bootstrap_servers})
    gone = TopicPartition(stream.name, 2, ends[2])
    for request in admin.delete_records([gone]).values():
        request.result(WAIT_S)
    with a_worker(db, stream, tmp_path) as worker:
        others = {number: end for number, end in ends.items() if number != 2}
        stored_up_to(db, worker, others)
        wait_for(lambda: worker.metric("hub_partition_halted") == 1, worker, "the alarm")
        assert worker.metric("hub_partition_halted", partition="2") == 1
        assert "offset_out_of_range" in worker.ready()[1]
        assert "offset_out_of_range" in worker.said()
        assert offsets(db)[2] == first[2]

    # Only a person moves it on, who is told first what is given up.

    def skip(*options: str) -> CompletedProcess[str]:
        servers = stream.bootstrap_servers
        return hub(db, "kafka", "skip", stream.name, "2", *options, HUB_KAFKA_BOOTSTRAP_SERVERS=servers)

    asked = skip()
    assert (asked.returncode, offsets(db)[2]) == (0, first[2])
    assert f"offsets {first[2]} to {ends[2] - 1}" in " ".join(asked.stdout.split())
    assert skip("--yes").returncode == 0
    assert offsets(db)[2] == ends[2]
    assert "nothing_to_skip" in skip().stderr
    later = stream.fill(stored.tenant_id, range(2 * EVENTS, 3 * EVENTS))
    with a_worker(db, stream, tmp_path) as worker:
        stored_up_to(db, worker, later)


def test_a_topic_made_anew_under_a_running_worker_halts_it(
    db: Database, stream: Topic, stored: PostgresStored, tmp_path: Path
) -> None:
    first = stream.fill(stored.tenant_id, range(EVENTS))
    with a_worker(db, stream, tmp_path, HUB_WORKER_TOPIC_CHECK_S="0.5") as worker:
        stored_up_to(db, worker, first)
        delete_topic(stream.bootstrap_servers, stream.name, wait_s=WAIT_S)
        ensure_topics(stream.bootstrap_servers, [stream.name], stream.partitions, wait_s=WAIT_S)
        wait_for(
            lambda: worker.metric("hub_partition_halted") == stream.partitions,
            worker,
            "the alarm for all of it",
        )
        # Its offsets may be found to be gone before its id is looked at: either is an alarm, neither a jump.
        said = worker.ready()[1]
        assert "topic_made_anew" in said or "offset_out_of_range" in said
    # A restart reads the new topic from its beginning, under keys of its own.
    stream.fill(stored.tenant_id, range(2 * EVENTS))
    with a_worker(db, stream, tmp_path) as worker:
        wait_for(lambda: stored.totals()["events"] == 2 * EVENTS, worker, "all events")
    assert stored.ledger().duplicate == EVENTS


def test_a_record_of_nobody_is_kept_for_the_operator_and_blocks_nothing(
    db: Database, stream: Topic, stored: PostgresStored, tmp_path: Path
) -> None:
    stream.send(stored.tenant_id, [event(1)])
    stream.write(b"rubbish")
    stream.send(999_999, [event(2)])
    stream.write(event(3), [("tenant", b"one"), ("received_at", b"soon"), ("events", b"1")])
    stream.send(stored.tenant_id, [event(4)])
    stream.flush()
    with a_worker(db, stream, tmp_path) as worker:
        stored_up_to(db, worker, {0: 5})
        assert worker.metric("hub_unattributed_messages_total") == 3
        assert "no tenant" in worker.said()
    with db.connect("hub_maint") as conn:
        kept = conn.execute(
            "SELECT message_offset, code, origin, payload FROM hub.unattributed_messages ORDER BY message_offset"
        ).fetchall()
    assert kept == [
        (1, "bad_header", f"{stream.name}/0/1", b"rubbish"),
        (2, "unknown_tenant", f"{stream.name}/0/2", event(2)),
        (3, "bad_header", f"{stream.name}/0/3", event(3)),
    ]
    assert stored.ledger() == LedgerCount(2, 2, 0, 0)


def test_events_that_are_rubbish_become_dead_letters_beside_their_neighbours(
    db: Database, stream: Topic, stored: PostgresStored, tmp_path: Path
) -> None:
    lines = [event(1), b"{broken", event(2), event(3, time="yesterday")]
    stream.send(stored.tenant_id, lines)
    stream.flush()
    with a_worker(db, stream, tmp_path) as worker:
        stored_up_to(db, worker, {0: 1})
    assert stored.ledger() == LedgerCount(4, 2, 0, 2)
    assert [position for _, position in stored.dead_letters()] == [1, 3]
    with db.connect("hub_maint") as conn:
        assert conn.execute("SELECT DISTINCT origin FROM hub.dead_letters").fetchall() == [
            (f"{stream.name}/0/0",)
        ]


def test_on_a_direct_topic_the_topic_says_whose_events_they_are(
    db: Database, stream: Topic, stored: PostgresStored, tmp_path: Path
) -> None:
    other = PostgresStored(db, "other")
    # A stamp that nobody believes, a tenant in the payload that is compared, and one that agrees.
    stream.write(event(1), stamped(other.tenant_id, [event(1)]).pairs(), timestamp_ms=1_793_880_000_000)
    stream.write(event(2, tenant="other"), timestamp_ms=1_793_880_000_000)
    stream.write(event(3, tenant="acme"), timestamp_ms=1_793_880_000_000)
    stream.flush()
    direct = {"HUB_KAFKA_TOPIC": "no-such-topic", "HUB_KAFKA_DIRECT_TOPICS": f"{stream.name}=acme"}
    with a_worker(db, stream, tmp_path, **direct) as worker:
        stored_up_to(db, worker, {0: 3})
    assert stored.ledger() == LedgerCount(3, 2, 0, 1)
    assert [code for code, _ in stored.dead_letters()] == ["tenant_mismatch"]
    assert other.ledger() == LedgerCount(0, 0, 0, 0)
    other.close()


def test_a_message_of_a_direct_producer_that_cannot_be_opened_is_one_dead_letter(
    db: Database, stream: Topic, stored: PostgresStored, tmp_path: Path
) -> None:
    at = 1_793_880_000_000
    stream.write(gzip.compress(event(1)), [("content-encoding", b"gzip")], timestamp_ms=at)
    stream.write(b"no gzip at all", [("content-encoding", b"gzip")], timestamp_ms=at)
    stream.write(gzip.compress(b" " * 10_000_000), [("content-encoding", b"gzip")], timestamp_ms=at)
    stream.write(event(2), [("content-type", b"text/html")], timestamp_ms=at)
    stream.write(b"\n".join(events(range(3, 14))), timestamp_ms=at)
    stream.write(event(14), timestamp_ms=at)
    stream.flush()
    direct = {"HUB_KAFKA_TOPIC": "no-such-topic", "HUB_KAFKA_DIRECT_TOPICS": f"{stream.name}=acme"}
    bounds = {"HUB_WORKER_MESSAGE_BYTES_MAX": "5000000", "HUB_WORKER_MESSAGE_EVENTS_MAX": "10"}
    with a_worker(db, stream, tmp_path, **direct, **bounds) as worker:
        stored_up_to(db, worker, {0: 6})
    assert stored.ledger() == LedgerCount(6, 2, 0, 4)
    assert [code for code, _ in stored.dead_letters()] == [
        "bad_encoding",
        "message_too_large",
        "bad_header",
        "too_many_events",
    ]
    with db.connect("hub_maint") as conn:
        kept = conn.execute("SELECT origin, payload FROM hub.dead_letters ORDER BY dead_letter_id").fetchone()
    assert kept == (f"{stream.name}/0/1", b"no gzip at all")


def test_a_direct_topic_of_nobody_is_refused_at_the_start(db: Database, stream: Topic) -> None:
    done = hub(
        db,
        "worker",
        HUB_KAFKA_BOOTSTRAP_SERVERS=stream.bootstrap_servers,
        HUB_KAFKA_DIRECT_TOPICS=f"{stream.name}=nobody",
        HUB_WORKER_PORT="0",
    )
    assert done.returncode == 1
    assert "no_such_tenant" in done.stderr


@pytest.mark.parametrize("text", ["topic", "topic=", "a=one,a=two", "llm-events=acme"])
def test_direct_topics_that_are_not_bound_to_one_tenant_each_are_refused(text: str) -> None:
    done = hub(None, "worker", HUB_KAFKA_DIRECT_TOPICS=text)
    assert done.returncode == 1
    assert "direct_topics" in done.stderr
