"""Cursors of a list of dead letters: the place where a page ended, as text that nobody needs to understand.

In: a `Place` and the question it belongs to. Out: URL-safe text, and back. A digest binds it to the tenant and to the
filters, so that a cursor of another tenant or of another question is refused instead of giving a page that means
nothing. It is no secret and no permission: what may be seen is decided by the key and by the database. The range is not
in the digest, because `-24h` moves from page to page.
"""

import hashlib
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from analytics_hub.domain.clock import from_unix_us, unix_us
from analytics_hub.domain.dead_letter import DeadLetterFilter, Place
from analytics_hub.domain.errors import InvalidInput

_PLACE: Final = struct.Struct(">qq")
_DIGEST_BYTES: Final = 14  # with the place 30 bytes, which base64 needs no padding for
_CHARS: Final = 40


def write_cursor(place: Place, question: DeadLetterFilter) -> str:
    packed = _PLACE.pack(unix_us(place.received_at), place.dead_letter_id)
    return urlsafe_b64encode(packed + _digest(packed, question)).decode()


def read_cursor(text: str, question: DeadLetterFilter) -> Place:
    """Raises InvalidInput for anything but a cursor of this tenant and of these filters."""
    try:
        if len(text) != _CHARS:
            raise ValueError(text)
        raw = urlsafe_b64decode(text)
        packed, digest = raw[: _PLACE.size], raw[_PLACE.size :]
        if digest != _digest(packed, question):
            raise ValueError(text)
        received_at_us, dead_letter_id = _PLACE.unpack(packed)
        return Place(from_unix_us(received_at_us), dead_letter_id)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(
            "bad_cursor", "cursor", "This is no cursor of this tenant and of these filters."
        ) from error


def _digest(packed: bytes, question: DeadLetterFilter) -> bytes:
    """Lengths stand before the values, so that no two questions read the same."""
    hashed = hashlib.sha256(packed + struct.pack(">q", question.tenant))
    for values in (question.codes, question.origins):
        hashed.update(struct.pack(">q", len(values)))
        for value in sorted(values):
            encoded = value.encode()
            hashed.update(struct.pack(">q", len(encoded)) + encoded)
    return hashed.digest()[:_DIGEST_BYTES]
