"""Decompression within a bound: whole streams, broken ones, and bombs measured by what they make, not by a clock."""

import gzip
import tracemalloc
import zlib
from functools import cache
from typing import Literal

import pytest
import zstandard

from analytics_hub.domain.errors import InvalidInput, TooLarge
from ingest.http.inflate import Inflater

MIB = 1024 * 1024
BODY_MAX = 20 * MIB
PLAIN = b'{"id":"a","source":"s"}\n' * 1000
Coding = Literal["gzip", "zstd"]
CODINGS: tuple[Coding, ...] = ("gzip", "zstd")
ONE_SLICE_MAX = 8 * MIB  # what the densest slice of zstd can make past the bound


def packed(coding: Coding, data: bytes) -> bytes:
    return gzip.compress(data) if coding == "gzip" else zstandard.ZstdCompressor().compress(data)


@cache
def bomb(coding: Coding) -> bytes:
    """The start of 1 GiB of zeros: 1 MB of gzip, less of zstd."""
    if coding == "zstd":
        frame = zstandard.ZstdCompressor().compressobj()
        return b"".join([frame.compress(bytes(MIB)) for _ in range(1024)]) + frame.flush()
    stream = zlib.compressobj(9, wbits=31)
    head = stream.compress(bytes(MIB)) + stream.flush(zlib.Z_FULL_FLUSH)
    # After a full flush a block refers to nothing before it, so that it may be repeated.
    block = stream.compress(bytes(MIB)) + stream.flush(zlib.Z_FULL_FLUSH)
    return head + block * 1023


def inflater(coding: Coding, *, bytes_max: int = BODY_MAX, members_max: int = 8) -> Inflater:
    return Inflater(coding, bytes_max=bytes_max, members_max=members_max)


def inflated(one: Inflater, data: bytes, step: int) -> bytes:
    made = [piece for at in range(0, len(data), step) for piece in one.feed(data[at : at + step])]
    one.finish()
    return b"".join(made)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("step", [1, 7, 4096, 10**9])
def test_a_stream_comes_out_whole_however_it_is_cut(coding: Coding, step: int) -> None:
    assert inflated(inflater(coding), packed(coding, PLAIN), step) == PLAIN


@pytest.mark.parametrize("coding", CODINGS)
def test_several_members_in_a_row_are_one_body(coding: Coding) -> None:
    data = b"".join(packed(coding, part) for part in (b"one", b"", b"two"))
    assert inflated(inflater(coding), data, 5) == b"onetwo"


@pytest.mark.parametrize("coding", CODINGS)
def test_a_body_of_exactly_the_bound_passes_and_one_byte_more_does_not(coding: Coding) -> None:
    data = packed(coding, PLAIN)
    assert len(inflated(inflater(coding, bytes_max=len(PLAIN)), data, 100)) == len(PLAIN)
    with pytest.raises(TooLarge, match="body_too_large"):
        inflated(inflater(coding, bytes_max=len(PLAIN) - 1), data, 100)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("cut", [1, 10, 100])
def test_a_stream_that_ends_early_is_truncated(coding: Coding, cut: int) -> None:
    data = packed(coding, bytes(range(256)) * 10)
    with pytest.raises(InvalidInput, match="truncated_body"):
        inflated(inflater(coding), data[:-cut], 64)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("data", [b"no such stream at all", PLAIN], ids=["words", "json"])
def test_what_is_no_such_stream_is_corrupt(coding: Coding, data: bytes) -> None:
    with pytest.raises(InvalidInput, match="corrupt_body"):
        inflated(inflater(coding), data, 64)


def test_a_wrong_checksum_is_corrupt() -> None:
    data = bytearray(packed("gzip", PLAIN))
    data[-5] ^= 0xFF
    with pytest.raises(InvalidInput, match="corrupt_body"):
        inflated(inflater("gzip"), bytes(data), 64)


def test_garbage_after_the_end_is_corrupt() -> None:
    with pytest.raises(InvalidInput, match="corrupt_body"):
        inflated(inflater("gzip"), packed("gzip", PLAIN) + b"garbage", 64)


def test_a_window_larger_than_every_reader_has_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=27)
    data = zstandard.ZstdCompressor(compression_params=parameters).compressobj().compress(bytes(MIB))
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = stream.compress(bytes(MIB)) + stream.flush()
    with pytest.raises(InvalidInput, match="corrupt_body"):
        inflated(inflater("zstd"), data, 4096)


@pytest.mark.parametrize("coding", CODINGS)
def test_a_long_row_of_empty_members_is_refused(coding: Coding) -> None:
    with pytest.raises(TooLarge, match="too_many_members"):
        inflated(inflater(coding, members_max=8), packed(coding, b"") * 9, 10**9)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("step", [4096, 256 * 1024, 10**9])
def test_a_bomb_makes_no_more_than_a_body_of_the_bound(coding: Coding, step: int) -> None:
    data = bomb(coding)
    assert len(data) < 1.2 * MIB
    one = inflater(coding)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge, match="body_too_large"):
            inflated(one, data, step)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Memory by the allocator's own account, time by the bytes made: 20 MiB take 10 to 50 ms on one core.
    assert one.made_bytes <= BODY_MAX + ONE_SLICE_MAX
    assert peak_bytes < 64 * MIB


def test_the_densest_zstd_blocks_burst_the_bound_by_one_slice_at_most() -> None:
    # 3 bytes of header and one of content make 128 KiB: nothing in the format is denser.
    block = (128 * 1024 << 3 | 1 << 1).to_bytes(3, "little") + b"\0"
    head = b"\x28\xb5\x2f\xfd" + bytes([0x00, 0x58])  # a frame without content size, window of 2 MiB
    one = inflater("zstd", bytes_max=MIB)
    with pytest.raises(TooLarge, match="body_too_large"):
        one.feed(head + block * 100_000)
    assert MIB < one.made_bytes <= MIB + ONE_SLICE_MAX
