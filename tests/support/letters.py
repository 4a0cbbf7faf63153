"""Hand-made dead letters: what a flush would have kept, without a flush."""

from datetime import datetime

from analytics_hub.domain.dead_letter import DeadLetter, DeadLetterId
from tests.support.database import Database


def letter(
    number: int,
    received_at: datetime,
    *,
    code: str = "missing_id",
    origin: str = "test",
    payload: bytes = b"{}",
    truncated: bool = False,
) -> DeadLetter:
    return DeadLetter(
        DeadLetterId(number),
        received_at,
        1,
        origin,
        number,
        -1,
        code,
        "id",
        "m",
        payload,
        len(payload),
        truncated,
    )


def keep(db: Database, tenant_id: int, one: DeadLetter) -> DeadLetterId:
    """The row of this letter, written by the role that writes it in earnest; gives the database's number."""
    with db.connect("hub_writer") as writer:
        writer.execute(
            """INSERT INTO hub.dead_letters (tenant_id, received_at, flush_id, origin, position, at_byte, code, field,
                   message, payload, payload_truncated) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                tenant_id,
                one.received_at,
                one.flush_id,
                one.origin,
                one.position,
                one.at_byte,
                one.code,
                one.field,
                one.message,
                one.payload,
                one.payload_truncated,
            ],
        )
    with db.connect("hub_maint") as maint:
        row = maint.execute("SELECT max(dead_letter_id) FROM hub.dead_letters").fetchone()
    assert row is not None
    return DeadLetterId(row[0])
