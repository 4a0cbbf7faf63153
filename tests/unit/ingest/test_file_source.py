"""Reading files of events: formats, compression, encodings, bounds."""

import gzip
from pathlib import Path

import orjson
import pytest

from analytics_hub.domain.errors import InvalidInput, NotFound, TooMuch
from analytics_hub.settings import IngestSettings, default_settings
from ingest.file_source import FileSource
from ingest.ports import Block

SETTINGS = default_settings()
ONE = b'{"id":"1","model":"m"}'
TWO = b'{"id":"2","model":"m"}'


def _blocks(path: Path, form: str = "auto", ingest: IngestSettings = SETTINGS.ingest) -> list[Block]:
    return list(FileSource(str(path), ingest, SETTINGS.decode, format=form).blocks())


def _file(tmp_path: Path, content: bytes, name: str = "events.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


PRETTY = orjson.dumps({"id": "1", "model": "m"}, option=orjson.OPT_INDENT_2)


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (ONE + b"\n" + TWO + b"\n", "ndjson"),
        (b"\n\n" + ONE + b"\n" + TWO, "ndjson"),
        (b"{broken\n" + TWO + b"\n", "ndjson"),
        (b"hello\n" + TWO + b"\n", "ndjson"),
        (ONE, "json"),
        (b"[" + ONE + b"," + TWO + b"]", "json"),
        (b" \n[\n" + ONE + b",\n" + TWO + b"]", "json"),
        (b'{"events":[' + ONE + b"]}", "json"),
        (PRETTY, "json"),
        (b"[\n" + PRETTY + b"\n]", "json"),
    ],
)
def test_the_format_is_seen_from_the_first_lines(tmp_path: Path, content: bytes, form: str) -> None:
    assert {block.format for block in _blocks(_file(tmp_path, content))} == {form}


def test_a_name_that_says_ndjson_decides(tmp_path: Path) -> None:
    assert _blocks(_file(tmp_path, b"[1]\n" + ONE, "events.ndjson"))[0].format == "ndjson"


def test_a_format_that_was_asked_for_decides(tmp_path: Path) -> None:
    assert _blocks(_file(tmp_path, ONE), "ndjson")[0].format == "ndjson"


def test_gzip_is_seen_whatever_the_name(tmp_path: Path) -> None:
    blocks = _blocks(_file(tmp_path, gzip.compress(ONE + b"\n" + TWO)))
    assert b"".join(bytes(block.payload) for block in blocks) == ONE + b"\n" + TWO + b"\n"


def test_progress_counts_compressed_bytes(tmp_path: Path) -> None:
    path = _file(tmp_path, gzip.compress((ONE + b"\n") * 10_000))
    assert sum(block.source_bytes for block in _blocks(path)) == path.stat().st_size


def test_damaged_gzip_is_told(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(b'{"id":"%d"}\n' % number for number in range(10_000)))
    with pytest.raises(InvalidInput, match="broken_gzip"):
        _blocks(_file(tmp_path, whole[: len(whole) // 2]))


def test_zstd_is_told_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="zstd -dc"):
        _blocks(_file(tmp_path, b"\x28\xb5\x2f\xfd1234"))


def test_utf16_is_told_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="iconv"):
        _blocks(_file(tmp_path, ONE.decode().encode("utf-16")))


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    blocks = _blocks(_file(tmp_path, b"\xef\xbb\xbf" + ONE + b"\n" + TWO))
    assert bytes(blocks[0].payload).startswith(ONE)


@pytest.mark.parametrize("content", [b"", b"\n", b"  \n \t\n"])
def test_a_file_without_events_has_none(tmp_path: Path, content: bytes) -> None:
    assert all(not bytes(block.payload).strip() for block in _blocks(_file(tmp_path, content)))


def test_a_document_over_the_bound_is_told_with_a_way_out(tmp_path: Path) -> None:
    small = SETTINGS.ingest.model_copy(update={"json_document_bytes_max": 20})
    with pytest.raises(TooMuch, match="jq"):
        _blocks(_file(tmp_path, b"[" + ONE + b"]"), ingest=small)


def test_a_missing_file_is_told_before_anything_is_read() -> None:
    with pytest.raises(NotFound, match="no_such_file"):
        FileSource("nowhere.ndjson", SETTINGS.ingest, SETTINGS.decode)


def test_positions_go_on_from_block_to_block(tmp_path: Path) -> None:
    small = SETTINGS.ingest.model_copy(update={"block_bytes": 4_096})
    blocks = _blocks(_file(tmp_path, (ONE + b"\n") * 10_000), ingest=small)
    assert len(blocks) > 10
    at = 1
    for block in blocks:
        assert block.base_position == at
        at += block.events


def test_a_block_never_holds_more_events_than_a_batch(tmp_path: Path) -> None:
    small = SETTINGS.ingest.model_copy(update={"batch_events_max": 10})
    assert all(block.events <= 10 for block in _blocks(_file(tmp_path, (ONE + b"\n") * 100), ingest=small))


def test_standard_input_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _file(tmp_path, ONE + b"\n" + TWO + b"\n").open() as typed:
        monkeypatch.setattr("sys.stdin", typed)
        source = FileSource("-", SETTINGS.ingest, SETTINGS.decode)
        assert source.origin == "stdin"
        assert source.size_bytes is None
        assert [block.events for block in source.blocks()] == [2]
