"""Dead letters: the rejects that were kept, as values. What is asked for, what is found, and what became of a replay.

In: nothing but plain values. They are read by `analytics_hub/query/dead_letters.py` and replayed by
`analytics_hub/query/replay.py`; what a code means is told by `rust_core/core/src/reject.rs`.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.tenant import TenantId

DeadLetterId = NewType("DeadLetterId", int)
"""The number of a row of `hub.dead_letters`; unique over all tenants."""

FILTER_VALUES_MAX: Final = 50  # codes or origins of one question; there are about sixty codes
ORIGIN_CHARS_MAX: Final = 512
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")


class ReplayOutcome(StrEnum):
    """What became of one dead letter that was submitted again."""

    ACCEPTED = "accepted"
    """It is durable; it counts once, however often it is replayed."""
    REJECTED = "rejected"
    """Today's rules refuse it too; nothing was submitted."""
    NOT_REPLAYABLE = "not_replayable"
    """What was kept of it is not one whole event."""
    UNDECIDED = "undecided"
    """Nobody can say whether it is durable: replay it again. Not recorded."""


@dataclass(frozen=True, slots=True)
class Replay:
    """A row of `hub.dead_letter_replays`."""

    replayed_at: datetime
    outcome: ReplayOutcome
    code: str
    """Why not, empty for an accepted one."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A row of `hub.dead_letters`, with as much of its payload as was asked for."""

    dead_letter_id: DeadLetterId
    received_at: datetime
    flush_id: int
    origin: str
    position: int
    """The line or ordinal in its origin."""
    at_byte: int
    """Where the syntax broke; -1 when it is no matter of syntax."""
    code: str
    field: str
    message: str
    payload: bytes
    payload_bytes: int
    """How much was kept: `payload` may be the beginning of it."""
    payload_truncated: bool
    """True when less was kept than was received. Such a letter cannot be replayed."""
    last_replay: Replay | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: everything that follows is older. The order is (received_at, dead_letter_id), newest first."""

    received_at: datetime
    dead_letter_id: int


@dataclass(frozen=True, slots=True)
class DeadLetterFilter:
    """Which dead letters of a tenant: those received in [start, end), of these codes and origins (empty: of any)."""

    tenant: TenantId
    start: datetime
    end: datetime
    codes: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise InvalidInput("no_offset", "from", "A moment needs its UTC offset.")
        if self.start >= self.end:
            raise InvalidInput("empty_range", "to", "The range ends before it starts.")
        for name, values in (("code", self.codes), ("origin", self.origins)):
            if len(values) > FILTER_VALUES_MAX:
                raise InvalidInput(
                    "too_many_values", name, f"A filter has at most {FILTER_VALUES_MAX} values."
                )
        for code in self.codes:
            if not _CODE.fullmatch(code):
                raise InvalidInput(
                    "bad_code", "code", "A code is lower-case letters, digits and underscores."
                )
        for origin in self.origins:
            if len(origin) > ORIGIN_CHARS_MAX or "\0" in origin:
                raise InvalidInput(
                    "bad_origin", "origin", f"An origin has at most {ORIGIN_CHARS_MAX} characters and no NUL."
                )

    def check_length(self, days_max: int) -> None:
        """Raises InvalidInput when the range is longer than the bound."""
        if self.end - self.start > timedelta(days=days_max):
            raise InvalidInput("range_too_long", "from", f"A range has at most {days_max} days.")


@dataclass(frozen=True, slots=True)
class DeadLetterPage:
    """Some dead letters, newest first, and where the next page begins (None: there is none)."""

    letters: tuple[DeadLetter, ...]
    next: Place | None


@dataclass(frozen=True, slots=True)
class ReplayVerdict:
    """What would become, or became, of one dead letter."""

    dead_letter_id: DeadLetterId
    outcome: ReplayOutcome
    code: str = ""
    """A reject code, or why it cannot be replayed: payload_truncated, not_one_event. Empty when it was accepted."""
    field: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What one request to replay came to, letter by letter."""

    dry_run: bool
    verdicts: tuple[ReplayVerdict, ...]
    absent: tuple[DeadLetterId, ...]
    """Asked for by number, but not there, or not this tenant's."""
    next: Place | None
    """Where the filter goes on behind the bound of one request; None when nothing is left."""

    def count(self, outcome: ReplayOutcome) -> int:
        return sum(verdict.outcome is outcome for verdict in self.verdicts)
