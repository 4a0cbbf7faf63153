"""TimescaleDB's background work, done now: chunks into columns, the board refreshed.

In: a database on TimescaleDB. Out: what the policies would have done by themselves, run as their owner.
"""

from datetime import date

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


def to_columns(db: Database, table: str, day: date) -> None:
    """Makes the chunk of this day columns, whatever the clock says. On plain PostgreSQL: nothing."""
    with db.connect("hub_owner") as owner:
        if owner.execute("SELECT hub.engine()").fetchone() == ("plain",):
            return
        chunks = owner.execute(
            """SELECT format('%%I.%%I', chunk_schema, chunk_name) FROM timescaledb_information.chunks
               WHERE hypertable_name = %s AND (range_start AT TIME ZONE 'UTC')::date = %s""",
            [table, day],
        ).fetchall()
        for (chunk,) in chunks:
            owner.execute("SELECT compress_chunk(%s::regclass)", [chunk])
