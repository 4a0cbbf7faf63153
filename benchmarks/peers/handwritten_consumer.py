"""The consumer that most teams write first: orjson, COPY to a temp table, ON CONFLICT, rollup upsert, offset after.

In: a topic of NDJSON messages, a database address, the number of events to expect. Out: events and minute sums in
tables of its own; prints one JSON line with the events stored and the seconds from the first message on.

    python -m benchmarks.peers.handwritten_consumer BOOTSTRAP TOPIC DSN EVENTS

It is written with care for speed: one COPY and one statement a batch of 50,000, sums made by the database, no ORM. What
it leaves out is what the product is about: no check of a value beyond its type, a price from a dictionary in floats, a
broken message stops it, and the offset is committed after the rows: a death in between is repaired by the primary key.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from typing import Any

import orjson
import psycopg
from confluent_kafka import Consumer, Message

from benchmarks.stream_topic import header

BATCH_EVENTS = 50_000
POLL_MESSAGES = 100
SILENT_S = 60  # a topic that gives nothing for so long will not give the rest either

TABLES = """
CREATE TABLE peer_events (
    tenant_id int NOT NULL, ts timestamptz NOT NULL, source text NOT NULL, event_id text NOT NULL,
    provider text, model text, operation text, environment text, project text, status text,
    user_id text, session_id text, api_key_id text, agent text, region text, trace_id text, span_id text,
    input_tokens bigint, cache_read_tokens bigint, output_tokens bigint, output_reasoning_tokens bigint,
    latency_ms double precision, ttft_ms double precision, cost_usd double precision,
    PRIMARY KEY (tenant_id, ts, source, event_id)
);
CREATE TABLE peer_usage_1m (
    tenant_id int, minute timestamptz, provider text, model text, operation text, environment text, project text,
    status text, events bigint, input_tokens bigint, cache_read_tokens bigint, output_tokens bigint,
    output_reasoning_tokens bigint, latency_ms double precision, cost_usd double precision,
    PRIMARY KEY (tenant_id, minute, provider, model, operation, environment, project, status)
);
"""

COPY = "COPY batch FROM STDIN"
STORE = """
WITH stored AS (
    INSERT INTO peer_events SELECT * FROM batch ON CONFLICT DO NOTHING RETURNING *
)
INSERT INTO peer_usage_1m AS u
SELECT tenant_id, date_trunc('minute', ts), provider, model, operation, environment, project, status, count(*),
       sum(input_tokens), sum(cache_read_tokens), sum(output_tokens), sum(output_reasoning_tokens), sum(latency_ms),
       sum(cost_usd)
  FROM stored
 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
ON CONFLICT (tenant_id, minute, provider, model, operation, environment, project, status) DO UPDATE SET
    events = u.events + excluded.events, input_tokens = u.input_tokens + excluded.input_tokens,
    cache_read_tokens = u.cache_read_tokens + excluded.cache_read_tokens,
    output_tokens = u.output_tokens + excluded.output_tokens,
    output_reasoning_tokens = u.output_reasoning_tokens + excluded.output_reasoning_tokens,
    latency_ms = u.latency_ms + excluded.latency_ms, cost_usd = u.cost_usd + excluded.cost_usd
"""

USD_PER_TOKEN = {"gpt-4o": (2.5e-6, 1e-5), "gpt-4o-mini": (1.5e-7, 6e-7)}
OTHERS_USD_PER_TOKEN = (1e-6, 4e-6)


def lines(message: Message) -> Iterable[str]:
    """One COPY line an event."""
    tenant = header(message, "tenant").decode()
    for line in (message.value() or b"").splitlines():
        event: dict[str, Any] = orjson.loads(line)
        usage: dict[str, int] = event["usage"]
        model: str = event["model"]
        price_in, price_out = USD_PER_TOKEN.get(model, OTHERS_USD_PER_TOKEN)
        cost = usage["input_tokens"] * price_in + usage["output_tokens"] * price_out
        yield (
            f"{tenant}\t{event['time']}\t{event['source']}\t{event['id']}\t{event['provider']}\t{model}\t"
            f"{event['operation']}\t{event['environment']}\t{event['project']}\t{event['status']}\t"
            f"{event['user']}\t{event['session']}\t{event['api_key']}\t{event['agent']}\t{event['region']}\t"
            f"{event['trace_id']}\t{event['span_id']}\t{usage['input_tokens']}\t{usage['cache_read_tokens']}\t"
            f"{usage['output_tokens']}\t{usage['output_reasoning_tokens']}\t{event['latency_ms']}\t"
            f"{event['ttft_ms']}\t{cost}\n"
        )


def store(conn: psycopg.Connection[Any], rows: list[str]) -> None:
    """One transaction a batch."""
    with conn.transaction(), conn.cursor() as cursor:
        cursor.execute("TRUNCATE batch")
        with cursor.copy(COPY) as copy:
            copy.write("".join(rows))
        cursor.execute(STORE)


def consume(bootstrap: str, topic: str, dsn: str, events: int) -> float:
    """Seconds from the first message to the last commit. Raises RuntimeError when the topic falls silent."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"handwritten-{time.time_ns()}",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "fetch.queue.backoff.ms": 10,
        }
    )
    consumer.subscribe([topic])
    seen, rows, started = 0, list[str](), 0.0
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(TABLES)
        conn.execute("CREATE TEMP TABLE batch AS SELECT * FROM peer_events WITH NO DATA")
        while seen < events:
            messages = consumer.consume(POLL_MESSAGES, timeout=SILENT_S)
            if not messages:
                raise RuntimeError(f"silent after {seen} of {events} events")
            started = started or time.perf_counter()
            for message in messages:
                if message.error() is not None:
                    raise RuntimeError(str(message.error()))
                before = len(rows)
                rows.extend(lines(message))
                seen += len(rows) - before
            if len(rows) >= BATCH_EVENTS or seen >= events:
                store(conn, rows)
                consumer.commit(asynchronous=True)
                rows.clear()
    seconds = time.perf_counter() - started
    consumer.close()
    return seconds


def main() -> None:
    """Run it as a process of its own, as a worker would be."""
    bootstrap, topic, dsn, events = sys.argv[1:]
    seconds = consume(bootstrap, topic, dsn, int(events))
    print(json.dumps({"events": int(events), "seconds": seconds}))


if __name__ == "__main__":
    main()
