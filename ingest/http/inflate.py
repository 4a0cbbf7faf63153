"""Decompression that never makes more than it was allowed to, whatever comes in.

In: a coding and its bytes, piece by piece. Out: pieces of the plain body; TooLarge as soon as it passes the
bound, InvalidInput for a stream that is broken or ends early. A bomb costs what a body of the bound costs.

    gzip  zlib stops by itself at a number of bytes
    zstd  its binding does not: it is fed in slices so short that one cannot burst the bound by much. The densest
          block makes 128 KiB out of 4 bytes, so a slice of 256 bytes makes 8 MiB at most
"""

import zlib
from typing import Final, Literal

import zstandard

from analytics_hub.domain.errors import InvalidInput, TooLarge

_GZIP_WBITS: Final = 31  # zlib's word for "in the frame of gzip"
_ZSTD_SLICE_BYTES: Final = 256
_ZSTD_WINDOW_BYTES_MAX: Final = 8 * 1024 * 1024  # RFC 9659: what every reader of `zstd` content has


class _GzipMember:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP_WBITS)

    @property
    def ended(self) -> bool:
        return self._stream.eof

    def take(self, data: memoryview, room_bytes: int) -> tuple[list[bytes], memoryview]:
        """What the data gives, one byte past the room at most, and what comes after the end."""
        made = self._stream.decompress(data, room_bytes + 1)  # 0 would mean "without bound"
        return [made], data[len(data) - len(self._stream.unused_data) :]


class _ZstdFrame:
    def __init__(self) -> None:
        self._stream = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES_MAX).decompressobj()

    @property
    def ended(self) -> bool:
        return self._stream.eof

    def take(self, data: memoryview, room_bytes: int) -> tuple[list[bytes], memoryview]:
        """As for gzip; one slice past the room at most."""
        made: list[bytes] = []
        at = 0
        while at < len(data) and room_bytes >= 0 and not self._stream.eof:
            made.append(self._stream.decompress(data[at : at + _ZSTD_SLICE_BYTES]))
            room_bytes -= len(made[-1])
            at = min(at + _ZSTD_SLICE_BYTES, len(data))
        return made, data[at - len(self._stream.unused_data) :]


class Inflater:
    """One compressed body; not shared between threads at a time."""

    def __init__(self, coding: Literal["gzip", "zstd"], *, bytes_max: int, members_max: int) -> None:
        self._coding = coding
        self._bytes_max = bytes_max
        self._members_left = members_max
        self._member: _GzipMember | _ZstdFrame | None = None
        self.made_bytes = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The plain bytes of this piece. Raises TooLarge past a bound, InvalidInput for what is no such stream."""
        made: list[bytes] = []
        rest = memoryview(data)
        while rest:
            if self._member is None or self._member.ended:
                self._member = self._next_member()
            try:
                some, rest = self._member.take(rest, self._bytes_max - self.made_bytes)
            except (zlib.error, zstandard.ZstdError) as error:
                raise InvalidInput(
                    "corrupt_body", "content-encoding", f"The body is not {self._coding}: {error}."
                ) from error
            made += some
            self.made_bytes += sum(map(len, some))
            if self.made_bytes > self._bytes_max:
                raise too_large(self._bytes_max)
        return made

    def finish(self) -> None:
        """The body has ended: raises InvalidInput when the compression has not."""
        if self._member is not None and not self._member.ended:
            raise InvalidInput("truncated_body", "content-encoding", f"The {self._coding} stream ends early.")

    def _next_member(self) -> _GzipMember | _ZstdFrame:
        if self._members_left == 0:
            raise TooLarge("too_many_members", f"A body is one {self._coding} stream, or a few in a row.")
        self._members_left -= 1
        return _GzipMember() if self._coding == "gzip" else _ZstdFrame()


def too_large(bytes_max: int) -> TooLarge:
    return TooLarge(
        "body_too_large", f"A body has at most {bytes_max} bytes, decompressed: send it in parts."
    )
