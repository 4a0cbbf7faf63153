"""What the edge does with a body: verdicts, pieces that are not copied, and a decoder that obeys."""

import json

import pytest

import rust_core
from rust_core import Batch, Examined, Limits, Message, TenantRules
from tests.unit.rust_core.decoded import RECEIVED_AT_US, body, event

_TENANT = TenantRules(1, "acme", 86_400_000_000, ["team"])


def _decode(examined: Examined) -> Batch:
    messages = [
        Message(
            _TENANT,
            RECEIVED_AT_US,
            piece.payload,
            format=piece.format,
            events=piece.events,
            base_position=piece.base_position,
            verdicts=piece.verdicts,
        )
        for piece in examined.pieces
    ]
    return rust_core.decode(messages, Limits())


def _array(*events: object) -> bytes:
    return json.dumps(events).encode()


def test_a_body_that_fits_is_one_piece_in_the_memory_of_the_caller() -> None:
    payload = body(*(event(number) for number in range(100)))
    (piece,) = rust_core.examine(Message(_TENANT, RECEIVED_AT_US, payload), Limits()).pieces
    assert (piece.format, piece.events, piece.base_position, piece.verdicts) == ("ndjson", 100, 0, b"")
    view = memoryview(piece.payload)
    assert view.readonly
    assert view == payload
    assert len(piece.payload) == len(payload)


def test_a_piece_outlives_the_message_and_the_examination() -> None:
    lines = body(*(event(number) for number in range(3)))
    examined = rust_core.examine(
        Message(_TENANT, RECEIVED_AT_US, bytes(bytearray(lines))), Limits(), piece_bytes_max=len(lines) // 2
    )
    views = [memoryview(piece.payload) for piece in examined.pieces]
    del examined
    assert b"\n".join(views) == lines


@pytest.mark.parametrize("write", [body, _array])
def test_pieces_with_their_verdicts_decode_to_what_the_body_does(write: type) -> None:
    events = [event(number) if number % 7 else event(number, id=None) for number in range(200)]
    message = Message(_TENANT, RECEIVED_AT_US, write(*events), base_position=10)
    examined = rust_core.examine(message, Limits(), piece_bytes_max=5_000, verdict_bytes_max=200)
    assert len(examined.pieces) > 5
    assert (examined.received, examined.accepted, examined.rejected) == (200, 171, 29)
    whole, again = rust_core.decode([message], Limits()), _decode(examined)
    assert bytes(whole.copy_events()) == bytes(again.copy_events())
    shown = [
        [(one.code, one.field, one.position, one.payload) for one in batch.rejects]
        for batch in (whole, again)
    ]
    assert shown[0] == shown[1]
    assert again.warnings == {"total_mismatch": 0, "unknown_field": 0, "verdict_overruled": 0}


def test_rejects_say_which_event_and_why_and_keep_no_payload() -> None:
    examined = rust_core.examine(Message(_TENANT, RECEIVED_AT_US, _array(event(1), 5, {"id": "x"})), Limits())
    found = [(one.ordinal, one.code, one.field, one.payload) for one in examined.rejects]
    assert found == [(1, "not_an_object", "", b""), (2, "missing_model", "model", b"")]
    assert examined.pieces[0].verdicts == b"1:not_an_object,2:missing_model"


def test_more_rejects_than_are_kept_are_in_the_verdicts_all_the_same() -> None:
    limits = Limits(rejects_kept_max=2)
    examined = rust_core.examine(Message(_TENANT, RECEIVED_AT_US, b"[1,2,3,4]"), limits)
    assert (len(examined.rejects), examined.rejected) == (2, 4)
    assert examined.pieces[0].verdicts.count(b"not_an_object") == 4


def test_an_event_too_large_travels_as_the_bytes_that_its_reject_keeps() -> None:
    limits = Limits(event_bytes_max=10_000, payload_kept_bytes_max=100)
    message = Message(_TENANT, RECEIVED_AT_US, _array(event(1), event(2, user="u" * 20_000), event(3)))
    examined = rust_core.examine(message, limits, piece_bytes_max=5_000)
    assert max(len(piece.payload) for piece in examined.pieces) < 1_000
    rejects = [rust_core.decode([message], limits).rejects[0]]
    pieces = [
        Message(_TENANT, 0, piece.payload, format=piece.format, verdicts=piece.verdicts)
        for piece in examined.pieces
    ]
    rejects += rust_core.decode(pieces, limits).rejects
    shown = [(one.code, one.payload, one.payload_truncated) for one in rejects]
    assert shown == [("event_too_large", rejects[0].payload, True)] * 2


def _envelope(number: int, **attributes: object) -> dict[str, object]:
    required = {"specversion": "1.0", "type": "llm.usage", "id": f"id-{number}", "source": "gateway"}
    return {**required, "data": event(number), **attributes}


def test_an_envelope_gives_the_same_row_as_the_event_within() -> None:
    plain = rust_core.decode([Message(_TENANT, RECEIVED_AT_US, _array(event(1)))], Limits())
    payload = _array(_envelope(1, subject="x"))
    message = Message(_TENANT, RECEIVED_AT_US, payload, dialect="cloudevents")
    assert bytes(rust_core.decode([message], Limits()).copy_events()) == bytes(plain.copy_events())
    unnamed = Message(_TENANT, RECEIVED_AT_US, payload)
    assert bytes(rust_core.decode([unnamed], Limits(), "cloudevents").copy_events()) == bytes(
        plain.copy_events()
    )


def test_envelopes_are_examined_as_envelopes() -> None:
    payload = _array(_envelope(1), _envelope(2, specversion="0.3"), _envelope(3, id="other"))
    message = Message(_TENANT, RECEIVED_AT_US, payload, dialect="cloudevents")
    examined = rust_core.examine(message, Limits())
    assert examined.pieces[0].verdicts == b"1:bad_envelope,2:envelope_mismatch"


@pytest.mark.parametrize("verdicts", [b"x", b"1:", b"2:a,1:b", b"1:a,", b"1:A"])
def test_verdicts_that_cannot_be_read_are_refused(verdicts: bytes) -> None:
    with pytest.raises(rust_core.NativeError, match="verdicts must read"):
        Message(_TENANT, RECEIVED_AT_US, b"", verdicts=verdicts)


def test_every_message_of_a_batch_has_its_outcome() -> None:
    first, second = body(event(1), event(2)) + b"\nbroken", body(event(2), event(3))
    decoded = rust_core.decode(
        [Message(_TENANT, RECEIVED_AT_US, payload) for payload in (first, second)], Limits()
    )
    decoded.drop([0])
    found = [(one.received, one.stored, one.duplicate, one.rejected) for one in decoded.outcomes()]
    assert found == [(3, 1, 1, 1), (2, 1, 1, 0)]
