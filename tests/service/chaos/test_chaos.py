"""Acknowledged is stored, once: under load, the hub dies in every way, and the client's ledger still holds.

The long version is `python -m benchmarks.chaos`. That the oracle finds what is wrong is shown in `test_oracle.py` and,
with a consumer that does it wrong, in `test_naive_control.py`.
"""

from pathlib import Path

import pytest

from analytics_hub.pricing.compile import load_price_book
from ingest.failpoint import COLLECTOR_STEPS
from tests.support.chaos import deaths as ways
from tests.support.chaos.oracle import judge
from tests.support.chaos.world import a_world

EVENTS_PER_S = 300
SEED = 20261121


@pytest.mark.timeout(1200)
def test_nothing_acknowledged_is_lost_or_counted_twice(data_dir: Path) -> None:
    data_dir.mkdir()
    data_dir.chmod(0o711)
    deaths = ways.Deaths()
    with a_world(data_dir) as world:
        world.start_load(EVENTS_PER_S, SEED)
        ways.die_at_failpoints(world, deaths, len(ways.STEPS), SEED)
        ways.die_at_the_edge(world, deaths, len(COLLECTOR_STEPS), SEED)
        ways.kill_postgres(world, deaths, 2, SEED)
        ways.wake_zombies(world, deaths, 2, SEED)
        ways.kill_broker(world, deaths, 1, SEED)
        report = world.stop_load()
        assert report.refused == 0, report
        with world.worker():
            world.watch.await_all(ways.BACK_S)
        found = judge(world.database.admin_dsn, world.ledger, load_price_book())
    assert found.clean, found
    assert found.acked > 1_000
    assert deaths.failpoint_deaths + deaths.postgres_kills + deaths.broker_kills + deaths.zombies >= 20
    assert deaths.fenced > 0
