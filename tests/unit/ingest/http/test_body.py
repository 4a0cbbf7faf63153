"""The body reader against every way in which a body can be wrong."""

import asyncio
import gzip
from concurrent.futures import ThreadPoolExecutor

import pytest
import zstandard

from analytics_hub.domain.errors import HubError, InvalidInput, TooLarge, TooSlow, TryLater
from analytics_hub.settings import CollectorSettings
from ingest.http.body import BodyReader, Gone, Incoming
from ingest.http.head import Coding, Head
from ingest.http.room import Hold, Room
from tests.support.receiving import Receiving

KIB = 1024
MIB = 1024 * KIB
ROOM = 10 * MIB


def settings(**changed: float) -> CollectorSettings:
    limits = {"body_bytes_max": 2 * MIB, "received_bytes_max": MIB, "bodies_bytes_max": ROOM}
    return CollectorSettings.model_validate(limits | changed)


def head(coding: Coding = "identity", length_bytes: int | None = None) -> Head:
    return Head("hub_x", "auto", "canonical", coding, length_bytes)


def read(
    receiving: Receiving,
    of: Head | None = None,
    limits: CollectorSettings | None = None,
    room: Room | None = None,
) -> bytes:
    """Reads in a loop of its own; afterwards all room is given back, whatever happened."""
    within = room or Room(ROOM)
    before_bytes = within.taken_bytes

    async def main() -> bytes:
        hold = Hold(within)
        try:
            return await BodyReader(limits or settings(), threads).read(
                of or head(), Incoming(receiving), hold
            )
        finally:
            hold.release()

    with ThreadPoolExecutor(1) as threads:
        try:
            return asyncio.run(main())
        finally:
            assert within.taken_bytes == before_bytes


def test_the_pieces_make_the_body() -> None:
    assert read(Receiving([b"one", b"", b"two"])) == b"onetwo"


@pytest.mark.parametrize("size_bytes", [10, 100 * KIB])
def test_a_compressed_body_comes_out_plain_on_the_loop_and_on_a_thread(size_bytes: int) -> None:
    plain = bytes(i * 7919 % 251 for i in range(size_bytes))
    for coding, data in (("gzip", gzip.compress(plain)), ("zstd", zstandard.compress(plain))):
        pieces = [data[at : at + 1000] for at in range(0, len(data), 1000)]
        assert read(Receiving(pieces), head("gzip" if coding == "gzip" else "zstd")) == plain


@pytest.mark.parametrize("pieces", [[], [b""], [b"", b""]])
def test_an_empty_body_is_refused(pieces: list[bytes]) -> None:
    with pytest.raises(InvalidInput, match="empty_body"):
        read(Receiving(pieces))


def test_a_compressed_nothing_is_an_empty_body() -> None:
    with pytest.raises(InvalidInput, match="empty_body"):
        read(Receiving([gzip.compress(b"")]), head("gzip"))
    with pytest.raises(InvalidInput, match="empty_body"):
        read(Receiving([]), head("zstd"))


def test_a_length_beyond_the_bound_is_refused_before_a_byte_is_read() -> None:
    receiving = Receiving([b"x"])
    with pytest.raises(TooLarge, match="body_too_large"):
        read(receiving, head(length_bytes=MIB + 1))
    assert receiving.asked == 0


@pytest.mark.parametrize(
    ("coding", "code"), [("identity", "body_too_large"), ("zstd", "compressed_body_too_large")]
)
def test_an_endless_body_is_refused_at_the_bound(coding: Coding, code: str) -> None:
    # A skippable frame that never ends: it is sent for ever and makes nothing.
    first = (0x184D2A50).to_bytes(4, "little") + (0xFFFFFFFF).to_bytes(4, "little")
    receiving = Receiving([first if coding == "zstd" else b"", *[bytes(16 * KIB)] * 100], endless=True)
    with pytest.raises(HubError) as refused:
        read(receiving, head(coding))
    assert refused.value.code == code
    assert receiving.given_bytes <= MIB + 16 * KIB


def test_a_bomb_is_refused_while_it_comes_in() -> None:
    data = gzip.compress(bytes(64 * MIB))
    receiving = Receiving([data[at : at + KIB] for at in range(0, len(data), KIB)])
    with pytest.raises(TooLarge, match="body_too_large"):
        read(receiving, head("gzip"), settings(received_bytes_max=MIB))


def test_a_body_that_stops_coming_is_too_slow() -> None:
    with pytest.raises(TooSlow, match="body_too_slow"):
        read(Receiving([b"{"], then="silence"), limits=settings(body_wait_s=0.01))


def test_a_client_that_hangs_up_is_gone() -> None:
    with pytest.raises(Gone):
        read(Receiving([b"{"], then="disconnect"))


def test_a_body_that_finds_no_room_is_to_be_sent_again() -> None:
    room = Room(ROOM)
    room.take(ROOM - 4)
    with pytest.raises(TryLater, match="no_room"):
        read(Receiving([b"12345"]), room=room)
    assert read(Receiving([b"1234"]), room=room) == b"1234"


def test_what_decompression_makes_takes_room_too() -> None:
    room = Room(ROOM)
    room.take(ROOM - 64 * KIB)
    with pytest.raises(TryLater, match="no_room"):
        read(Receiving([gzip.compress(bytes(64 * KIB))]), head("gzip"), room=room)


@pytest.mark.parametrize("data", [b"not gzip", gzip.compress(b"x" * 1000)[:-3]], ids=["strange", "cut off"])
def test_a_broken_stream_is_the_clients_fault(data: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"corrupt_body|truncated_body"):
        read(Receiving([data]), head("gzip"))


@pytest.mark.parametrize(("bound_bytes", "given_bytes"), [(10**9, 5000), (2500, 3000)])
def test_what_is_left_of_a_refused_body_is_thrown_away_up_to_a_bound(
    bound_bytes: int, given_bytes: int
) -> None:
    receiving = Receiving([bytes(1000)] * 5)
    asyncio.run(Incoming(receiving).discard(bound_bytes, 10))
    assert receiving.given_bytes == given_bytes


def test_nobody_waits_long_for_what_is_thrown_away() -> None:
    receiving = Receiving([bytes(1000)], then="silence")
    asyncio.run(Incoming(receiving).discard(10**9, 0.01))
    assert receiving.given_bytes == 1000
