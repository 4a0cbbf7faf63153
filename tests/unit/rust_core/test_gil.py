"""The door: the GIL is released, panics become exceptions, buffers are borrowed or copied, never torn."""

import threading
import time

import pytest

import rust_core
from rust_core import Limits, Message, TenantRules
from rust_core._native import _panic_for_test
from tests.unit.rust_core.decoded import RECEIVED_AT_US, batch, body, event


def test_another_thread_ticks_while_the_core_decodes() -> None:
    events = body(*(event(number) for number in range(2_000)))
    payload = b"\n".join([events] * 40)
    ticks: list[float] = []
    done = threading.Event()

    def tick() -> None:
        while not done.is_set():
            ticks.append(time.monotonic())
            done.wait(0.0005)

    ticker = threading.Thread(target=tick)
    ticker.start()
    message = Message(TenantRules(1, "a"), RECEIVED_AT_US, payload, format="ndjson")
    started = time.monotonic()
    decoded = rust_core.decode([message], Limits())
    ended = time.monotonic()
    done.set()
    ticker.join()
    assert decoded.tallies[0].received == 80_000
    # With the GIL held it could tick at the borders only.
    assert sum(started < at < ended for at in ticks) > 3


@pytest.mark.filterwarnings("default")
def test_a_panic_is_a_native_error() -> None:
    with pytest.raises(rust_core.NativeError, match="panicked: asked to"):
        _panic_for_test()


def test_bytes_are_read_only_and_keep_the_core_memory_alive() -> None:
    view = memoryview(batch(event(1)).copy_events())
    assert view.readonly
    assert bytes(view[:6]) == b"PGCOPY"
    with pytest.raises(TypeError):
        view[0] = 0


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_contiguous_buffer_is_a_payload(kind: type) -> None:
    message = Message(TenantRules(1, "a"), RECEIVED_AT_US, kind(body(event(1))))
    assert len(rust_core.decode([message], Limits())) == 1


def test_a_writable_buffer_may_change_after_the_message_was_made() -> None:
    payload = bytearray(body(event(1)))
    message = Message(TenantRules(1, "a"), RECEIVED_AT_US, payload)
    payload[:] = bytes(len(payload))
    assert len(rust_core.decode([message], Limits())) == 1


def test_a_buffer_with_gaps_is_refused() -> None:
    with pytest.raises(BufferError):
        Message(TenantRules(1, "a"), RECEIVED_AT_US, memoryview(b"{ } ")[::2])


def test_arguments_that_cannot_be_are_refused_in_words() -> None:
    rules = TenantRules(1, "a", declared_tags=["b", "a", "b"])
    assert rules.declared_tags == ("a", "b")
    with pytest.raises(rust_core.NativeError, match="format must be 'auto', 'json' or 'ndjson', not 'xml'"):
        Message(rules, 0, b"", format="xml")  # type: ignore[arg-type]
    with pytest.raises(rust_core.NativeError, match="dialect must be 'canonical' or 'cloudevents', not 'x'"):
        rust_core.decode([], Limits(), "x")  # type: ignore[arg-type]
