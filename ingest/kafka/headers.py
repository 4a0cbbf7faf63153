"""The headers of a record, both ways: the wire between collector and worker, and what direct producers may say.

In: `RecordHeaders` to write, or the pairs of a record to read. Out: pairs, or `RecordHeaders`, or a `HeaderFault`
that names the header and what is wrong with it: a record that a stranger wrote becomes a dead letter, it never
stops a worker.

    content-type      how the value is written; absent: JSON or NDJSON, as it looks
    content-encoding  gzip or zstd, direct producers only; absent: identity
    request-id        of the request that brought the body
    traceparent       W3C trace context; a malformed one is passed over, as that standard asks
    tenant            tenant id                                  ┐
    received_at       microseconds since 1970, stamped once      │ the collector's stamp: believed on our own
    events            events in the value, by the splitter       │ topics, not even looked at on topics that are
    position          ordinal of the first event in its body     │ bound to a tenant
    verdicts          `1`: the edge has judged                   │
    rejects           `3:missing_id,17:too_old`; absent: none    ┘
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ingest.ports import Dialect, Format

Encoding = Literal["identity", "gzip", "zstd"]
"""How the value is compressed, beside what the Kafka client does by itself."""

Pairs = Sequence[tuple[str, bytes | None]]
"""Headers as the Kafka client gives them: in order, a name may come twice, a value may be absent."""

_CONTENT_TYPES: Final[Mapping[str, tuple[Format, Dialect]]] = {
    "application/json": ("json", "canonical"),
    "application/x-ndjson": ("ndjson", "canonical"),
    "application/cloudevents+json": ("auto", "cloudevents"),
    "application/cloudevents-batch+json": ("json", "cloudevents"),
    # Nobody has registered this one: the collector writes it when it cuts a CloudEvents batch into lines.
    "application/cloudevents+x-ndjson": ("ndjson", "cloudevents"),
}
_WRITTEN: Final = {read: written for written, read in _CONTENT_TYPES.items()}

_ENCODINGS: Final[Mapping[bytes, Encoding]] = {b"identity": "identity", b"gzip": "gzip", b"zstd": "zstd"}

_NUMBER = re.compile(rb"[0-9]{1,19}")
_REQUEST_ID = re.compile(rb"[!-~]{1,128}")
_TRACEPARENT = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_VERDICT = re.compile(rb"([0-9]{1,10}):[a-z][a-z0-9_]{0,63}")

_INT4_MAX: Final = 2**31 - 1
_INT8_MAX: Final = 2**63 - 1
_YEAR_10000_US: Final = 253_402_300_800_000_000


@dataclass(frozen=True, slots=True)
class EdgeStamp:
    """What the collector has decided about a piece of a body; the worker obeys it."""

    tenant_id: int
    received_at_us: int
    events: int
    base_position: int = 0
    verdicts: bytes | None = None
    """None: not judged yet; empty: all events accepted; else ordinal and reject code of those that were not."""


@dataclass(frozen=True, slots=True)
class RecordHeaders:
    """The headers of one record."""

    stamp: EdgeStamp | None = None
    """None on a topic that is bound to a tenant."""
    format: Format = "auto"
    dialect: Dialect = "canonical"
    encoding: Encoding = "identity"
    request_id: str = ""
    traceparent: str = ""

    def pairs(self) -> list[tuple[str, bytes]]:
        """As they go out. What has its default is left out."""
        pairs = _stamp_pairs(self.stamp) if self.stamp else []
        if (self.format, self.dialect) in _WRITTEN:
            pairs.append(("content-type", _WRITTEN[self.format, self.dialect].encode()))
        if self.encoding != "identity":
            pairs.append(("content-encoding", self.encoding.encode()))
        if self.request_id:
            pairs.append(("request-id", self.request_id.encode()))
        if self.traceparent:
            pairs.append(("traceparent", self.traceparent.encode()))
        return pairs


@dataclass(frozen=True, slots=True)
class HeaderFault:
    """Why a record cannot be read: which header, and a sentence for the dead letter."""

    header: str
    reason: str

    def __str__(self) -> str:
        return f"header {self.header}: {self.reason}"


class _Fault(Exception):  # noqa: N818  never leaves this file
    def __init__(self, header: str, reason: str) -> None:
        super().__init__(header, reason)
        self.fault = HeaderFault(header, reason)


def read_headers(pairs: Pairs | None, *, direct: bool = False) -> RecordHeaders | HeaderFault:
    """The headers of a record. `direct`: the topic is bound to a tenant, so nobody's stamp is believed."""
    try:
        named = _by_name(pairs or (), _SHARED if direct else _SHARED | _STAMP)
        content_format, dialect = _content_type(named)
        return RecordHeaders(
            stamp=None if direct else _stamp(named),
            format=content_format,
            dialect=dialect,
            encoding=_encoding(named),
            request_id=_text(named, "request-id", _REQUEST_ID),
            traceparent=_traceparent(named),
        )
    except _Fault as error:
        return error.fault


_SHARED: Final = frozenset({"content-type", "content-encoding", "request-id", "traceparent"})
_STAMP: Final = frozenset({"tenant", "received_at", "events", "position", "verdicts", "rejects"})


def _stamp_pairs(stamp: EdgeStamp) -> list[tuple[str, bytes]]:
    pairs = [
        ("tenant", b"%d" % stamp.tenant_id),
        ("received_at", b"%d" % stamp.received_at_us),
        ("events", b"%d" % stamp.events),
    ]
    if stamp.base_position:
        pairs.append(("position", b"%d" % stamp.base_position))
    if stamp.verdicts is not None:
        pairs.append(("verdicts", b"1"))
    if stamp.verdicts:
        pairs.append(("rejects", stamp.verdicts))
    return pairs


def _by_name(pairs: Pairs, known: frozenset[str]) -> dict[str, bytes]:
    """The headers that mean something to us; a name that comes twice means nothing."""
    named: dict[str, bytes] = {}
    for name, value in pairs:
        if name not in known:
            continue
        if name in named:
            raise _Fault(name, "comes twice")
        if value is None:
            raise _Fault(name, "has no value")
        named[name] = value
    return named


def _stamp(named: Mapping[str, bytes]) -> EdgeStamp:
    events = _number(named, "events", 1, _INT4_MAX)
    return EdgeStamp(
        tenant_id=_number(named, "tenant", 1, _INT4_MAX),
        received_at_us=_number(named, "received_at", 0, _YEAR_10000_US - 1),
        events=events,
        base_position=_number(named, "position", 0, _INT8_MAX) if "position" in named else 0,
        verdicts=_verdicts(named, events),
    )


def _number(named: Mapping[str, bytes], name: str, least: int, most: int) -> int:
    value = named.get(name)
    if value is None:
        raise _Fault(name, "is missing")
    if not _NUMBER.fullmatch(value) or not least <= int(value) <= most:
        raise _Fault(name, f"must be a whole number from {least} to {most}, in digits")
    return int(value)


def _verdicts(named: Mapping[str, bytes], events: int) -> bytes | None:
    rejects = named.get("rejects")
    if "verdicts" not in named:
        if rejects is not None:
            raise _Fault("rejects", "comes without `verdicts: 1`")
        return None
    if named["verdicts"] != b"1":
        raise _Fault("verdicts", "must be 1")
    if rejects is None:
        return b""
    last = -1
    for verdict in rejects.split(b","):
        match = _VERDICT.fullmatch(verdict)
        if match is None:
            raise _Fault("rejects", "must be ordinal:code pairs with a comma between them")
        if not last < int(match[1]) < events:
            raise _Fault("rejects", "must name events of this record, each once and in order")
        last = int(match[1])
    return rejects


def _content_type(named: Mapping[str, bytes]) -> tuple[Format, Dialect]:
    value = named.get("content-type")
    if value is None:
        return "auto", "canonical"
    # Parameters say nothing to us: JSON is UTF-8, whatever a charset claims.
    media_type = value.split(b";", 1)[0].strip().lower().decode("ascii", "replace")
    if media_type not in _CONTENT_TYPES:
        raise _Fault("content-type", f"must be one of {', '.join(_CONTENT_TYPES)}")
    return _CONTENT_TYPES[media_type]


def _encoding(named: Mapping[str, bytes]) -> Encoding:
    value = named.get("content-encoding", b"identity").strip().lower()
    if value not in _ENCODINGS:
        raise _Fault("content-encoding", f"must be one of {', '.join(_ENCODINGS.values())}")
    return _ENCODINGS[value]


def _text(named: Mapping[str, bytes], name: str, shape: re.Pattern[bytes]) -> str:
    value = named.get(name, b"")
    if value and not shape.fullmatch(value):
        raise _Fault(name, "must be 1 to 128 printable ASCII characters without a space")
    return value.decode("ascii")


def _traceparent(named: Mapping[str, bytes]) -> str:
    value = named.get("traceparent", b"")
    return value.decode("ascii") if _TRACEPARENT.fullmatch(value) else ""
