"""Traces as CSV: canonical events with ids that do not depend on the order of the rows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_hub.domain.errors import InvalidInput, TooMuch
from analytics_hub.settings import default_settings
from ingest.csv_trace import SHAPES, CsvTraceSource, TraceMapping, trace_lines, trace_shape, trace_span

SETTINGS = default_settings()
HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens"
CHAT = TraceMapping("openai", "gpt-4o", "chat")
ROW = "2023-11-16 18:17:03.9799600,4808,10"


def _file(tmp_path: Path, *rows: str, header: str = HEADER) -> str:
    path = tmp_path / "trace.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return str(path)


def _events(path: str, mapping: TraceMapping = CHAT) -> list[dict[str, object]]:
    blocks = CsvTraceSource(path, mapping, SETTINGS.ingest).blocks()
    return [orjson.loads(line) for block in blocks for line in bytes(block.payload).split(b"\n")]


def test_a_row_becomes_a_canonical_event(tmp_path: Path) -> None:
    assert _events(_file(tmp_path, ROW)) == [
        {
            "id": "2023-11-16T18:17:03.9799600Z/4808/10#0",
            "source": "chat/azure-llm",
            "time": "2023-11-16T18:17:03.9799600Z",
            "provider": "openai",
            "model": "gpt-4o",
            "project": "chat",
            "operation": "chat",
            "usage": {"input_tokens": 4808, "output_tokens": 10},
        }
    ]


def test_equal_rows_are_told_apart_by_their_occurrence(tmp_path: Path) -> None:
    ids = [event["id"] for event in _events(_file(tmp_path, ROW, ROW, ROW))]
    assert [str(text).rpartition("#")[2] for text in ids] == ["0", "1", "2"]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=20), st.randoms())
def test_the_order_of_rows_changes_no_event(pairs: list[tuple[int, int]], chance: object) -> None:
    shuffled = sorted(pairs, key=lambda _pair: chance.random())  # type: ignore[attr-defined]
    assert _lines(pairs) == _lines(shuffled)


def _lines(pairs: list[tuple[int, int]]) -> list[str]:
    rows = {
        "TIMESTAMP": ["2023-11-16 18:17:03.0000000" for _ in pairs],
        "ContextTokens": [str(one) for one, _ in pairs],
        "GeneratedTokens": [str(two) for _, two in pairs],
    }
    frame = pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.String))
    return sorted(trace_lines(frame, SHAPES[0], CHAT))


def test_moved_events_keep_their_ids_and_distances(tmp_path: Path) -> None:
    path = _file(tmp_path, ROW, "2023-11-16 18:17:04.0319600,3180,8")
    moved = TraceMapping("openai", "gpt-4o", "chat", shift=timedelta(days=1000, microseconds=7))
    before, after = _events(path), _events(path, moved)
    assert [event["id"] for event in before] == [event["id"] for event in after]
    assert [event["time"] for event in after] == [
        "2026-08-12T18:17:03.979967Z",
        "2026-08-12T18:17:04.031967Z",
    ]


def test_what_is_no_number_reaches_the_core_as_it_is(tmp_path: Path) -> None:
    rows = ["x,1,2", "2023-11-16 18:17:03,one,2", '2023-11-16 18:17:03,1,"a""b"']
    events = _events(_file(tmp_path, *rows))
    assert events[0]["time"] == "xZ"
    assert events[1]["usage"] == {"input_tokens": "one", "output_tokens": 2}
    assert events[2]["usage"] == {"input_tokens": 1, "output_tokens": 'a"b'}


def test_positions_are_lines_of_the_csv(tmp_path: Path) -> None:
    source = CsvTraceSource(_file(tmp_path, *[ROW] * 10_000), CHAT, SETTINGS.ingest)
    blocks = list(source.blocks())
    assert [block.base_position for block in blocks] == [2, 2 + blocks[0].events]
    assert sum(block.source_bytes for block in blocks) == source.size_bytes


def test_offsets_of_the_later_traces_are_understood(tmp_path: Path) -> None:
    (event,) = _events(_file(tmp_path, "2024-05-10 00:00:00.009930+00:00,2162,5"))
    assert event["time"] == "2024-05-10T00:00:00.009930Z"


def test_a_trace_tells_its_span(tmp_path: Path) -> None:
    path = _file(tmp_path, ROW, "2023-11-16 18:00:00.0000000,1,1")
    assert trace_span(path) == (
        datetime(2023, 11, 16, 18, 0, tzinfo=UTC),
        datetime(2023, 11, 16, 18, 17, 3, 979960, tzinfo=UTC),
    )


def test_a_trace_without_rows_has_no_span(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="empty_trace"):
        trace_span(_file(tmp_path))


def test_an_unknown_header_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    path = _file(tmp_path, "1,2", header="a,b")
    assert trace_shape(path) is None
    with pytest.raises(InvalidInput, match=HEADER):
        CsvTraceSource(path, CHAT, SETTINGS.ingest)


def test_a_trace_over_the_bound_is_refused(tmp_path: Path) -> None:
    small = SETTINGS.ingest.model_copy(update={"json_document_bytes_max": 50})
    with pytest.raises(TooMuch, match="trace_too_large"):
        CsvTraceSource(_file(tmp_path, ROW, ROW), CHAT, small)


def test_a_mapping_with_quotes_stays_json(tmp_path: Path) -> None:
    (event,) = _events(_file(tmp_path, ROW), TraceMapping('o"ai', "gpt\\4", "chat"))
    assert (event["provider"], event["model"]) == ('o"ai', "gpt\\4")
