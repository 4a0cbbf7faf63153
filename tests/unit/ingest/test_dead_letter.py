"""Replaying letters over the sink in memory: verdicts, neighbours, the moment of receipt, outages."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_hub.domain.dead_letter import DeadLetter, ReplayOutcome, ReplayVerdict
from analytics_hub.domain.errors import Broken, NotFound
from analytics_hub.domain.tenant import TenantId
from ingest.dead_letter import DeadLetterReplayer
from ingest.memory import MemorySink
from ingest.ports import Acceptance, Submission
from tests.support.acceptor import OneTenant, SinkAcceptor
from tests.support.ingest import NOW, decoder, event
from tests.support.letters import letter

TENANT = TenantId(1)
GOOD, BAD = event(1), event(2, usage={"input_tokens": -1})


class Desk:
    """A replayer with a look behind it."""

    def __init__(self, *, outage_after: int | None = None) -> None:
        self.sink = MemorySink()
        self.acceptor = SinkAcceptor(self.sink, outage_after=outage_after)
        self.rules = OneTenant(TENANT)
        self.replayer = DeadLetterReplayer(decoder(), self.rules, self.acceptor, bodies_max=2, wait_s=30)

    def judge(self, letters: Sequence[DeadLetter]) -> list[tuple[str, str]]:
        return told(asyncio.run(self.replayer.judge(TENANT, letters)))

    def submit(self, letters: Sequence[DeadLetter]) -> list[tuple[str, str]]:
        return told(asyncio.run(self.replayer.submit(TENANT, letters)))


def told(verdicts: Sequence[ReplayVerdict]) -> list[tuple[str, str]]:
    return [(verdict.outcome.value, verdict.code) for verdict in verdicts]


def letters_of(*payloads: bytes) -> list[DeadLetter]:
    return [letter(number, NOW, payload=payload) for number, payload in enumerate(payloads, start=1)]


def test_each_letter_gets_its_own_verdict_in_order() -> None:
    assert Desk().judge(letters_of(GOOD, BAD, b"{", GOOD)) == [
        ("accepted", ""),
        ("rejected", "negative"),
        ("rejected", "invalid_json"),
        ("accepted", ""),
    ]


def test_judging_writes_nothing() -> None:
    desk = Desk()
    desk.judge(letters_of(GOOD, BAD))
    assert (desk.sink.totals(), desk.acceptor.accepted) == ({}, [])


@pytest.mark.parametrize(
    "payload", [b"", GOOD + b"," + event(3), GOOD + b"]", GOOD + b"],[" + event(3), b"{}] , [{}"]
)
def test_what_is_not_one_event_cannot_be_replayed(payload: bytes) -> None:
    assert Desk().judge(letters_of(payload)) == [("not_replayable", "not_one_event")]


def test_a_letter_that_was_cut_cannot_be_replayed_even_when_it_reads_well() -> None:
    assert Desk().judge([letter(1, NOW, payload=GOOD, truncated=True)]) == [
        ("not_replayable", "payload_truncated")
    ]


def test_an_array_that_was_refused_as_an_event_is_refused_again() -> None:
    assert Desk().judge(letters_of(b"[" + GOOD + b"]")) == [("rejected", "not_an_object")]


def test_a_letter_is_judged_against_the_moment_it_was_received() -> None:
    # The event is of that morning: good for who received it then, a month old for who would judge it anew.
    desk = Desk()
    late = letter(2, NOW + timedelta(days=30), payload=GOOD)
    assert desk.judge([letter(1, NOW, payload=GOOD), late]) == [("accepted", ""), ("rejected", "too_old")]


def test_todays_rules_count() -> None:
    desk = Desk()
    late = letter(1, NOW + timedelta(days=30), payload=GOOD)
    desk.rules.rule = OneTenant(TENANT, late_horizon_us=None).rule
    assert desk.judge([late]) == [("accepted", "")]


def test_a_tenant_that_is_gone_is_told() -> None:
    desk = Desk()
    desk.rules.rule = None
    with pytest.raises(NotFound):
        desk.judge(letters_of(GOOD))


def test_submitted_letters_are_events() -> None:
    desk = Desk()
    assert desk.submit(letters_of(event(1), event(2))) == [("accepted", "")] * 2
    assert desk.sink.totals()["events"] == 2


def test_a_letter_submitted_twice_counts_once_and_the_ledger_holds() -> None:
    desk = Desk()
    for _ in range(2):
        desk.submit(letters_of(event(1), event(2)))
    assert desk.sink.totals()["events"] == 2
    assert (desk.sink.ledger.received, desk.sink.ledger.duplicate) == (4, 2)
    assert desk.sink.ledger.balanced


def test_letters_of_one_moment_share_a_body_and_keep_its_moment() -> None:
    desk = Desk()
    moments = [NOW, NOW + timedelta(microseconds=1), NOW]
    desk.submit([letter(at, moment, payload=event(at)) for at, moment in enumerate(moments, start=1)])
    assert sorted(one.received_at_us % 10 for one in desk.acceptor.accepted) == [0, 1]


def envelope(number: int, **data: Any) -> bytes:
    inner = orjson.loads(event(number, **data))
    outer = {name: inner.pop(name) for name in ("id", "source", "time")}
    return orjson.dumps({"specversion": "1.0", "type": "llm.usage", "data": inner} | outer)


def test_an_envelope_is_replayed_as_one() -> None:
    desk = Desk()
    letters = letters_of(envelope(1), event(2), envelope(3, usage={"input_tokens": -1}))
    assert desk.judge(letters) == [("accepted", ""), ("accepted", ""), ("rejected", "negative")]
    assert desk.submit(letters[:2]) == [("accepted", "")] * 2
    assert desk.sink.totals()["events"] == 2
    assert sorted(one.dialect for one in desk.acceptor.accepted) == ["canonical", "cloudevents"]


def test_an_event_in_an_envelope_is_the_same_event_without_one() -> None:
    desk = Desk()
    desk.submit(letters_of(envelope(1)))
    desk.submit(letters_of(event(1)))
    assert (desk.sink.totals()["events"], desk.sink.ledger.duplicate) == (1, 1)


def test_many_letters_of_one_moment_go_in_several_bodies() -> None:
    desk = Desk()
    assert desk.submit(letters_of(*(event(number) for number in range(120)))) == [("accepted", "")] * 120
    assert len(desk.acceptor.accepted) == 3
    assert desk.sink.totals()["events"] == 120


def test_what_the_store_refuses_is_rejected_and_its_neighbours_are_not() -> None:
    desk = Desk()
    desk.sink.refused_users.add("mallory")
    letters = letters_of(event(1), event(2, user="mallory"), event(3))
    assert desk.submit(letters) == [("accepted", ""), ("rejected", "refused_by_database"), ("accepted", "")]


def test_an_outage_leaves_letters_undecided_and_the_others_accepted() -> None:
    desk = Desk(outage_after=1)
    letters = [letter(at, NOW + timedelta(microseconds=at), payload=event(at)) for at in range(1, 4)]
    outcomes = [outcome for outcome, _ in desk.submit(letters)]
    assert sorted(outcomes) == ["accepted", "undecided", "undecided"]
    assert desk.sink.totals()["events"] == 1


def test_a_silent_store_is_left_at_the_deadline() -> None:
    class Silent(SinkAcceptor):
        async def accept(self, submission: Submission) -> Acceptance:
            await asyncio.Event().wait()
            return await super().accept(submission)

    replayer = DeadLetterReplayer(
        decoder(), OneTenant(TENANT), Silent(MemorySink()), bodies_max=1, wait_s=0.05
    )
    verdicts = asyncio.run(replayer.submit(TENANT, letters_of(GOOD)))
    assert [verdict.outcome for verdict in verdicts] == [ReplayOutcome.UNDECIDED]


scraps = st.one_of(
    st.sampled_from(
        [GOOD, b'{"specversion": "1.0"}', BAD, b"{}", b"[", b"]", b",", b'"', b"\\", b"\n", b"\xff", b" "]
    ),
    st.binary(max_size=4),
)


@given(st.lists(st.lists(scraps, max_size=4).map(b"".join), max_size=6))
def test_no_letter_reaches_its_neighbours(payloads: list[bytes]) -> None:
    alone = [Desk().judge(letters_of(payload))[0] for payload in payloads]
    desk = Desk()
    letters = letters_of(*payloads)
    assert desk.judge(letters) == alone
    good = [one for one, (outcome, _) in zip(letters, alone, strict=True) if outcome == "accepted"]
    assert desk.submit(good) == [("accepted", "")] * len(good)
    assert desk.sink.ledger.received == len(good)
    assert desk.sink.ledger.rejected == 0


def test_an_acceptor_that_hides_a_refusal_is_an_error() -> None:
    class Silent(SinkAcceptor):
        async def accept(self, submission: Submission) -> Acceptance:
            return replace(await super().accept(submission), rejected=1, rejects=())

    replayer = DeadLetterReplayer(decoder(), OneTenant(TENANT), Silent(MemorySink()), bodies_max=1, wait_s=30)
    with pytest.raises(Broken, match="rejects_not_told"):
        asyncio.run(replayer.submit(TENANT, letters_of(GOOD)))
