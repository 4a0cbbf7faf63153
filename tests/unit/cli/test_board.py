"""The board as text: every figure is on it, faults are loud, strangers' text is text."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from analytics_hub.cli.board import parse_samples
from analytics_hub.cli.status import board, body
from analytics_hub.domain.ledger import LedgerCount
from analytics_hub.domain.status import DatabaseStatus, HubStatus, PartitionStatus, ProcessStatus

AT = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)


def status(
    *, broken: int = 0, fault: str = "", log: tuple[PartitionStatus, ...] = (), flushed: bool = True
) -> HubStatus:
    database = DatabaseStatus(
        taken_at=AT,
        flushed_at=AT - timedelta(seconds=1.5) if flushed else None,
        last_minute=LedgerCount(1200, 600, 540, 60),
        last_hour=LedgerCount(72_000, 36_000, 32_400, 3_600),
        broken_flushes=broken,
        open_hours=4,
        oldest_open_hour=AT - timedelta(hours=9),
        letters_today=321,
        letter_bytes_today=5 * 1024**2,
        rejects_counted_only_today=17,
        partitions=(),
    )
    silent = ProcessStatus("worker", "http://127.0.0.1:1", None, "does not answer: [refused]")
    awake = ProcessStatus("api", "http://127.0.0.1:2", {'hub_queue_fill{queue="bodies"}': 0.25, "hub_x": 1.0})
    return HubStatus(database, log, fault, (awake, silent))


def text(found: HubStatus) -> str:
    console = Console(file=io.StringIO(), width=200, color_system=None)
    console.print(board(found))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    "words",
    [
        "1.5 s",
        "20.0 events/s received, 10.0 stored",
        "72,000 = 36,000 stored + 32,400 duplicate + 3,600 rejected",
        "holds",
        "321 today, 5.0 MiB, 17 counted only",
        "4 are over and not closed, the oldest of 11-05 03:00",
        'queue_fill{queue="bodies"} 0.25',
        "does not answer: [refused]",
    ],
)
def test_every_figure_is_on_the_board(words: str) -> None:
    assert words in text(status())


def test_a_ledger_that_does_not_hold_is_told() -> None:
    assert "broken in 2 flushes" in text(status(broken=2))


def test_a_silent_broker_is_told() -> None:
    assert "no answer in time" in text(status(fault="Kafka at x: no answer in time"))


def test_a_hub_that_never_flushed_says_so() -> None:
    assert "nothing was ever flushed" in text(status(flushed=False))


def test_partitions_and_their_sum_are_shown() -> None:
    log = (
        PartitionStatus("llm-events", 0, 40, 10, 7.5, AT - timedelta(seconds=3)),
        PartitionStatus("llm-events", 1, None, 1_000, None, None),
    )
    shown = text(status(log=log))
    assert [line.split()[3] for line in shown.splitlines() if line.startswith("llm-events")] == [
        "10",
        "1,000",
    ]
    assert "1,010" in shown
    assert "unclaimed" in shown
    assert "3.0 s ago" in shown


def test_programs_get_everything_with_what_is_computed() -> None:
    found = body(status())
    assert (found["freshness_s"], found["received_per_s"], found["ledger_holds"]) == (1.5, 20.0, True)
    assert found["last_hour"]["duplicate"] == 32_400
    assert found["processes"][1]["samples"] is None


def test_samples_are_ours_without_buckets() -> None:
    page = (
        "# TYPE hub_events_total counter\n"
        'hub_events_total{outcome="stored"} 5.0\n'
        "# TYPE hub_s histogram\n"
        'hub_s_bucket{le="1.0"} 2.0\nhub_s_count 2.0\nhub_s_sum 1.5\n'
        "python_info 1.0\n"
    )
    assert parse_samples(page) == {
        'hub_events_total{outcome="stored"}': 5.0,
        "hub_s_count": 2.0,
        "hub_s_sum": 1.5,
    }
