"""What the headers say about a body, and what they may not say."""

import pytest

from analytics_hub.domain.errors import HubError, InvalidInput, NotAuthenticated, Unsupported
from ingest.http.head import CONTENT_ENCODINGS, CONTENT_TYPES, read_head

KEY = (b"authorization", b"Bearer hub_x")


def content(value: bytes) -> tuple[str, str]:
    head = read_head([KEY, (b"content-type", value)])
    return head.format, head.dialect


def code(*headers: tuple[bytes, bytes]) -> str:
    with pytest.raises(HubError) as refused:
        read_head([KEY, *headers])
    return refused.value.code


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"", ("auto", "canonical")),
        (b"application/json", ("json", "canonical")),
        (b"Application/JSON; charset=UTF-8", ("json", "canonical")),
        (b"application/x-ndjson", ("ndjson", "canonical")),
        (b"application/cloudevents+json", ("json", "cloudevents")),
        (b'application/cloudevents-batch+json; charset="utf-8"', ("json", "cloudevents")),
    ],
)
def test_the_content_type_names_format_and_dialect(value: bytes, expected: tuple[str, str]) -> None:
    assert content(value) == expected


def test_without_a_content_type_the_core_looks() -> None:
    assert read_head([KEY]).format == "auto"


def test_every_named_type_and_encoding_is_read() -> None:
    for name in CONTENT_TYPES:
        for coding in CONTENT_ENCODINGS:
            assert (
                read_head(
                    [KEY, (b"content-type", name.encode()), (b"content-encoding", coding.encode())]
                ).coding
                == coding
            )


@pytest.mark.parametrize(
    "value", [b"text/html", b"application/x-www-form-urlencoded", b"json", b"application/json,text/html"]
)
def test_another_content_type_is_unsupported(value: bytes) -> None:
    assert code((b"content-type", value)) == "unknown_content_type"


def test_bodies_are_utf8() -> None:
    assert code((b"content-type", b"application/json; charset=latin-1")) == "unknown_charset"


@pytest.mark.parametrize("value", [b"br", b"deflate", b"gzip, zstd", b"gzip,gzip", b"\xff\xfe"])
def test_another_encoding_or_several_are_unsupported(value: bytes) -> None:
    assert code((b"content-encoding", value)) == "unknown_content_encoding"


def test_an_encoding_in_two_headers_is_two_encodings() -> None:
    assert code((b"content-encoding", b"gzip"), (b"content-encoding", b"gzip")) == "unknown_content_encoding"


def test_the_binary_mode_of_cloudevents_is_said_to_be_unsupported() -> None:
    assert code((b"ce-specversion", b"1.0")) == "binary_mode"


@pytest.mark.parametrize("value", [b"-1", b"+5", b"ten", b"1,1", b"", b"1_0"])
def test_a_length_is_a_number(value: bytes) -> None:
    assert code((b"content-length", value)) == "bad_content_length"


@pytest.mark.parametrize("value", [b"", b"Bearer", b"Bearer ", b"Basic aHVi", b"hub_x"])
def test_without_a_bearer_key_nobody_is_asking(value: bytes) -> None:
    with pytest.raises(NotAuthenticated, match="no_key"):
        read_head([(b"authorization", value)])


def test_the_scheme_may_be_written_in_any_case() -> None:
    assert read_head([(b"authorization", b"bearer hub_x")]).key == "hub_x"


def test_a_strangers_header_is_shown_cut() -> None:
    with pytest.raises(Unsupported) as refused:
        read_head([KEY, (b"content-encoding", b"x" * 100_000)])
    assert len(refused.value.message) < 200


def test_faults_of_the_headers_are_the_clients() -> None:
    assert issubclass(Unsupported, InvalidInput)
