"""Cursors of lists: the place where a page ended, as text that nobody needs to understand.

In: a place and the question it belongs to. Out: URL-safe text, and back. A digest binds it to the tenant and to the
filters, so that a cursor of another tenant or of another question is refused instead of giving a page that means
nothing. It is no secret and no permission: what may be seen is decided by the key and by the database. The range is not
in the digest, because `-24h` moves from page to page.
"""

import hashlib
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from analytics_hub.domain.clock import from_unix_us, unix_us
from analytics_hub.domain.dead_letter import DeadLetterFilter, Place
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.page import RowPlace
from analytics_hub.domain.raw_event import EventFilter, EventPlace
from analytics_hub.domain.tenant import TenantId

_Words = Sequence[Sequence[str]]
"""What was asked, list by list; the order within a list does not matter."""

_PLACE: Final = struct.Struct(">qq")
_EVENT_PLACE: Final = struct.Struct(">q16s")
# Base64 needs no padding for a multiple of three bytes.
_DIGEST_BYTES: Final = 14
_EVENT_DIGEST_BYTES: Final = 15


def write_cursor(place: Place, question: DeadLetterFilter) -> str:
    packed = _PLACE.pack(unix_us(place.received_at), place.dead_letter_id)
    return _seal(packed, question.tenant, _words(question), _DIGEST_BYTES)


def read_cursor(text: str, question: DeadLetterFilter) -> Place:
    """Raises InvalidInput for anything but a cursor of this tenant and of these filters."""
    packed = _unseal(text, _PLACE.size, question.tenant, _words(question), _DIGEST_BYTES)
    received_at_us, dead_letter_id = _PLACE.unpack(packed)
    return Place(_moment(received_at_us), dead_letter_id)


def write_event_cursor(place: EventPlace, question: EventFilter) -> str:
    packed = _EVENT_PLACE.pack(unix_us(place.at), place.key.bytes)
    return _seal(packed, question.tenant, _event_words(question), _EVENT_DIGEST_BYTES)


def read_event_cursor(text: str, question: EventFilter) -> EventPlace:
    """As `read_cursor`, for a list of events."""
    words = _event_words(question)
    packed = _unseal(text, _EVENT_PLACE.size, question.tenant, words, _EVENT_DIGEST_BYTES)
    at_us, key = _EVENT_PLACE.unpack(packed)
    return EventPlace(_moment(at_us), UUID(bytes=key))


def write_row_cursor(place: RowPlace, tenant: TenantId, name: str) -> str:
    """Of a list that is named and has no filters."""
    packed = _EVENT_PLACE.pack(unix_us(place.at), place.number.to_bytes(16))
    return _seal(packed, tenant, [[name]], _EVENT_DIGEST_BYTES)


def read_row_cursor(text: str, tenant: TenantId, name: str) -> RowPlace:
    """As `read_cursor`, for such a list."""
    packed = _unseal(text, _EVENT_PLACE.size, tenant, [[name]], _EVENT_DIGEST_BYTES)
    at_us, number = _EVENT_PLACE.unpack(packed)
    return RowPlace(_moment(at_us), int.from_bytes(number))


def _words(question: DeadLetterFilter) -> _Words:
    return question.codes, question.origins


def _event_words(question: EventFilter) -> _Words:
    chosen = sorted((*question.dimensions, *question.fields), key=lambda one: one.dimension)
    named = [part for one in chosen for part in ((one.dimension,), one.values)]
    return [*named, ["errors_only"] if question.errors_only else []]


def _seal(packed: bytes, tenant: TenantId, words: _Words, digest_bytes: int) -> str:
    return urlsafe_b64encode(packed + _digest(packed, tenant, words)[:digest_bytes]).decode()


def _unseal(text: str, size: int, tenant: TenantId, words: _Words, digest_bytes: int) -> bytes:
    try:
        if len(text) != (size + digest_bytes) * 4 // 3:
            raise ValueError(text)
        raw = urlsafe_b64decode(text)
    except ValueError as error:
        raise _bad_cursor() from error
    packed = raw[:size]
    if raw[size:] != _digest(packed, tenant, words)[:digest_bytes]:
        raise _bad_cursor()
    return packed


def _moment(micros: int) -> datetime:
    try:
        return from_unix_us(micros)
    except OverflowError as error:
        raise _bad_cursor() from error


def _bad_cursor() -> InvalidInput:
    return InvalidInput("bad_cursor", "cursor", "This is no cursor of this tenant and of these filters.")


def _digest(packed: bytes, tenant: TenantId, words: _Words) -> bytes:
    """Lengths stand before the values, so that no two questions read the same."""
    hashed = hashlib.sha256(packed + struct.pack(">q", tenant))
    for values in words:
        hashed.update(struct.pack(">q", len(values)))
        for value in sorted(values):
            encoded = value.encode()
            hashed.update(struct.pack(">q", len(encoded)) + encoded)
    return hashed.digest()
