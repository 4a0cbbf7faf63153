"""Headers out and in again; what strangers write is refused with the header's name, and never raises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.kafka.headers import EdgeStamp, HeaderFault, RecordHeaders, read_headers

STAMP = [("tenant", b"7"), ("received_at", b"1700000000000000"), ("events", b"20")]
NAMES = [
    "tenant",
    "received_at",
    "events",
    "position",
    "verdicts",
    "rejects",
    "content-type",
    "content-encoding",
    "request-id",
    "traceparent",
]


@st.composite
def stamps(draw: st.DrawFn) -> EdgeStamp:
    events = draw(st.integers(1, 2**31 - 1))
    ordinals = sorted(draw(st.sets(st.integers(0, events - 1), max_size=5)))
    verdicts = ",".join(f"{ordinal}:too_old" for ordinal in ordinals).encode()
    return EdgeStamp(
        tenant_id=draw(st.integers(1, 2**31 - 1)),
        received_at_us=draw(st.integers(0, 253_402_300_799_999_999)),
        events=events,
        base_position=draw(st.integers(0, 2**63 - 1)),
        verdicts=draw(st.sampled_from([None, verdicts])),
    )


HEADERS = st.builds(
    RecordHeaders,
    stamp=st.none() | stamps(),
    format=st.just("ndjson"),
    dialect=st.sampled_from(["canonical", "cloudevents"]),
    encoding=st.sampled_from(["identity", "gzip", "zstd"]),
    request_id=st.from_regex(r"[A-Za-z0-9._-]{8,64}", fullmatch=True),
    traceparent=st.sampled_from(["", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]),
)


@given(HEADERS)
def test_what_is_written_is_read_again(headers: RecordHeaders) -> None:
    assert read_headers(headers.pairs(), direct=headers.stamp is None) == headers


@pytest.mark.parametrize("dialect", ["canonical", "cloudevents"])
@pytest.mark.parametrize("content_format", ["auto", "json", "ndjson"])
def test_every_format_and_dialect_survives(content_format: str, dialect: str) -> None:
    headers = RecordHeaders(format=content_format, dialect=dialect)  # type: ignore[arg-type]
    assert read_headers(headers.pairs(), direct=True) == headers


@given(
    st.lists(st.tuples(st.sampled_from(NAMES) | st.text(), st.none() | st.binary(max_size=40))), st.booleans()
)
def test_no_header_of_a_stranger_raises(pairs: list[tuple[str, bytes | None]], direct: bool) -> None:
    assert isinstance(read_headers(pairs, direct=direct), RecordHeaders | HeaderFault)


def test_a_record_without_headers_is_fine_on_a_topic_of_a_tenant_only() -> None:
    assert read_headers(None, direct=True) == RecordHeaders()
    assert read_headers(None) == HeaderFault("events", "is missing")


def test_on_a_topic_of_a_tenant_no_stamp_is_looked_at() -> None:
    lies = [("tenant", b"1"), ("tenant", None), ("received_at", b"soon"), ("rejects", b"0:too_old")]
    assert read_headers([*lies, ("content-encoding", b"gzip")], direct=True) == RecordHeaders(encoding="gzip")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("tenant", b"0", "whole number from 1"),
        ("tenant", b"2147483648", "to 2147483647"),
        ("tenant", b"-1", "whole number"),
        ("tenant", b"7 ", "in digits"),
        ("tenant", "\u0667".encode(), "in digits"),
        ("tenant", b"9" * 5000, "in digits"),
        ("tenant", None, "no value"),
        ("received_at", b"253402300800000000", "whole number"),
        ("received_at", b"1.7e15", "in digits"),
        ("events", b"0", "whole number from 1"),
        ("position", b"9223372036854775808", "to 9223372036854775807"),
        ("verdicts", b"2", "must be 1"),
        ("rejects", b"1:too_old", "without `verdicts: 1`"),
        ("content-type", b"text/csv", "application/x-ndjson"),
        ("content-type", b"\xff", "application/json"),
        ("content-encoding", b"br", "gzip, zstd"),
        ("request-id", b"two words", "printable ASCII"),
        ("request-id", b"x" * 129, "1 to 128"),
    ],
)
def test_a_bad_header_is_named_with_its_reason(name: str, value: bytes | None, reason: str) -> None:
    fault = read_headers([*(pair for pair in STAMP if pair[0] != name), (name, value)])
    assert isinstance(fault, HeaderFault)
    assert fault.header == name
    assert reason in fault.reason


@pytest.mark.parametrize(
    "rejects", [b"", b"1", b"1:", b"1:Too_Old", b"1:a,", b"2:a,1:a", b"1:a,1:a", b"20:a", b"1:a b", b"-1:a"]
)
def test_verdicts_name_events_of_the_record_in_order(rejects: bytes) -> None:
    fault = read_headers([*STAMP, ("verdicts", b"1"), ("rejects", rejects)])
    assert isinstance(fault, HeaderFault)
    assert fault.header == "rejects"


@pytest.mark.parametrize("missing", ["tenant", "received_at", "events"])
def test_a_stamp_is_whole(missing: str) -> None:
    pairs = [pair for pair in STAMP if pair[0] != missing]
    assert read_headers(pairs) == HeaderFault(missing, "is missing")


def test_a_header_that_comes_twice_means_nothing() -> None:
    assert read_headers([*STAMP, ("tenant", b"8")]) == HeaderFault("tenant", "comes twice")


def test_headers_of_others_are_passed_over() -> None:
    assert read_headers([*STAMP, ("b3", None), ("b3", b"1")]) == read_headers(STAMP)


def test_a_charset_says_nothing() -> None:
    headers = read_headers([("content-type", b"Application/X-NDJSON; charset=latin-1")], direct=True)
    assert headers == RecordHeaders(format="ndjson")


@pytest.mark.parametrize("value", [b"", b"01-" + b"1" * 32, b"00-" + b"0" * 32 + b"-" + b"1" * 16 + b"-01"])
def test_a_malformed_traceparent_is_passed_over(value: bytes) -> None:
    assert read_headers([("traceparent", value)], direct=True) == RecordHeaders()
