"""Where bodies are sent: the port, its answers, and the rule for trying again.

In: a body. Out: `Answer` of one try, or `Sent` after tries until it is durable, refused or given up. Real targets
are `http_target.py` and `ingest/kafka/direct.py`.
"""

import threading
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from ingest.deadline import Deadline
from ingest.simulator.bodies import Body

RETRY_WAIT_S_MAX = 5.0
"""A server that asks for more is asked again before that: a test must see it come back."""


class Verdict(Enum):
    """What one try came to."""

    ACKED = "acked"
    """Durable: 2xx, or the broker's delivery report."""
    LATER = "later"
    """Not now, or nobody knows: the same events are sent again."""
    REFUSED = "refused"
    """Sending it again will not help: a fault of the request or of the key."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one try."""

    verdict: Verdict
    answer_s: float
    reason: str = ""
    """The status or the error, a few words for the report."""
    retry_after_s: float = 0.1
    rejected: int = 0


class Target(Protocol):
    """A way in. One object serves one thread."""

    def send(self, body: Body) -> Answer: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class Sent:
    """What a body came to after all tries."""

    answer: Answer
    attempts: int = 0
    retried: dict[str, int] = field(default_factory=dict)
    """Why it was sent again, counted."""

    @property
    def acked(self) -> bool:
        return self.answer.verdict is Verdict.ACKED


def send_until_durable(target: Target, body: Body, give_up: Deadline, stop: threading.Event) -> Sent:
    """Send until it is acknowledged or refused; after the deadline, or when `stop` is set, the last answer stands."""
    sent = Sent(target.send(body), attempts=1)
    while sent.answer.verdict is Verdict.LATER and not (give_up.passed or stop.is_set()):
        sent.retried[sent.answer.reason] = sent.retried.get(sent.answer.reason, 0) + 1
        stop.wait(min(sent.answer.retry_after_s, RETRY_WAIT_S_MAX, give_up.remaining_s()))
        sent.answer = target.send(body)
        sent.attempts += 1
    return sent
