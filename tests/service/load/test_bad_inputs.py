"""Every kind of bad input gets its code at its line, its good neighbours are stored, memory stays bounded."""

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.ledger import LedgerCount
from ingest.file_source import FileSource
from ingest.memory import MemorySink
from ingest.pipeline import Loaded, Pipeline
from ingest.ports import EventSink
from rust_core import Reject, TenantRules
from tests.service.load.bad_inputs import BAD_INPUTS, NOW, BadInput, event
from tests.support.database import Database
from tests.support.ingest import SETTINGS, PostgresStored, decoder

WEEK_US = 7 * 86_400 * 1_000_000


def _good(number: int) -> bytes:
    return event(id=f'"good-{number}"').encode()


def _load(path: Path, sink: EventSink, tenant_id: int = 1, *, form: str = "ndjson") -> Loaded:
    rules = TenantRules(tenant_id, "acme", WEEK_US, ())
    pipeline = Pipeline(decoder(), sink, SETTINGS.ingest, FixedClock(NOW))
    return pipeline.run(FileSource(str(path), SETTINGS.ingest, SETTINGS.decode, format=form), rules)


@pytest.mark.parametrize("bad", BAD_INPUTS, ids=lambda bad: bad.name)
def test_a_bad_line_gets_its_code_and_costs_only_itself(bad: BadInput, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(_good(1) + b"\n\n" + bad.line + b"\n" + _good(2) + b"\n")
    sink = MemorySink()
    loaded = _load(path, sink)
    (reject,) = loaded.rejects
    assert (reject.code, reject.field, reject.position) == (bad.code, bad.field, 3)
    assert loaded.count == LedgerCount(received=3, stored=2, rejected=1)
    _assert_readable(reject, bad)


def _assert_readable(reject: Reject, bad: BadInput) -> None:
    """The dead letter holds what arrived, as far as the bound goes, and the byte lies within it."""
    kept = reject.payload
    assert bad.line.startswith(kept)
    assert reject.payload_truncated == (len(bad.line) > len(kept))
    assert len(kept) <= SETTINGS.decode.payload_kept_bytes_max
    assert -1 <= reject.at_byte <= len(bad.line)
    assert reject.text


@pytest.fixture
def postgres(db: Database) -> Iterator[PostgresStored]:
    stored = PostgresStored(db)
    yield stored
    stored.close()


@pytest.fixture
def all_of_them(tmp_path: Path) -> Path:
    path = tmp_path / "all.ndjson"
    with path.open("wb") as file:
        for number, bad in enumerate(BAD_INPUTS):
            file.write(_good(number) + b"\n" + bad.line + b"\n")
    return path


def test_all_of_them_in_one_file_reach_the_dead_letters(all_of_them: Path, postgres: PostgresStored) -> None:
    count = len(BAD_INPUTS)
    loaded = _load(all_of_them, postgres.sink, postgres.tenant_id)
    assert loaded.count == LedgerCount(received=2 * count, stored=count, rejected=count)
    assert postgres.dead_letters() == [(bad.code, 2 * at + 2) for at, bad in enumerate(BAD_INPUTS)]
    assert postgres.ledger() == loaded.count


def test_the_ledger_still_balances_when_bad_input_comes_again(
    all_of_them: Path, postgres: PostgresStored
) -> None:
    _load(all_of_them, postgres.sink, postgres.tenant_id)
    before = postgres.totals()
    again = _load(all_of_them, postgres.sink, postgres.tenant_id)
    assert again.count.balanced
    assert again.count.duplicate == len(BAD_INPUTS)
    assert postgres.totals() == before


def test_the_same_inputs_in_an_array_cost_only_themselves(tmp_path: Path) -> None:
    # Inputs whose brackets and strings are whole: an array cannot tell where the others end.
    broken = {"invalid_json", "too_deep", "invalid_utf8"}
    whole = [bad for bad in BAD_INPUTS if bad.code not in broken and not bad.name.endswith("never end")]
    path = tmp_path / "events.json"
    path.write_bytes(b"[" + b",".join([*(bad.line for bad in whole), _good(1)]) + b"]")
    loaded = _load(path, MemorySink(), form="auto")
    assert loaded.count == LedgerCount(received=len(whole) + 1, stored=1, rejected=len(whole))
    assert [reject.code for reject in loaded.rejects] == [bad.code for bad in whole]


def test_a_line_of_200_mb_takes_no_memory_of_that_size(tmp_path: Path) -> None:
    path = tmp_path / "huge.ndjson"
    with path.open("wb") as file:
        file.write(_good(1) + b'\n{"id":"')
        for _ in range(200):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n' + _good(2))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    loaded = _load(path, MemorySink())
    assert loaded.count == LedgerCount(received=3, stored=2, rejected=1)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
