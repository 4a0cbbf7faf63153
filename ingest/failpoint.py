"""Named faults planted on purpose, so that tests can stop the flush between any two of its steps. Off by
default.

In: a description such as `flush.after_events=crash`, from the setting `HUB_FAILPOINTS`. Several are joined
with commas; each is `name=action[(argument)][@probability][+skip][*times]`: probability by a seeded generator,
`skip` lets that many hits pass first, `times` is how often it happens at most. Actions: `crash` kills this
process as SIGKILL does, `pause(ms)` sleeps, `error` raises `Planted`.
"""

import math
import os
import random
import re
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from analytics_hub.domain.errors import Broken, InvalidInput

FLUSH_STEPS: Final = (
    "flush.begin",
    "flush.after_days",
    "flush.after_begin",
    "flush.after_fence",
    "flush.after_series",
    "flush.inside_copy",
    "flush.after_events",
    "flush.after_deltas",
    "flush.after_marks",
    "flush.after_ledger",
    "flush.after_dead_letters",
    "flush.after_commit",
)
"""Between all steps of `flush.py`, in order; `inside_copy` after the first chunk of the events."""

WORKER_STEPS: Final = (
    "worker.after_claim",
    "worker.after_assign",
    "worker.after_poll",
    "worker.after_decode",
    "worker.before_flush",
    "worker.after_flush",
    "worker.after_kafka_commit",
)
"""Around the flush, in `ingest/worker`: `after_kafka_commit` is the last thing before the group is left."""

COLLECTOR_STEPS: Final = ("collector.after_examine", "collector.between_pieces", "collector.after_delivery")
"""Between the steps of `ingest/kafka/sink.py`; `between_pieces` after each of them is queued."""

LOAD_STEPS: Final = (*FLUSH_STEPS, "pipeline.after_decode")
NAMES: Final = (*LOAD_STEPS, *WORKER_STEPS, *COLLECTOR_STEPS)

_PLAN = re.compile(
    r"(?P<name>[a-z_.]+)=(?P<action>crash|pause|error)"
    r"(?:\((?P<ms>\d+)\))?(?:@(?P<probability>\d*\.?\d+))?(?:\+(?P<skip>\d+))?(?:\*(?P<times>\d+))?"
)


class Planted(Broken):
    """The fault that an `error` failpoint raises."""


@dataclass(slots=True)
class _Plan:
    action: str
    pause_ms: int
    probability: float
    skip: int
    times: float


class Failpoints:
    """The planted faults of one process. `hit(name)` is a dictionary look-up when nothing is planted
    there.
    """

    def __init__(self, plans: Mapping[str, _Plan] | None = None, seed: int = 0) -> None:
        self._plans = dict(plans or {})
        # Not for secrets: it must repeat for a given seed.
        self._random = random.Random(seed)  # noqa: S311

    @classmethod
    def parse(cls, text: str, seed: int = 0) -> "Failpoints":
        """Raises InvalidInput for a name or an action that does not exist: a typo must not pass as "nothing
        planted".
        """
        plans: dict[str, _Plan] = {}
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            match = _PLAN.fullmatch(part)
            if match is None or match["name"] not in NAMES:
                raise InvalidInput("bad_failpoint", "HUB_FAILPOINTS", f"not a failpoint: {part!r}")
            plans[match["name"]] = _Plan(
                match["action"],
                int(match["ms"] or 0),
                float(match["probability"] or 1),
                int(match["skip"] or 0),
                float(match["times"] or math.inf),
            )
        return cls(plans, seed)

    def hit(self, name: str) -> None:
        plan = self._plans.get(name)
        if plan is None:
            return
        if plan.skip > 0:
            plan.skip -= 1
            return
        if plan.times > 0 and self._random.random() < plan.probability:
            plan.times -= 1
            _act(name, plan)


def _act(name: str, plan: _Plan) -> None:
    if plan.action == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    elif plan.action == "pause":
        time.sleep(plan.pause_ms / 1000)
    else:
        raise Planted("planted_fault", f"the failpoint {name} is set to error")
