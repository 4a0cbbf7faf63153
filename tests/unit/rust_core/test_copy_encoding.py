"""COPY streams as Python hands them to PostgreSQL, read back by the reader of `copy_reader`."""

import json

import pytest

import rust_core
from rust_core import DELTA_COLUMNS, EVENT_COLUMNS
from tests.unit.rust_core.copy_reader import Field, as_int, as_moment_us, read_rows, write_rows
from tests.unit.rust_core.decoded import MINUTE_US, RECEIVED_AT_US, batch, event

_HOUR_US = 60 * MINUTE_US
_EVENT_AT_US = RECEIVED_AT_US - 30 * MINUTE_US


def _by_name(row: list[Field], columns: tuple[str, ...]) -> dict[str, Field]:
    assert len(row) == len(columns)
    return dict(zip(columns, row, strict=True))


def test_an_event_is_written_in_the_order_of_its_columns() -> None:
    decoded = batch(event(1, user="ann", tags={"team": "red", "x": "y"}, ttft_ms=0))
    (row,) = read_rows(bytes(memoryview(decoded.copy_events())))
    fields = _by_name(row, EVENT_COLUMNS)
    assert as_int(fields["tenant_id"]) == 1
    assert as_moment_us(fields["ts"]) == _EVENT_AT_US + 1
    assert fields["event_key"] == rust_core.event_key("gateway", "id-1")
    assert as_moment_us(fields["received_at"]) == RECEIVED_AT_US
    assert (fields["source"], fields["event_id"], fields["user_id"]) == (b"gateway", b"id-1", b"ann")
    assert fields["session_id"] is None
    assert fields["tags"] is not None
    assert fields["tags"][:1] == b"\x01"
    assert json.loads(fields["tags"][1:]) == {"x": "y"}
    assert [as_int(fields[name]) for name in rust_core.TOKEN_COLUMNS] == [101, *[None] * 5, 20, None, None]
    assert (as_int(fields["latency_us"]), as_int(fields["ttft_us"])) == (1_500_500, 0)


def test_a_row_index_comes_first_when_asked_for() -> None:
    rows = read_rows(bytes(memoryview(batch(event(1), event(2)).copy_events(with_row=True))))
    assert [as_int(row[0]) for row in rows] == [0, 1]
    assert {len(row) for row in rows} == {len(EVENT_COLUMNS) + 1}


def test_keys_are_written_with_the_index_of_their_row() -> None:
    decoded = batch(event(2), event(1))
    rows = read_rows(bytes(memoryview(decoded.copy_keys())))
    assert [(as_int(row[0]), as_int(row[1]), as_moment_us(row[2])) for row in rows] == [
        (0, 1, _EVENT_AT_US + 1),
        (1, 1, _EVENT_AT_US + 2),
    ]
    assert [row[3] for row in rows] == [rust_core.event_key("gateway", f"id-{n}") for n in (1, 2)]


def test_deltas_are_written_with_their_kind_and_sketches() -> None:
    deltas = batch(event(1), event(2)).rollup()
    (row,) = read_rows(bytes(memoryview(deltas.copy(kind=1))))
    fields = _by_name(row, DELTA_COLUMNS)
    assert as_moment_us(fields["bucket"]) == _EVENT_AT_US
    numbers = {
        name: as_int(fields[name])
        for name in ("kind", "events", "input_tokens", "latency_us_sum", "ttft_count")
    }
    assert numbers == {
        "kind": 1,
        "events": 2,
        "input_tokens": 203,
        "latency_us_sum": 3_001_000,
        "ttft_count": 0,
    }
    assert fields["latency_sketch"] == rust_core.sketch_encode([1_500_500, 1_500_500])
    assert fields["ttft_sketch"] == b""


def test_marks_ledger_and_series_name_tenant_and_hour() -> None:
    decoded = batch(event(1), event(1), event(2, model=None))
    (mark,) = read_rows(bytes(memoryview(decoded.copy_marks(5))))
    assert [as_int(mark[0]), as_moment_us(mark[1]), as_int(mark[2])] == [
        1,
        _EVENT_AT_US // _HOUR_US * _HOUR_US,
        5,
    ]
    (ledger,) = read_rows(bytes(memoryview(decoded.copy_ledger(5))))
    assert [as_int(field) for field in ledger[2:]] == [5, 3, 1, 1, 1]
    missing = rust_core.SeriesCache().missing(decoded)
    (series,) = read_rows(bytes(memoryview(missing.copy())))
    assert [(as_int(series[0]), as_int(series[1]))] == missing.keys()
    assert (series[2], series[4], series[9]) == (b"openai", b"gpt-4o", b"ok")


def test_a_dead_letter_carries_what_was_refused() -> None:
    (row,) = read_rows(bytes(memoryview(batch(event(7, model=None)).copy_dead_letters(5))))
    assert row[6] == b"missing_model"
    assert json.loads(row[9] or b"")["id"] == "id-7"


def test_compacting_merges_concatenated_sketches_across_chunk_borders() -> None:
    a, b = rust_core.sketch_encode([5_000]), rust_core.sketch_encode([7_000, 5_000])
    stream = write_rows([[b"k", a + b, None], [None, b"", b"x"]])
    chunks = [stream[at : at + 7] for at in range(0, len(stream), 7)]
    rows = read_rows(bytes(memoryview(rust_core.compact_copy(chunks, [1]))))
    assert rows == [[b"k", rust_core.sketch_merge([a, b]), None], [None, b"", b"x"]]


@pytest.mark.parametrize(
    ("chunks", "error"),
    [
        ([b"no copy"], rust_core.NativeError),
        ([write_rows([[b"\x01\x10"]])], rust_core.SketchError),
        ([write_rows([])[:-1]], rust_core.NativeError),
        ([], rust_core.NativeError),
    ],
)
def test_a_stream_that_cannot_be_compacted_raises(chunks: list[bytes], error: type[Exception]) -> None:
    with pytest.raises(error):
        rust_core.compact_copy(chunks, [0])
