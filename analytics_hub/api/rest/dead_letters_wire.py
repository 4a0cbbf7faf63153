"""The shapes on the wire of the dead letters. From domain values to JSON; the other way is in `dead_letters.py`.

A payload is text when it is UTF-8 and base64 when it is not: what was refused may be anything.
"""

import codecs
from base64 import b64encode
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from analytics_hub.domain.dead_letter import DeadLetter, DeadLetterPage, Replay


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReplayBody(_Body):
    replayed_at: datetime
    outcome: str = Field(description="accepted, rejected or not_replayable.")
    code: str = Field(description="Why not; empty for an accepted one.")


class DeadLetterBody(_Body):
    id: int
    received_at: datetime
    origin: str = Field(description="The file, the request or the partition that it came from.")
    position: int = Field(description="Its line or ordinal there.")
    at_byte: int | None = Field(description="Where the syntax broke; null when it is no matter of syntax.")
    code: str
    field: str
    message: str
    payload: str
    payload_encoding: Literal["utf-8", "base64"]
    payload_bytes: int = Field(description="How much is kept; a list shows the beginning only.")
    payload_truncated: bool = Field(description="Less is kept than was received: it cannot be replayed.")
    last_replay: ReplayBody | None


class DeadLettersBody(_Body):
    dead_letters: list[DeadLetterBody] = Field(description="Newest first.")
    next: str | None = Field(description="`cursor` of the next page; null on the last one.")


def dead_letters_body(page: DeadLetterPage, cursor: str | None) -> dict[str, Any]:
    """A `DeadLettersBody` ready for orjson."""
    return {"dead_letters": [dead_letter_body(letter) for letter in page.letters], "next": cursor}


def dead_letter_body(letter: DeadLetter) -> dict[str, Any]:
    text, encoding = payload_text(letter)
    return {
        "id": letter.dead_letter_id,
        "received_at": letter.received_at,
        "origin": letter.origin,
        "position": letter.position,
        "at_byte": None if letter.at_byte < 0 else letter.at_byte,
        "code": letter.code,
        "field": letter.field,
        "message": letter.message,
        "payload": text,
        "payload_encoding": encoding,
        "payload_bytes": letter.payload_bytes,
        "payload_truncated": letter.payload_truncated,
        "last_replay": letter.last_replay and _replay_body(letter.last_replay),
    }


def payload_text(letter: DeadLetter) -> tuple[str, Literal["utf-8", "base64"]]:
    """The payload for people and its encoding. A character that was cut in two at the end is left out."""
    is_cut = letter.payload_truncated or len(letter.payload) < letter.payload_bytes
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(letter.payload, final=not is_cut), "utf-8"
    except UnicodeDecodeError:
        return b64encode(letter.payload).decode(), "base64"


def _replay_body(replay: Replay) -> dict[str, Any]:
    return {"replayed_at": replay.replayed_at, "outcome": replay.outcome.value, "code": replay.code}
