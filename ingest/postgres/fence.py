"""The fence of a durable partition: only its latest claimant moves the offset.

In: a partition's key, or a fence and the next offset. Out: `Fence`, or `Fenced` when somebody else has
claimed the partition since. A claimant frozen inside a flush holds the offset's row lock, and no server time-
out frees it: its session is known by its application name and ended.
"""

import hashlib

from analytics_hub.domain.errors import Broken
from analytics_hub.storage.statements import statements
from ingest.ports import Fence, Fenced
from ingest.postgres.copy_in import Connection

_SQL = statements("flush")


def application_name(fence: Fence | None) -> str:
    """How the sessions that flush one partition are known; at most 63 bytes, whatever the key."""
    if fence is None:
        return "hub-ingest"
    return "hub-ingest:" + hashlib.sha256(fence.partition_key.encode()).hexdigest()[:32]


def claim(conn: Connection, partition_key: str, first_offset: int) -> Fence:
    """One transaction: the epoch moves on, and every earlier fence is worthless."""
    with conn.transaction():
        conn.execute(_SQL["make_offset"], {"key": partition_key, "first_offset": first_offset})
        row = conn.execute(_SQL["claim_offset"], {"key": partition_key}).fetchone()
    if row is None:
        raise Broken("offset_missing", f"the offset of {partition_key} vanished while it was claimed")
    return Fence(partition_key, epoch=row[1], next_offset=row[0])


def advance(conn: Connection, fence: Fence, next_offset: int) -> bool:
    """Inside the flush: move the offset. False when the fence no longer holds, or when it had moved
    before.
    """
    done = conn.execute(
        _SQL["advance_offset"],
        {
            "key": fence.partition_key,
            "epoch": fence.epoch,
            "expected": fence.next_offset,
            "next_offset": next_offset,
        },
    )
    return done.rowcount == 1


def had_committed(conn: Connection, fence: Fence, next_offset: int) -> bool:
    """After `advance` said no and the transaction was rolled back: True when an earlier try was durable after
    all.
    """
    with conn.transaction():
        row = conn.execute(_SQL["read_offset"], {"key": fence.partition_key}).fetchone()
    if row is None or row[1] != fence.epoch:
        raise Fenced(fence.partition_key)
    if row[0] == next_offset:
        return True
    raise Broken(
        "offset_moved",
        f"the offset of {fence.partition_key} is {row[0]}, neither {fence.next_offset} nor {next_offset}",
    )


def end_blockers(conn: Connection, fence: Fence) -> None:
    """End the other sessions that flush this partition. A transaction of its own."""
    with conn.transaction():
        conn.execute(_SQL["end_blockers"], {"application_name": application_name(fence)})
