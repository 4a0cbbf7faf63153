"""TimescaleDB's background work, done now: chunks into columns, the board refreshed.

In: a database on TimescaleDB. Out: what the policies would have done by themselves, run as their owner.
"""

from tests.support.database import Database


def run_jobs(db: Database, procedure: str = "policy_compression") -> int:
    """Runs every job of ours of this kind once; gives their number."""
    with db.connect("hub_owner") as owner:
        jobs = owner.execute(
            "SELECT job_id FROM timescaledb_information.jobs WHERE hypertable_schema = 'hub' AND proc_name = %s",
            [procedure],
        ).fetchall()
        for (job,) in jobs:
            owner.execute("CALL run_job(%s)", [job])
    return len(jobs)


def column_chunks(db: Database, table: str) -> int:
    """How many chunks of a table are columns."""
    with db.connect("hub_owner") as owner:
        row = owner.execute(
            "SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = %s AND is_compressed",
            [table],
        ).fetchone()
    assert row is not None
    return int(row[0])


def loose_chunks(db: Database) -> list[str]:
    """Chunks of columns with rows beside them."""
    with db.connect("hub_maint") as maint:
        return [name for (name,) in maint.execute("SELECT chunk::text FROM hub.loose_chunks(0)")]
