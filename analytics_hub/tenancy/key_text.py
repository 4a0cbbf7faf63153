"""The text of an API key: `hub_<prefix>_<secret>_<checksum>`. Pure but for the randomness handed in.

The prefix (60 bits) is public and finds the row; the secret is 256 random bits; the checksum (CRC-32)
catches typing errors and lets scanners of leaked secrets recognise a key, before anything is looked up. At
rest there is one SHA-256 of the whole text: slow hashes protect secrets that people choose, and a random
256-bit secret cannot be guessed at any speed.
"""

import base64
import hashlib
import re
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass

PREFIX_CHARS = 12
_SECRET_BYTES = 32
_KEY = re.compile(r"hub_([a-z2-7]{12})_([a-z2-7]{52})_([0-9a-f]{8})")


@dataclass(frozen=True, slots=True)
class KeyText:
    """A key whose checksum holds. Its text never shows in a log."""

    prefix: str
    text: str

    @property
    def key_hash(self) -> bytes:
        return hashlib.sha256(self.text.encode()).digest()

    def __repr__(self) -> str:
        return f"KeyText({self.prefix!r}, …)"


def new_key_text(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> KeyText:
    """A fresh key."""
    prefix = _base32(random_bytes(PREFIX_CHARS))[:PREFIX_CHARS]
    body = f"hub_{prefix}_{_base32(random_bytes(_SECRET_BYTES))}"
    return KeyText(prefix, f"{body}_{_checksum(body)}")


def read_key_text(text: str) -> KeyText | None:
    """The key of a text, or None when it is none: wrong shape or wrong checksum."""
    found = _KEY.fullmatch(text)
    if found is None or _checksum(text.rpartition("_")[0]) != found[3]:
        return None
    return KeyText(found[1], text)


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
