"""`POST /v1/dead-letters/replay` over HTTP on a real database: what was refused becomes events, once."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import orjson
import pytest
from fastapi import FastAPI

from analytics_hub.api.app import create_app
from analytics_hub.api.rest.replays_wire import ReplayReportBody
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.dead_letters import DeadLetterService
from analytics_hub.query.replay import ReplayService
from analytics_hub.settings import ApiSettings
from analytics_hub.storage.connections import connect
from analytics_hub.storage.key_store import PostgresKeyBook
from analytics_hub.storage.replay_book import PostgresReplayBook
from analytics_hub.tenancy.issue import issue_key
from ingest.dead_letter import DeadLetterReplayer
from tests.support.acceptor import OneTenant, SinkAcceptor
from tests.support.database import Database
from tests.support.http import Answer, request
from tests.support.ingest import NOW as RECEIVED
from tests.support.ingest import PostgresStored, decoder, event, prepared
from tests.support.services import open_services

REPLAY = "/v1/dead-letters/replay"
OLD = event(1, time="2026-09-01T00:00:00Z")  # too old for a week's horizon
BAD = event(2, usage={"input_tokens": -1})


class Desk:
    """A tenant of a real database, a key that may send, and an API that can replay."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.stored = PostgresStored(db, "acme")
        self.rules = OneTenant(self.stored.tenant_id)
        self.acceptor = SinkAcceptor(self.stored.sink)
        self.key = self.make_key("ingest")

    def make_key(self, scope: str, tenant: int | None = None) -> str:
        with self.db.connect("hub_maint") as connection:
            book = PostgresKeyBook(connection)
            return issue_key(book, TenantId(tenant or self.stored.tenant_id), [scope]).text

    @property
    def app(self) -> FastAPI:
        return create_app(lambda: open_services(self.db.reader_dsn, replays=self._replays), ApiSettings())

    def _replays(self, letters: DeadLetterService) -> ReplayService:
        replayer = DeadLetterReplayer(decoder(), self.rules, self.acceptor, bodies_max=2, wait_s=30)
        book = PostgresReplayBook(lambda: connect(self.db.writer_dsn, "test"), lambda _: nullcontext())
        return ReplayService(letters, replayer, book, letters_max=100)

    def post(self, key: str = "", **body: Any) -> Answer:
        return request(self.app, REPLAY, method="POST", key=key or self.key, content=orjson.dumps(body))

    def refuse(self, *lines: bytes) -> list[int]:
        """Events that a flush refuses; gives the numbers of their dead letters."""
        self.stored.sink.flush(prepared(lines, self.stored.tenant_id))
        return self.rows("SELECT dead_letter_id FROM hub.dead_letters WHERE tenant_id = %s ORDER BY 1")

    def rows(self, statement: str) -> list[Any]:
        with self.db.connect("hub_maint") as conn:
            found = conn.execute(statement.encode(), [self.stored.tenant_id]).fetchall()
        return [row[0] if len(row) == 1 else row for row in found]

    def replays(self) -> list[Any]:
        return self.rows(
            "SELECT dead_letter_id, outcome, code FROM hub.dead_letter_replays WHERE tenant_id = %s"
            " ORDER BY replay_id"
        )


@pytest.fixture
def desk(db: Database) -> Iterator[Desk]:
    made = Desk(db)
    yield made
    made.stored.close()


def test_a_dry_run_is_the_default_and_changes_nothing(desk: Desk) -> None:
    old, bad = desk.refuse(OLD, BAD)
    desk.rules.rule = OneTenant(desk.stored.tenant_id, late_horizon_us=None).rule
    report = ReplayReportBody.model_validate(desk.post(ids=[old, bad]).body)
    assert report.dry_run
    assert [(one.id, one.outcome, one.code) for one in report.letters] == [
        (old, "accepted", ""),
        (bad, "rejected", "negative"),
    ]
    assert (desk.stored.totals()["events"], desk.replays()) == (0, [])


def test_after_a_fix_a_replay_stores_what_was_refused_and_writes_it_down(desk: Desk) -> None:
    old, bad = desk.refuse(OLD, BAD)
    desk.rules.rule = OneTenant(desk.stored.tenant_id, late_horizon_us=None).rule
    report = ReplayReportBody.model_validate(desk.post(ids=[old, bad], dry_run=False).body)
    assert (report.accepted, report.rejected) == (1, 1)
    assert desk.stored.raw_totals()["events"] == desk.stored.totals()["events"] == 1
    assert desk.replays() == [(old, "accepted", ""), (bad, "rejected", "negative")]


def test_a_replay_counts_once_however_often_it_is_made_and_the_ledger_holds(desk: Desk) -> None:
    (old,) = desk.refuse(OLD)
    desk.rules.rule = OneTenant(desk.stored.tenant_id, late_horizon_us=None).rule
    for _ in range(3):
        assert desk.post(ids=[old], dry_run=False).body["accepted"] == 1
    assert desk.stored.raw_totals()["events"] == desk.stored.totals()["events"] == 1
    ledger = desk.stored.ledger()
    assert ledger.balanced
    # The first receipt was rejected; each replay is a receipt of its own, stored once.
    assert (ledger.received, ledger.stored, ledger.duplicate, ledger.rejected) == (4, 1, 2, 1)


def test_a_replayed_event_keeps_the_moment_it_was_received_first(desk: Desk) -> None:
    (old,) = desk.refuse(OLD)
    desk.rules.rule = OneTenant(desk.stored.tenant_id, late_horizon_us=None).rule
    desk.post(ids=[old], dry_run=False)
    assert desk.rows("SELECT received_at FROM hub.usage_events WHERE tenant_id = %s") == [RECEIVED]


def test_a_replay_that_fails_again_leaves_no_second_letter(desk: Desk) -> None:
    (bad,) = desk.refuse(BAD)
    assert desk.post(ids=[bad], dry_run=False).body["rejected"] == 1
    assert desk.refuse() == [bad]
    assert desk.replays() == [(bad, "rejected", "negative")]


def test_a_filter_chooses_and_goes_on_behind_the_bound(desk: Desk) -> None:
    desk.refuse(*(event(number, time="2026-09-01T00:00:00Z") for number in range(150)), BAD)
    desk.rules.rule = OneTenant(desk.stored.tenant_id, late_horizon_us=None).rule
    asked: dict[str, Any] = {"from": "-1d", "code": ["too_old"], "dry_run": False}
    first = desk.post(**asked).body
    second = desk.post(**asked, cursor=first["next"]).body
    assert (first["accepted"], second["accepted"], second["next"]) == (100, 50, None)
    assert desk.stored.totals()["events"] == 150


def test_the_latest_replay_is_shown_with_its_letter(desk: Desk) -> None:
    (bad,) = desk.refuse(BAD)
    desk.post(ids=[bad], dry_run=False)
    shown = request(desk.app, f"/v1/dead-letters/{bad}", key=desk.make_key("query")).body
    assert (shown["last_replay"]["outcome"], shown["last_replay"]["code"]) == ("rejected", "negative")


def test_a_neighbours_letters_can_neither_be_replayed_nor_probed(desk: Desk) -> None:
    (old,) = desk.refuse(OLD)
    other = desk.db.add_tenant("other")
    desk.rules = OneTenant(other)
    report = desk.post(desk.make_key("ingest", other), ids=[old, old + 1000], dry_run=False).body
    assert (report["absent"], report["letters"]) == ([old, old + 1000], [])
    assert desk.stored.totals()["events"] == 0


def test_a_key_that_may_only_read_may_not_replay(desk: Desk) -> None:
    assert desk.post(desk.make_key("query"), ids=[1]).status == 403


def test_an_outage_is_told_as_one_and_nothing_is_written_down(desk: Desk) -> None:
    (old,) = desk.refuse(OLD)
    desk.rules.rule = OneTenant(desk.stored.tenant_id, late_horizon_us=None).rule
    desk.acceptor.outage_after = 0
    answer = desk.post(ids=[old], dry_run=False)
    assert (answer.status, answer.body["code"]) == (503, "replay_undecided")
    assert "retry-after" in answer.headers
    assert desk.replays() == []


def test_a_process_that_takes_no_events_says_so(desk: Desk) -> None:
    app = create_app(lambda: open_services(desk.db.reader_dsn), ApiSettings())
    answer = request(app, REPLAY, method="POST", key=desk.key, content=b'{"ids": [1]}')
    assert (answer.status, answer.body["code"]) == (409, "no_replay_here")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "bad_body"),
        (b"[]", 422, "bad_body"),
        (b"{}", 422, "bad_body"),
        (b'{"ids": [1], "from": "-1h"}', 422, "bad_body"),
        (b'{"ids": [1], "code": ["too_old"]}', 422, "bad_body"),
        (b'{"ids": [0]}', 422, "bad_body"),
        (b'{"ids": ["1"]}', 422, "bad_body"),
        (b'{"ids": [1.5]}', 422, "bad_body"),
        (b'{"ids": [1], "dry_run": "no"}', 422, "bad_body"),
        (b'{"ids": [1], "dryrun": false}', 422, "bad_body"),
        (b'{"ids": []}', 422, "bad_ids"),
        (b'{"from": "yesterday"}', 422, "bad_moment"),
        (b'{"from": "-1h", "cursor": "x"}', 422, "bad_cursor"),
        (b'{"ids": [' + b"1," * 200_000 + b"1]}", 413, "body_too_large"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(desk: Desk, content: bytes, status: int, code: str) -> None:
    answer = request(desk.app, REPLAY, method="POST", key=desk.key, content=content)
    assert (answer.status, answer.body["code"]) == (status, code)


def test_more_ids_than_the_bound_are_refused(desk: Desk) -> None:
    assert desk.post(ids=list(range(1, 102))).body["code"] == "bad_ids"
