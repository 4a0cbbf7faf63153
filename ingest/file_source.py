"""Reads files of events: NDJSON, or one JSON document; plain or gzip; `-` is the standard input.

In: a path, a format (`auto` looks at the first lines) and the bounds of the settings. Out: blocks whose
positions are line numbers (NDJSON) or element numbers (JSON). Traces without ids are in `csv_trace.py`,
tables in `parquet_source.py`; the choice between them is made in `analytics_hub/cli`.
"""

import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import orjson

from analytics_hub.domain.errors import InvalidInput, NotFound, TooMuch
from analytics_hub.settings import DecodeSettings, IngestSettings
from ingest.lines import BOM, line_blocks
from ingest.ports import Block

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_PEEK_BYTES = 64 * 1024
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class FileSource:
    """One file, read once from start to end with bounded memory."""

    def __init__(
        self,
        path: str,
        ingest: IngestSettings,
        decode: DecodeSettings,
        *,
        format: str = "auto",  # noqa: A002
    ) -> None:
        self._path = path
        self._ingest = ingest
        self._decode = decode
        self._format = format
        self._stored: BinaryIO | None = None
        if path != "-":
            _open(path).close()  # what cannot be read is told before anything is loaded

    @property
    def origin(self) -> str:
        return "stdin" if self._path == "-" else Path(self._path).name

    @property
    def size_bytes(self) -> int | None:
        return None if self._path == "-" else Path(self._path).stat().st_size

    def blocks(self) -> Iterator[Block]:
        with _open(self._path) as stored:
            self._stored = stored
            data = _Reader(_decompressed(stored, self.origin), self.origin)
            head = data.peek(self._decode.event_bytes_max)
            if head.startswith(_UTF16):
                raise InvalidInput(
                    "not_utf8",
                    self.origin,
                    "the file is UTF-16; turn it into UTF-8 first: iconv -f UTF-16 -t UTF-8",
                )
            if head.startswith(BOM):
                data.skip(len(BOM))
                head = head[len(BOM) :]
            kind = self._format if self._format != "auto" else _sniff(head, self._path)
            yield from self._lines(data) if kind == "ndjson" else self._document(data)

    def _lines(self, data: "_Reader") -> Iterator[Block]:
        used = 0
        for block in line_blocks(
            lambda: data.read_some(self._ingest.block_bytes),
            self._decode.event_bytes_max,
            self._ingest.batch_events_max,
        ):
            now = self._tell()
            yield Block(block.payload, "ndjson", block.first_line, block.lines, now - used)
            used = now

    def _document(self, data: "_Reader") -> Iterator[Block]:
        bound = self._ingest.json_document_bytes_max
        text = data.read_all(bound)
        if text is None:
            raise TooMuch(
                "document_too_large",
                f"{self.origin} is one JSON document of more than {bound:,} bytes; "
                "write one event a line instead, for example with: jq -c '.[]'",
                field="HUB_INGEST_JSON_DOCUMENT_BYTES_MAX",
            )
        if text.strip():
            yield Block(text, "json", 1, max(1, text.count(b'"model"')), self._tell())

    def _tell(self) -> int:
        return 0 if self._path == "-" or self._stored is None else self._stored.tell()


class _Reader:
    """A stream with a look ahead."""

    def __init__(self, stream: io.BufferedIOBase, origin: str) -> None:
        self._stream = stream
        self._origin = origin
        self._ahead = b""

    def peek(self, size: int) -> bytes:
        """The first two lines, or `size` bytes where they are longer."""
        while len(self._ahead) < size and self._ahead.count(b"\n") < 2 and (more := self._read(_PEEK_BYTES)):
            self._ahead += more
        return self._ahead

    def skip(self, size: int) -> None:
        self._ahead = self._ahead[size:]

    def read_some(self, size: int) -> bytes:
        """What there is, up to `size`: a slow pipe is not waited for longer than its next write."""
        if self._ahead:
            ahead, self._ahead = self._ahead, b""
            return ahead
        return self._read(size)

    def read_all(self, bound: int) -> bytes | None:
        """Everything, or None when it is more than `bound`."""
        parts = [self.read_some(bound)]
        size = len(parts[0])
        while size <= bound and (more := self._read(bound + 1 - size)):
            parts.append(more)
            size += len(more)
        return None if size > bound else b"".join(parts)

    def _read(self, size: int) -> bytes:
        try:
            return self._stream.read1(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InvalidInput(
                "broken_gzip", self._origin, f"the compressed file is damaged: {error}"
            ) from error


def _open(path: str) -> BinaryIO:
    if path == "-":
        # A reader of its own: a thread that hangs in a silent pipe must not hold what the interpreter closes
        # at exit.
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    try:
        return Path(path).open("rb")
    except FileNotFoundError:
        raise NotFound("no_such_file", f"{path} does not exist", field=path) from None
    except OSError as error:
        raise InvalidInput("unreadable_file", path, error.strerror or str(error)) from error


def _decompressed(stored: BinaryIO, origin: str) -> io.BufferedIOBase:
    buffered = (
        stored if isinstance(stored, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, stored))
    )
    magic = buffered.peek(4)[:4]
    if magic.startswith(_ZSTD):
        raise InvalidInput(
            "unknown_compression", origin, "the file is zstd; pipe it in: zstd -dc FILE | hub load -"
        )
    if magic.startswith(_GZIP):
        return cast(io.BufferedIOBase, gzip.GzipFile(fileobj=buffered))
    return buffered


def _sniff(head: bytes, path: str) -> str:
    """`ndjson` or `json`. A name that says NDJSON decides; else the first lines do."""
    if path.removesuffix(".gz").endswith((".ndjson", ".jsonl")):
        return "ndjson"
    text = head.lstrip()
    if text.startswith(b"["):
        return "json"
    first, _, rest = text.partition(b"\n")
    following = rest.lstrip()
    if _is_object(first):
        # One object alone may be an envelope with "events" in it; several are one event a line.
        return "ndjson" if following else "json"
    return "ndjson" if following.startswith(b"{") and not rest.startswith((b" ", b"\t")) else "json"


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False
