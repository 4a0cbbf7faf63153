"""Dead letters on their way back: judged by today's rules, and submitted through the same door as everything else.

In: letters of one tenant. Out: a verdict for each. Every letter is an element of a JSON array that this module builds,
so that it is judged as one event and a broken one cannot reach its neighbours; and it carries the moment at which it
was received first. Who chooses the letters and writes the book is `analytics_hub/query/replay.py`.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from analytics_hub.domain.clock import unix_us
from analytics_hub.domain.dead_letter import DeadLetter, ReplayOutcome, ReplayVerdict
from analytics_hub.domain.errors import Broken, NotFound, TryLater
from analytics_hub.domain.tenant import TenantId
from ingest.decode import Decoder
from ingest.ports import Acceptor, Dialect, Submission, TenantRulesPort
from rust_core import Message, Reject, TenantRules, count_events

ORIGIN: Final = "replay"
# Within what an acceptance tells one by one, and far below the longest body.
_BODY_LETTERS_MAX: Final = 50
_BODY_BYTES_MAX: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Body:
    """Letters of one dialect that were received at one moment, as one submission."""

    received_at_us: int
    dialect: Dialect
    letters: tuple[DeadLetter, ...]

    @property
    def payload(self) -> bytes:
        return _as_array(letter.payload for letter in self.letters)


class DeadLetterReplayer:
    """Replays through an `Acceptor`; safe to use from several requests at once."""

    def __init__(
        self, decoder: Decoder, rules: TenantRulesPort, acceptor: Acceptor, *, bodies_max: int, wait_s: float
    ) -> None:
        self._decoder = decoder
        self._rules = rules
        self._acceptor = acceptor
        self._bodies_max = bodies_max
        self._wait_s = wait_s

    async def judge(self, tenant: TenantId, letters: Sequence[DeadLetter]) -> Sequence[ReplayVerdict]:
        rules = await self._rules_of(tenant)
        return await asyncio.to_thread(judged, self._decoder, rules, letters)

    async def submit(self, tenant: TenantId, letters: Sequence[DeadLetter]) -> Sequence[ReplayVerdict]:
        """Bodies side by side, a bounded number of them; what is not durable at the deadline is undecided."""
        rules = await self._rules_of(tenant)
        turns = asyncio.Semaphore(self._bodies_max)
        ends_s = asyncio.get_running_loop().time() + self._wait_s

        async def one(body: _Body) -> list[ReplayVerdict]:
            try:
                async with asyncio.timeout_at(ends_s), turns:
                    return await self._accepted(rules, body)
            except (TimeoutError, TryLater) as error:
                message = error.message if isinstance(error, TryLater) else "Not durable in time."
                return [_undecided(letter, message) for letter in body.letters]

        # All of them end before the first fault is told: nothing goes on unseen.
        ended = await asyncio.gather(*map(one, _bodies(letters)), return_exceptions=True)
        by_id: dict[int, ReplayVerdict] = {}
        for verdicts in ended:
            if isinstance(verdicts, BaseException):
                raise verdicts
            by_id |= {verdict.dead_letter_id: verdict for verdict in verdicts}
        return [by_id[letter.dead_letter_id] for letter in letters]

    async def _accepted(self, rules: TenantRules, body: _Body) -> list[ReplayVerdict]:
        submission = Submission(
            rules, body.received_at_us, body.payload, format="json", dialect=body.dialect, request_id=ORIGIN
        )
        acceptance = await self._acceptor.accept(submission)
        if len(acceptance.rejects) < acceptance.rejected:
            raise Broken("rejects_not_told", "an acceptor did not tell which events of a replay it refused")
        # Judged good before, but a price or the database may still refuse.
        refused = {reject.ordinal: reject for reject in acceptance.rejects}
        return [
            _rejected(letter, refused[at]) if at in refused else _good(letter)
            for at, letter in enumerate(body.letters)
        ]

    async def _rules_of(self, tenant: TenantId) -> TenantRules:
        rules = await asyncio.to_thread(self._rules.rules, tenant)
        if rules is None:
            raise NotFound("no_such_tenant", "The tenant is gone.", field="tenant")
        return rules


def judged(decoder: Decoder, rules: TenantRules, letters: Sequence[DeadLetter]) -> Sequence[ReplayVerdict]:
    """Today's verdict on each, priced as in earnest. One call into the core for all of them."""
    whole = [letter for letter in letters if _is_one_event(letter)]
    messages = [
        Message(
            rules,
            unix_us(letter.received_at),
            _as_array([letter.payload]),
            format="json",
            origin=ORIGIN,
            dialect=dialect_of(letter.payload),
        )
        for letter in whole
    ]
    refused = {reject.message: reject for reject in decoder.decode(messages).rejects()} if messages else {}
    verdicts = {
        letter.dead_letter_id: _rejected(letter, refused[at]) if at in refused else _good(letter)
        for at, letter in enumerate(whole)
    }
    return [verdicts.get(letter.dead_letter_id) or _not_replayable(letter) for letter in letters]


def dialect_of(payload: bytes) -> Dialect:
    """A letter does not say which dialect it came in, but an envelope names its version, which no event does."""
    try:
        event = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return "canonical"  # it will be refused with its own code
    return "cloudevents" if isinstance(event, dict) and "specversion" in event else "canonical"


def _is_one_event(letter: DeadLetter) -> bool:
    return not letter.payload_truncated and count_events(_as_array([letter.payload]), "json") == 1


def _as_array(payloads: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(payloads) + b"]"


def _bodies(letters: Sequence[DeadLetter]) -> Iterator[_Body]:
    """Letters of one moment and dialect together, within the bounds of a body."""
    alike: dict[tuple[int, Dialect], list[DeadLetter]] = {}
    for letter in letters:
        key = unix_us(letter.received_at), dialect_of(letter.payload)
        alike.setdefault(key, []).append(letter)
    for key, together in alike.items():
        part: list[DeadLetter] = []
        size_bytes = 0
        for letter in together:
            if part and (
                len(part) == _BODY_LETTERS_MAX or size_bytes + len(letter.payload) > _BODY_BYTES_MAX
            ):
                yield _Body(*key, tuple(part))
                part, size_bytes = [], 0
            part.append(letter)
            size_bytes += len(letter.payload)
        yield _Body(*key, tuple(part))


def _good(letter: DeadLetter) -> ReplayVerdict:
    return ReplayVerdict(letter.dead_letter_id, ReplayOutcome.ACCEPTED)


def _rejected(letter: DeadLetter, reject: Reject) -> ReplayVerdict:
    return ReplayVerdict(
        letter.dead_letter_id, ReplayOutcome.REJECTED, reject.code, reject.field, reject.text
    )


def _not_replayable(letter: DeadLetter) -> ReplayVerdict:
    code, message = (
        ("payload_truncated", "Only the beginning of the event was kept; send it again from its origin.")
        if letter.payload_truncated
        else ("not_one_event", "What was kept is not one event; send it again from its origin.")
    )
    return ReplayVerdict(letter.dead_letter_id, ReplayOutcome.NOT_REPLAYABLE, code, message=message)


def _undecided(letter: DeadLetter, message: str) -> ReplayVerdict:
    return ReplayVerdict(letter.dead_letter_id, ReplayOutcome.UNDECIDED, "try_later", message=message)
