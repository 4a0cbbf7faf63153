"""Retention: drops old days of events, minutes and hours, old rejects; compacts chunks that rows came into late.

In: a connection of hub_maint in autocommit mode, the time and the settings. Out: a `RetentionReport`; `plan_retention`
says the same without doing it. Every step is one short transaction of one day or chunk, and may be repeated or cut off
anywhere. No snapshot is ever wrong: see `migrations/0013_retention.sql` for the locks, and `Horizon` for what keeps a
level from being dropped.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg

from analytics_hub.settings import RetentionSettings
from analytics_hub.storage.retention_horizon import Horizon, Level, RetentionState, horizons
from analytics_hub.storage.statements import statements

_SQL = statements("retention")
_TABLES: Final[dict[Level, str]] = {"events": "usage_events", "minutes": "usage_1m", "hours": "usage_1h"}
_BOOKS: Final = (
    "delete_dead_letters",
    "delete_dead_letter_replays",
    "delete_dead_letter_volume",
    "delete_unattributed_messages",
)
_BATCHES_MAX: Final = 10_000  # of one book in one run
# Somebody reads or writes there: a later try has it.
_BUSY: Final = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.QueryCanceled,
    psycopg.errors.ObjectNotInPrerequisiteState,
)
Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class LevelReport:
    """What became of one level: ends of the days or chunks dropped, events booked as purged. `busy`: why it stopped."""

    horizon: Horizon
    dropped: tuple[datetime, ...] = ()
    purged: int = 0
    busy: str = ""


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """What one run did, or would do."""

    levels: tuple[LevelReport, ...]
    letters: int = 0
    compacted: int = 0
    busy: str = ""


def plan_retention(conn: Connection, now: datetime, settings: RetentionSettings) -> RetentionReport:
    """What a run would drop now; the dead letters and what waits to be compacted are left out."""
    state = read_state(conn)
    return RetentionReport(
        tuple(
            LevelReport(horizon, tuple(_steps(conn, horizon, state, settings)))
            for horizon in horizons(state, now, settings)
        )
    )


def run_retention(conn: Connection, now: datetime, settings: RetentionSettings) -> RetentionReport:
    """Drops and compacts what is due."""
    levels = []
    for at in range(len(_TABLES)):
        state = read_state(conn)
        levels.append(_drop_level(conn, horizons(state, now, settings)[at], state, settings))
    letters = _delete_letters(conn, now, settings)
    compacted, busy = _compact(conn, settings)
    return RetentionReport(tuple(levels), letters, compacted, busy)


def read_state(conn: Connection) -> RetentionState:
    row = conn.execute(_SQL["state"]).fetchone()
    if row is None:
        raise LookupError("hub.rollup_retention is empty: the migrations make its one row")
    return RetentionState(*row)


def _steps(
    conn: Connection, horizon: Horizon, state: RetentionState, settings: RetentionSettings
) -> Iterator[datetime]:
    """The moments up to which the level is dropped, one transaction each."""
    done = state.dropped(horizon.level)
    if horizon.at is None:
        return
    if horizon.level == "hours" and state.plain:
        # One table, whose rows are deleted.
        row = conn.execute(_SQL["has_hours_before"], {"before": horizon.at}).fetchone()
        if row == (True,):
            yield horizon.at
        return
    parts = conn.execute(_SQL["parts"], {"table": _TABLES[horizon.level], "before": horizon.at})
    ends = [end for _, end in parts]
    if state.plain and horizon.level == "minutes":
        ends = [end for end in ends if end > done]  # the others were emptied and wait for their events
    yield from ends[: settings.parts_max]


def _drop_level(
    conn: Connection, horizon: Horizon, state: RetentionState, settings: RetentionSettings
) -> LevelReport:
    report = LevelReport(horizon)
    for before in _steps(conn, horizon, state, settings):
        args = {"level": horizon.level, "before": before}
        busy, purged = "", 0
        if horizon.level == "hours" and before > state.minutes:
            # No minutes are left there (they are kept for no longer), but their horizon must say so first.
            _, busy = _try(conn, "drop_before", {**args, "level": "minutes"}, settings.attempts_max)
        if not busy:
            purged, busy = _try(conn, "drop_before", args, settings.attempts_max)
        if busy:
            return replace(report, busy=busy)
        report = replace(report, dropped=(*report.dropped, before), purged=report.purged + purged)
    return report


def _compact(conn: Connection, settings: RetentionSettings) -> tuple[int, str]:
    done = 0
    found = conn.execute(_SQL["loose_chunks"], {"bytes_min": settings.compact_bytes_min}).fetchall()
    for (chunk,) in found[: settings.parts_max]:
        _, busy = _try(conn, "compact_chunk", {"chunk": chunk}, settings.attempts_max)
        if busy:
            return done, busy
        done += 1
    return done, ""


def _delete_letters(conn: Connection, now: datetime, settings: RetentionSettings) -> int:
    if not settings.dead_letters_days:
        return 0
    args = {"before": now - timedelta(days=settings.dead_letters_days), "rows_max": settings.rows_max}
    deleted = 0
    for book in _BOOKS:
        for _ in range(_BATCHES_MAX):
            count = conn.execute(_SQL[book], args).rowcount
            deleted += count
            if count < settings.rows_max:
                break
    return deleted


def _try(conn: Connection, statement: str, args: dict[str, Any], attempts_max: int) -> tuple[int, str]:
    """The statement's number, or why it could not be done now."""
    fault = ""
    for _ in range(attempts_max):
        try:
            row = conn.execute(_SQL[statement], args).fetchone()
        except _BUSY as error:
            fault = (error.diag.message_primary or str(error)).strip()
        else:
            number = row[0] if row else 0
            return (number if isinstance(number, int) else 0), ""
    return 0, fault
