"""What the headers of a request say about its body, read once.

In: the headers as the server gives them, names in lower case. Out: `Head`. What cannot be read is refused
before a byte of the body is taken: an unknown content type or encoding, several encodings, an impossible length.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from analytics_hub.domain.errors import InvalidInput, NotAuthenticated, Unsupported
from ingest.ports import Dialect, Format

Coding = Literal["identity", "gzip", "zstd"]

_CONTENTS: Final[dict[bytes, tuple[Format, Dialect]]] = {
    b"": ("auto", "canonical"),
    b"application/json": ("json", "canonical"),
    b"application/x-ndjson": ("ndjson", "canonical"),
    b"application/ndjson": ("ndjson", "canonical"),
    b"application/jsonl": ("ndjson", "canonical"),
    b"application/x-jsonlines": ("ndjson", "canonical"),
    b"application/cloudevents+json": ("json", "cloudevents"),
    b"application/cloudevents-batch+json": ("json", "cloudevents"),
}
_CODINGS: Final[dict[bytes, Coding]] = {
    b"": "identity",
    b"identity": "identity",
    b"gzip": "gzip",
    b"x-gzip": "gzip",
    b"zstd": "zstd",
}
CONTENT_TYPES: Final = tuple(sorted(name.decode() for name in _CONTENTS if name))
CONTENT_ENCODINGS: Final = ("gzip", "identity", "zstd")
_CHARSETS: Final = (b"utf-8", b"utf8", b"us-ascii")
_SHOWN_CHARS_MAX: Final = 80  # of a stranger's header, in an error


@dataclass(frozen=True, slots=True)
class Head:
    """The facts of one request that matter here."""

    key: str
    format: Format
    dialect: Dialect
    coding: Coding
    length_bytes: int | None
    """As the client says; None when it does not, then the body ends when it ends."""


def read_head(headers: Iterable[tuple[bytes, bytes]]) -> Head:
    """Raises NotAuthenticated without a key, Unsupported for what nothing reads, InvalidInput for a bad length."""
    named = _joined(headers)
    key = _key(named.get(b"authorization", b""))
    if b"ce-specversion" in named:
        raise Unsupported(
            "binary_mode",
            "content-type",
            "CloudEvents are read in structured and batch mode, not in binary mode.",
        )
    read, dialect = _content(named.get(b"content-type", b""))
    return Head(
        key,
        read,
        dialect,
        _coding(named.get(b"content-encoding", b"")),
        _length(named.get(b"content-length")),
    )


def _joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """By name; a header that comes twice is the two with a comma, as HTTP has it."""
    named: dict[bytes, bytes] = {}
    for name, value in headers:
        named[name] = named[name] + b"," + value if name in named else value
    return named


def _key(authorization: bytes) -> str:
    scheme, _, text = authorization.partition(b" ")
    if scheme.lower() != b"bearer" or not text:
        raise NotAuthenticated("no_key", "Send an API key: `Authorization: Bearer hub_…`.")
    return text.strip().decode("latin-1")


def _content(value: bytes) -> tuple[Format, Dialect]:
    kind, _, parameters = value.partition(b";")
    found = _CONTENTS.get(kind.strip().lower())
    if found is None:
        known = ", ".join(CONTENT_TYPES)
        raise Unsupported(
            "unknown_content_type",
            "content-type",
            f"{_shown(value)} is none of {known}; without one we look.",
        )
    for parameter in parameters.split(b";"):
        name, _, text = parameter.strip().lower().partition(b"=")
        if name == b"charset" and text.strip(b'"') not in _CHARSETS:
            raise Unsupported("unknown_charset", "content-type", "Bodies are UTF-8.")
    return found


def _coding(value: bytes) -> Coding:
    found = _CODINGS.get(value.strip().lower())
    if found is None:
        known = ", ".join(CONTENT_ENCODINGS)
        raise Unsupported(
            "unknown_content_encoding", "content-encoding", f"{_shown(value)} is not one of {known}."
        )
    return found


def _length(value: bytes | None) -> int | None:
    if value is None:
        return None
    if not value.isdigit():
        raise InvalidInput("bad_content_length", "content-length", "The length is a number of bytes.")
    return int(value)


def _shown(value: bytes) -> str:
    return repr(value.decode("latin-1")[:_SHOWN_CHARS_MAX])
